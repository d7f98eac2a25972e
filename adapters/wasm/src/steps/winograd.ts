import { attributesOf } from '@selfcure/tensor';
import type { ConvolutionAttributes, Node } from '@selfcure/tensor';
import { step, workspace } from '../plan/step.ts';
import type { Step, Word } from '../plan/step.ts';

/*
 * Convolutions 3x3 of stride 1 by Winograd's transforms. Sizes of blocks are those of caches: what one task transforms stays in
 * the second level while it is multiplied.
 */

type Shape4 = readonly [number, number, number, number];

/** Outputs of a tile along an axis. */
const families = [3, 4, 6] as const;
type Family = (typeof families)[number];

/** Outputs of a block of transformed filters. */
const filterWidth = 16;
/** Bytes of a block of transformed tiles. */
const blockBytes = 340_000;
/** Columns and bytes of a strip of tiles while it is transformed. */
const stripColumns = 12;
const stripBytes = 24_576;
/** Tiles whose products are transformed back together. */
const outputRun = 8;
/** Bytes of the sums of a filter gradient that a task keeps to itself. */
const sumBytes = 700_000;
/** Bytes of a workspace for transformed images and gradients. */
const workspaceBytes = 2 ** 25;
const manyTasks = 16;

const ceilTo = (value: number, unit: number): number => Math.ceil(value / unit) * unit;

/** Equal parts of `length`, at most `most` long (but one unit), multiples of `unit`: the length of a part. */
function part(length: number, most: number, unit: number): number {
  const count = Math.ceil(length / Math.max(unit, Math.floor(most / unit) * unit));
  return ceilTo(Math.ceil(length / count), unit);
}

/** A convolution of stride 1 as it is computed: x -> y, zeros above and left of x. */
interface Geometry {
  readonly x: Shape4;
  readonly y: Shape4;
  readonly top: number;
  readonly left: number;
}

interface Tiles {
  readonly family: Family;
  readonly points: number;
  readonly down: number;
  readonly across: number;
  readonly count: number;
}

function tilesOf(family: Family, [n, height, width]: Shape4): Tiles {
  const [down, across] = [Math.ceil(height / family), Math.ceil(width / family)];
  return { family, points: (family + 2) ** 2, down, across, count: n * down * across };
}

/** The tiles that cost least, or null where plain products cost less. Costs are estimates of processor cycles. */
function choose({ x, y }: Geometry): Tiles | null {
  const [channels, outputs] = [x[3], y[3]];
  if (channels % 8 !== 0 || outputs % 8 !== 0 || channels < 16 || outputs < 16) return null;
  const products = channels * outputs;
  const direct = (y[0] * y[1] * y[2] * 9 * products) / 6.4;
  const costs = families.map((family) => {
    const tiles = tilesOf(family, y);
    const { points, count } = tiles;
    return { tiles, cost: points * (count * (products / 7 + channels + outputs) + products) };
  });
  const best = costs.reduce((a, b) => (b.cost < a.cost ? b : a));
  return best.cost < direct ? best.tiles : null;
}

/** How the planes of transformed tiles are laid out: bytes between planes, groups of four tiles and of 16 channels. */
interface Layout {
  readonly gradient: boolean;
  readonly plane: number;
  readonly quad: number;
  readonly group: number;
}

/** The words of the class `Tiling` of the kernels, and the scratch memory that they ask for. */
interface Tiling {
  readonly words: Int32Array;
  readonly scratchBytes: number;
}

function tiling(tiles: Tiles, [, height, width, channels]: Shape4, top: number, left: number, layout: Layout): Tiling {
  const { family, down, across } = tiles;
  const run = Math.min(across, Math.ceil(stripColumns / family));
  const lineBytes = 4 * (family + 2) * (run * family + (layout.gradient ? 0 : 2));
  const chunk = part(channels, stripBytes / lineBytes, 16);
  return {
    words: Int32Array.of(
      family,
      layout.gradient ? 3 : 0,
      height,
      width,
      channels,
      top,
      left,
      down,
      across,
      layout.plane,
      layout.quad,
      layout.group,
      chunk,
      run,
    ),
    scratchBytes: lineBytes * chunk,
  };
}

