import { workspace } from '@selfcure/tensor';
import type { Node } from '@selfcure/tensor';
import { step } from '../plan/step.ts';
import type { Step, Word } from '../plan/step.ts';
import { ceilTo } from './parts.ts';
import { sumParts } from './sum-parts.ts';

/*
 * Products of windows of images and packed filters, for convolutions and matrices: a matrix is an image of one row, its rows
 * are pixels. Sizes of blocks are those of caches: a panel of the right operand and one of the left in the first level, a
 * block of the left operand in the second.
 */

/** Largest number of terms that are summed before the result is stored. */
const depth = 640;
/** Numbers of a block of the left operand. */
const blockSize = 2 ** 16;
/** Multiply-adds below which work is not divided for the sake of threads. */
const smallest = 2 ** 20;
/** Tasks that are enough for any number of threads. */
const manyTasks = 16;

/** Images that windows are taken of: [n, height, width, groups x channels]. */
export interface Images {
  readonly n: number;
  readonly height: number;
  readonly width: number;
  readonly groups: number;
  /** Channels of a group. */
  readonly channels: number;
}

/** A grid of windows over images. */
export interface WindowGrid {
  /** Size of a window. */
  readonly height: number;
  readonly width: number;
  /** Where the first begins; negative in the padding. */
  readonly top: number;
  readonly left: number;
  /** How many there are below and beside each other. */
  readonly rows: number;
  readonly columns: number;
  /** Vertical and horizontal steps from one to the next. */
  readonly stride: readonly [number, number];
}

/** Whether windows can be read where they lie: nothing outside of the image, rows contiguous and whole vectors. */
function isDirect(images: Images, grid: WindowGrid, chunk: number): boolean {
  if (grid.height === 0 || grid.width === 0) return true;
  const contiguous = grid.width === 1 || (images.groups === 1 && chunk === images.channels);
  return (
    contiguous &&
    (grid.width * images.channels) % 4 === 0 &&
    grid.top >= 0 &&
    grid.left >= 0 &&
    grid.top + (grid.rows - 1) * grid.stride[0] + grid.height <= images.height &&
    grid.left + (grid.columns - 1) * grid.stride[1] + grid.width <= images.width
  );
}

/** The words of the class `Windows` of the kernels. */
function windowWords(images: Images, grid: WindowGrid, direct: boolean): number[] {
  return [
    grid.height,
    grid.width,
    grid.top,
    grid.left,
    grid.rows,
    grid.columns,
    ...grid.stride,
    images.height,
    images.width,
    4 * images.groups * images.channels,
    Number(direct),
  ];
}

/** Most numbers that are copied of the images for `share` windows in a row, their height being `height`. */
function copiedNumbers(
  { rows, columns, stride, width }: WindowGrid,
  height: number,
  share: number,
  count: number,
  channels: number,
): number {
  let most = 0;
  for (let first = 0; first < count; first += share) {
    let copied = 0;
    for (let at = first; at < Math.min(count, first + share);) {
      const end = Math.min(count, first + share, (Math.floor(at / (rows * columns)) + 1) * rows * columns);
      copied += (Math.floor((end - 1) / columns) - Math.floor(at / columns)) * stride[0] + height;
      at = end;
    }
    most = Math.max(most, copied);
  }
  return most * ((columns - 1) * stride[1] + width) * channels;
}

/** Equal parts of `length`, about `most` long, multiples of `unit` but never beyond `length`: the length of a part. */
function part(length: number, most: number, unit: number): number {
  const count = Math.max(1, Math.ceil(length / Math.max(unit, most)));
  return Math.min(length, ceilTo(Math.ceil(length / count), unit));
}

/** A piece of a right operand: where it begins in the source and in the packed operand (numbers), and its rows. */
interface Piece {
  readonly from: number;
  readonly to: number;
  readonly k: number;
  /** Rows of the panel that it is a part of. */
  readonly panel: number;
}