/** Scratch memory of a task that transforms filters, or products back. */
function passBytes(family: Family): number {
  const filters = 4 * 256 * (9 + 3 * (family + 2));
  const outputs = 64 * (36 + family * (family + 2) * outputRun);
  return Math.max(filters, outputs);
}

/** y = x convolved with the filter; `turned`: the filter is the one of the opposite direction. */
function convolve(geometry: Geometry, tiles: Tiles, words: { x: Node; filter: Node; turned: boolean; y: Node }): Step[] {
  const { x, y, top, left } = geometry;
  const { family, points, count } = tiles;
  const [channels, outputs] = [x[3], y[3]];
  const filterPlane = 4 * filterWidth * channels + 64;
  const filterBlocks = Math.ceil(outputs / filterWidth);
  const byTiles = outputs <= count;
  const block = byTiles ? part(count, blockBytes / (4 * points * channels), 4) : part(count, 32, 4);
  const tilePlane = 4 * block * ceilTo(channels, 16) + 64;
  const g = tiling(tiles, x, top, left, {
    gradient: false,
    plane: tilePlane,
    quad: 16 * ceilTo(channels, 16),
    group: 256,
  });
  const productsAt = ceilTo(Math.max(passBytes(family), g.scratchBytes), 64);
  const blockAt = productsAt + 64 * points * block;
  const blocks = Math.ceil(count / block);
  const common = {
    tiling: g.words,
    turned: Number(words.turned),
    y: words.y,
    height: y[1],
    width: y[2],
    outputs,
    count,
    blockTiles: block,
    filterPlane,
    tilePlane,
    blockBytes: points * tilePlane,
    productsAt,
    blockAt,
  };
  if (byTiles) {
    const filters = workspace([filterBlocks, points, filterPlane / 4]);
    return [
      step(
        'winogradFilters',
        { filter: words.filter, to: filters, family, channels, outputs, turned: Number(words.turned), plane: filterPlane },
        { tasks: filterBlocks, writes: [filters], scratchBytes: passBytes(family) },
      ),
      step(
        'winograd',
        { ...common, image: words.x, tiles: 0, filter: 0, filters },
        { tasks: blocks, writes: [words.y], scratchBytes: blockAt + points * tilePlane },
      ),
    ];
  }
  const transformed = workspace([blocks, points, tilePlane / 4]);
  return [
    tilesStep(words.x, transformed, g, { count, channels, block, blockBytes: points * tilePlane }),
    step(
      'winograd',
      { ...common, image: 0, tiles: transformed, filter: words.filter, filters: 0 },
      { tasks: filterBlocks, writes: [words.y], scratchBytes: blockAt + points * filterPlane },
    ),
  ];
}

/** Transforms a whole image: about {@link manyTasks} tasks. */
function tilesStep(
  image: Word,
  to: Node,
  { words, scratchBytes }: Tiling,
  { count, channels, block, blockBytes }: { count: number; channels: number; block: number; blockBytes: number },
): Step {
  const tileShare = part(block, Math.ceil(count / manyTasks), 4);
  const ranges = Math.ceil(count / tileShare);
  const channelShare = part(channels, Math.max(64, Math.ceil((channels * ranges) / manyTasks)), 16);
  return step(
    'winogradTiles',
    { image, tiling: words, to, tiles: count, tileShare, channelShare, blockTiles: block, blockBytes },
    { tasks: ranges * Math.ceil(channels / channelShare), writes: [to], scratchBytes },
  );
}