/** Packs a right operand piece by piece. `stride` numbers lie between rows of the source. */
function packStep(
  transposed: boolean,
  from: Word,
  to: Node,
  pieces: readonly Piece[],
  { stride, columns }: { stride: number; columns: number },
): Step {
  const words = pieces.flatMap((piece) => [4 * piece.from, 4 * piece.to, piece.k, 32 * piece.panel]);
  return step(
    transposed ? 'packPanelsTransposed' : 'packPanels',
    { from, to, pieces: Int32Array.from(words), stride: 4 * stride, columns },
    { tasks: pieces.length, writes: [to] },
  );
}

/** Windows of one grid, the taps of the filter that they meet, and where their products go in the result. */
export interface Phase {
  readonly grid: WindowGrid;
  /** Tap of the filter for every element of a window (row by row): its position, height x width first. */
  readonly taps: readonly number[];
  readonly outTop: number;
  readonly outLeft: number;
}

/** What {@link windowProduct} needs. */
export interface WindowProduct {
  readonly images: Images;
  readonly x: Node;
  readonly phases: readonly Phase[];
  /** [taps][channels][groups x columns], or transposed: [taps][columns][groups x channels]. */
  readonly filter: Node;
  readonly transposed: boolean;
  /** Columns of a group's result. */
  readonly columns: number;
  readonly y: Node;
  /** Size of an image of the result, and steps between elements of a phase. */
  readonly outSize: readonly [number, number];
  readonly outStride: readonly [number, number];
}

/** Every window times the filter. */
export function windowProduct(product: WindowProduct): Step[] {
  const { images, phases, columns, transposed, y } = product;
  const { groups, channels } = images;
  const paddedColumns = ceilTo(columns, 8);
  const filterStride = groups * (transposed ? channels : columns);
  const tapSize = transposed ? columns * filterStride : channels * filterStride;

  const pieces: Piece[] = [];
  const rows: number[] = [];
  const tasks: number[] = [];
  const sizes = { windows: 0, panels: 0, result: 0, copy: 0 };
  const spread = product.outStride[0] !== 1 || product.outStride[1] !== 1;
  const work = phases.reduce(
    (sum, { taps, grid }) => sum + images.n * grid.rows * grid.columns * taps.length * channels * columns,
    0,
  );
  const filterSize = phases.reduce((sum, { taps }) => sum + taps.length, 0) * channels * paddedColumns;

  const blocks = phases.map(({ grid, taps }) => {
    const chunk = part(channels, Math.floor(depth / Math.max(1, taps.length)), 4);
    const count = images.n * grid.rows * grid.columns;
    const share = blockOf(grid, count, Math.floor(blockSize / Math.max(1, taps.length * chunk)));
    return { chunk, count, share, direct: isDirect(images, grid, chunk) };
  });
  const blockCount = groups * blocks.reduce((sum, { count, share }) => sum + Math.ceil(count / share), 0);
  const divisions = work * groups < smallest ? 1 : Math.ceil(manyTasks / blockCount);
  const columnShare = part(columns, Math.ceil(columns / divisions), 8);

  let phaseAt = 0;
  phases.forEach(({ grid, taps, outTop, outLeft }, index) => {
    const { chunk, count, share, direct } = blocks[index]!;
    rows.push(4 * phaseAt, chunk, count, share, outTop, outLeft, ...windowWords(images, grid, direct));
    for (let group = 0; group < groups; group++) {
      for (let channel = 0; channel < channels; channel += chunk) {
        const k = Math.min(chunk, channels - channel);
        taps.forEach((tap, i) => {
          const from = transposed
            ? tap * tapSize + group * channels + channel
            : tap * tapSize + channel * filterStride + group * columns;
          const to = group * filterSize + phaseAt + channel * taps.length * paddedColumns + i * k * 8;
          pieces.push({ from, to, k, panel: taps.length * k });
        });
      }
      for (let window = 0; window < count; window += share) {
        for (let column = 0; column < columns; column += columnShare) tasks.push(index, group, window, column);
      }
    }
    phaseAt += taps.length * channels * paddedColumns;
    const depthOfBlock = taps.length * chunk;
    sizes.windows = Math.max(sizes.windows, share);
    sizes.panels = Math.max(sizes.panels, ceilTo(share, 4) * depthOfBlock);
    if (spread) sizes.result = Math.max(sizes.result, share * columnShare);
    if (!direct) sizes.copy = Math.max(sizes.copy, copiedNumbers(grid, grid.height, share, count, chunk));
  });

  // No tap meets the input where the stride steps over it: still a place that can be named.
  const packed = workspace([Math.max(1, groups * filterSize)]);
  const { panelsAt, resultAt, copyAt, scratchBytes } = layOut(sizes);
  return [
    packStep(transposed, product.filter, packed, pieces, { stride: filterStride, columns }),
    step(
      'convolve',
      {
        x: product.x,
        filter: packed,
        y,
        phases: Int32Array.from(rows),
        tasks: Int32Array.from(tasks),
        channels,
        columns,
        columnShare,
        filterBytes: 4 * filterSize,
        outHeight: product.outSize[0],
        outWidth: product.outSize[1],
        outBytes: 4 * groups * columns,
        outStrideHeight: product.outStride[0],
        outStrideWidth: product.outStride[1],
        panelsAt,
        resultAt,
        copyAt,
      },
      { tasks: tasks.length / 4, writes: [y], scratchBytes },
    ),
  ];
}

/** Windows of one block: a multiple of 4 and of the grid's width where that fits. */
function blockOf(grid: WindowGrid, count: number, most: number): number {
  const limit = Math.max(4, Math.min(512, most));
  let unit = 4;
  while (unit % grid.columns !== 0 && unit <= limit) unit += 4;
  return part(
    count,
    Math.floor(limit / (unit <= limit ? unit : 4)) * (unit <= limit ? unit : 4),
    unit <= limit ? unit : 4,
  );
}

/** Scratch memory of the products: a tile, addresses, then what `sizes` says (numbers; windows: how many). */
function layOut(sizes: { windows: number; panels: number; result: number; copy: number }): {
  panelsAt: number;
  resultAt: number;
  copyAt: number;
  scratchBytes: number;
} {
  // Up to three addresses and twelve numbers are written beyond, three numbers read.
  const panelsAt = ceilTo(128 + 4 * (sizes.windows + 3), 64);
  const resultAt = ceilTo(panelsAt + 4 * (sizes.panels + 12), 64);
  const copyAt = ceilTo(resultAt + 4 * sizes.result, 64);
  return { panelsAt, resultAt, copyAt, scratchBytes: copyAt + 4 * (sizes.copy + 3) };
}

/** What {@link windowCorrelation} needs. */
export interface WindowCorrelation {
  readonly images: Images;
  readonly x: Node;
  readonly grid: WindowGrid;
  /** [windows][groups x columns]; or transposed, for one group: [columns][windows]. */
  readonly upstream: Node;
  readonly transposed: boolean;
  readonly columns: number;
  /** [window height][window width][channels][groups x columns] */
  readonly filter: Node;
}

/** How the work of a correlation is divided. */
interface Division {
  /** Windows that are summed before the result is stored. */
  readonly block: number;
  /** Channels and rows of the windows of a task, and rows that are packed at once. */
  readonly channelShare: number;
  readonly rowShare: number;
  readonly rowBatch: number;
  /** Packed numbers of a row and one window. */
  readonly rowPanels: number;
  /** Windows of a part, and parts: sums of their own. */
  readonly partCount: number;
  readonly parts: number;
}