function filterGradient(geometry: Geometry, tiles: Tiles, words: { x: Node; upstream: Node; filter: Node }): Step[] {
  const { x, y, top, left } = geometry;
  const { family, points, count } = tiles;
  const [channels, outputs] = [x[3], y[3]];
  const size = 9 * channels * outputs;
  const inParts =
    4 * points * channels * outputs <= sumBytes || 4 * points * count * (channels + outputs) > workspaceBytes;
  const block = inParts ? part(count, (1.7 * blockBytes) / (4 * points * (channels + outputs)), 4) : count;
  const tilePlane = 4 * block * ceilTo(channels, 16) + 64;
  const gradientPlane = 4 * block * ceilTo(outputs, 16) + 64;
  const g = tiling(tiles, x, top, left, {
    gradient: false,
    plane: tilePlane,
    quad: 256,
    group: inParts ? 0 : 64 * count,
  });
  const h = tiling(tiles, y, 0, 0, {
    gradient: true,
    plane: gradientPlane,
    quad: 256,
    group: inParts ? 0 : 64 * count,
  });
  const common = { tiling: g.words, upstreamTiling: h.words, count, blockTiles: block };
  const productsAt = (shared: number): number =>
    ceilTo(Math.max(g.scratchBytes, h.scratchBytes, 12 * (family + 2) * shared), 64);
  if (inParts) {
    const share = block * Math.ceil(count / block / 8);
    const parts = Math.ceil(count / share);
    const at = productsAt(outputs);
    const tilesAt = at + points * (4 * channels * outputs + 64);
    const gradientsAt = tilesAt + points * tilePlane;
    const sum = parts > 1 ? workspace([parts, size]) : words.filter;
    const steps = [
      step(
        'winogradFilterGradient',
        {
          ...common,
          image: words.x,
          tiles: 0,
          upstream: words.upstream,
          gradients: 0,
          to: sum,
          share,
          channelShare: channels,
          outputShare: outputs,
          productsAt: at,
          tilesAt,
          gradientsAt,
        },
        { tasks: parts, writes: [sum], scratchBytes: gradientsAt + points * gradientPlane },
      ),
    ];
    if (parts > 1) {
      const length = ceilTo(Math.ceil(size / manyTasks), 16);
      steps.push(
        step(
          'sumParts',
          { parts: sum, sum: words.filter, count: parts, length: size, share: length },
          { tasks: Math.ceil(size / length), writes: [words.filter] },
        ),
      );
    }
    return steps;
  }
  const transformed = workspace([points, tilePlane / 4]);
  const gradients = workspace([points, gradientPlane / 4]);
  const channelShare = part(channels, 64, 16);
  const outputShare = part(outputs, 64, 16);
  const at = productsAt(outputShare);
  return [
    tilesStep(words.x, transformed, g, { count, channels, block: count, blockBytes: 0 }),
    tilesStep(words.upstream, gradients, h, { count, channels: outputs, block: count, blockBytes: 0 }),
    step(
      'winogradFilterGradient',
      {
        ...common,
        image: 0,
        tiles: transformed,
        upstream: 0,
        gradients,
        to: words.filter,
        share: 0,
        channelShare,
        outputShare,
        productsAt: at,
        tilesAt: 0,
        gradientsAt: 0,
      },
      {
        tasks: Math.ceil(channels / channelShare) * Math.ceil(outputs / outputShare),
        writes: [words.filter],
        scratchBytes: at + points * (4 * channelShare * outputShare + 64),
      },
    ),
  ];
}

/**
 * Steps of `conv2d`, `conv2dGradInput` or `conv2dGradFilter` by Winograd's transforms; null where they do not apply (other filters
 * than 3x3, strides, groups, channel counts that are not multiples of 8) or do not pay.
 */
export function winogradSteps(node: Node): readonly Step[] | null {
  const { stride, padding, groups } = attributesOf<ConvolutionAttributes>(node);
  const [a, b] = node.inputs as readonly Node[] as [Node, Node];
  const shapes = [a, b, node].map(({ shape }) => shape as unknown as Shape4) as [Shape4, Shape4, Shape4];
  const filter = node.op === 'conv2dGradFilter' ? shapes[2] : shapes[1];
  if (groups !== 1 || stride.some((s) => s !== 1) || filter[0] !== 3 || filter[1] !== 3) return null;
  if (padding.some((p) => p > 2)) return null;
  const [top, , left] = padding;
  const turned = node.op === 'conv2dGradInput';
  const geometry: Geometry =
    node.op === 'conv2dGradFilter'
      ? { x: shapes[0], y: shapes[1], top, left }
      : turned
        ? { x: shapes[0], y: shapes[2], top: 2 - top, left: 2 - left }
        : { x: shapes[0], y: shapes[2], top, left };
  const tiles = choose(geometry);
  if (!tiles) return null;
  return node.op === 'conv2dGradFilter'
    ? filterGradient(geometry, tiles, { x: a, upstream: b, filter: node })
    : convolve(geometry, tiles, { x: a, filter: b, turned, y: node });
}