/** Divides a correlation: for the caches, and into enough tasks with the least memory to copy or to add up. */
function divideCorrelation({ images, grid, columns }: WindowCorrelation): Division {
  const { n, groups, channels } = images;
  const count = n * grid.rows * grid.columns;
  const size = grid.height * grid.width * channels * groups * columns;
  const wanted = count * size < smallest ? 1 : manyTasks;
  const block = part(count, 384, 4);
  const blockCount = Math.ceil(count / block);
  const most = Math.max(16, Math.floor((1.25 * blockSize) / block));

  const divide = (channelShare: number, inRows: boolean): Division & { tasks: number; cost: number } => {
    const whole = channelShare === channels;
    const rowPanels = whole ? ceilTo(grid.width * channels, 4) : grid.width * ceilTo(channelShare, 4);
    const rowBatch = part(grid.height, Math.floor(most / rowPanels), 1);
    const rowShare = inRows ? rowBatch : grid.height;
    const rowShares = Math.ceil(grid.height / rowShare);
    const shares = groups * Math.ceil(channels / channelShare) * rowShares;
    const partCount = block * Math.ceil(blockCount / Math.min(blockCount, Math.ceil(wanted / shares)));
    const parts = Math.ceil(count / partCount);
    const copied = (rowShares - 1) * n * images.height * images.width * groups * channels;
    const cost = copied + (parts > 1 ? parts * size : 0);
    return { block, channelShare, rowShare, rowBatch, rowPanels, partCount, parts, tasks: shares * parts, cost };
  };
  const channelShare = part(channels, Math.floor(most / grid.width), 4);
  // Narrow blocks of the left operand make the right one go by more often.
  const narrow = part(channels, Math.max(Math.ceil(32 / grid.width), Math.ceil(channels / wanted)), 4);
  const options = [
    divide(channelShare, false),
    divide(channelShare, true),
    divide(Math.min(channelShare, narrow), true),
  ];
  const enough = options.filter(({ tasks }) => tasks >= wanted);
  if (enough.length > 0) return enough.reduce((a, b) => (b.cost < a.cost ? b : a));
  return options.reduce((a, b) => (b.tasks > a.tasks ? b : a));
}

/** The transpose of the windows times `upstream`. */
export function windowCorrelation(correlation: WindowCorrelation): Step[] {
  const { images, grid, columns, filter, transposed } = correlation;
  const { groups, channels } = images;
  const paddedColumns = ceilTo(columns, 8);
  const count = images.n * grid.rows * grid.columns;
  const { block, channelShare, rowShare, rowBatch, rowPanels, partCount, parts } = divideCorrelation(correlation);

  const pieces: Piece[] = [];
  for (let group = 0; group < groups; group++) {
    for (let window = 0; window < count; window += block) {
      const k = Math.min(block, count - window);
      const from = transposed ? window : window * groups * columns + group * columns;
      pieces.push({ from, to: (group * count + window) * paddedColumns, k, panel: k });
    }
  }
  const tasks: number[] = [];
  for (let p = 0; p < parts; p++) {
    for (let group = 0; group < groups; group++) {
      for (let channel = 0; channel < channels; channel += channelShare) {
        for (let row = 0; row < grid.height; row += rowShare) tasks.push(group, channel, row, p);
      }
    }
  }

  const direct = isDirect(images, grid, channelShare);
  const { panelsAt, copyAt, scratchBytes } = layOut({
    windows: block,
    panels: rowBatch * rowPanels * block,
    result: 0,
    copy: direct ? 0 : copiedNumbers(grid, rowShare, block, count, channelShare),
  });
  const size = grid.height * grid.width * channels * groups * columns;
  const packed = workspace([groups, count, paddedColumns]);
  const sum = parts > 1 ? workspace([parts, size]) : filter;
  return [
    packStep(transposed, correlation.upstream, packed, pieces, {
      stride: transposed ? count : groups * columns,
      columns,
    }),
    step(
      'convolveFilterGradient',
      {
        x: correlation.x,
        upstream: packed,
        parts: sum,
        partBytes: 4 * size,
        windows: Int32Array.from(windowWords(images, grid, direct)),
        tasks: Int32Array.from(tasks),
        channels,
        columns,
        channelShare,
        rowShare,
        rowBatch,
        stride: 4 * groups * columns,
        count,
        partCount,
        block,
        panelsAt,
        copyAt,
      },
      { tasks: tasks.length / 4, writes: [sum], scratchBytes },
    ),
    ...sumParts(sum, filter),
  ];
}
