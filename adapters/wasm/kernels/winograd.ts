import { transpose } from './pack';
import { correlateTiles, multiplyTiles } from './winograd-product';
import { scatterTiles, Tiling } from './winograd-tiles';
import { FILTER, OUTPUT, transform, WEIGHTS } from './winograd-transform';

/*
 * Convolutions 3x3 of stride 1 by Winograd's F(m, 3): every tile of m x m outputs costs n * n products, n = m + 2, in place
 * of 9 * m * m. The products of one point ("plane") of all tiles are those of matrices, tiles x channels times channels x
 * outputs.
 *
 * Transformed tiles V lie in blocks of `blockTiles`: [plane][tiles / 4][channels / 16][4 tiles][16 channels]. Transformed
 * filters U lie in blocks of 16 outputs: [plane][2][channels][8]. Either V or U is a workspace that every task reads; the
 * other one is computed block by block in the memory of the task that owns the block, and never leaves the cache.
 */

// @ts-ignore: decorator
@inline
const WIDTH: i32 = 16;

/** Channels whose filters are transformed together. */
// @ts-ignore: decorator
@inline
const DEPTH: i32 = 16;

@unmanaged
export class WinogradTilesParameters {
  image: usize;
  /** Class Tiling. */
  tiling: usize;
  to: usize;
  tiles: i32;
  /** Tiles and channels of a task. */
  tileShare: i32;
  channelShare: i32;
  /** Tiles of a block, a multiple of the share, and its bytes. */
  blockTiles: i32;
  blockBytes: i32;
}

/** Transformed tiles in blocks. Tasks take `tileShare` tiles and `channelShare` channels each. */
export function winogradTiles(p: WinogradTilesParameters, task: i32, scratch: usize): void {
  const g = changetype<Tiling>(p.tiling);
  const parts = (g.channels + p.channelShare - 1) / p.channelShare;
  const range = task / parts;
  const channel = (task - range * parts) * p.channelShare;
  const first = range * p.tileShare;
  const block = first / p.blockTiles;
  scatterTiles(
    g,
    p.image,
    first,
    min(first + p.tileShare, p.tiles),
    channel,
    min(channel + p.channelShare, g.channels),
    p.to + <usize>block * p.blockBytes,
    first - block * p.blockTiles,
    scratch,
  );
}

@unmanaged
export class WinogradFiltersParameters {
  filter: usize;
  to: usize;
  /** Outputs of a tile along an axis. */
  family: i32;
  /** Channels that are summed over, and those of the result. */
  channels: i32;
  outputs: i32;
  /** Whether the filter is [3][3][outputs][channels] and turned by 180 degrees, as the input's gradient needs it. */
  turned: i32;
  /** Bytes of a plane of a block. */
  plane: i32;
}

/** Transformed filters; tasks take 16 outputs each. */
export function winogradFilters(p: WinogradFiltersParameters, task: i32, scratch: usize): void {
  const points = p.family + 2;
  filterBlock(
    p.family,
    p.filter,
    p.channels,
    p.outputs,
    p.turned != 0,
    task * WIDTH,
    p.to + <usize>task * points * points * p.plane,
    p.plane,
    scratch,
  );
}

/** Transforms the filters of 16 (or the last 8) outputs from `first` on. */
function filterBlock(
  family: i32,
  filter: usize,
  channels: i32,
  outputs: i32,
  turned: bool,
  first: i32,
  to: usize,
  plane: usize,
  scratch: usize,
): void {
  const points = family + 2;
  const width = min(WIDTH, outputs - first);
  const tapBytes = (<usize>channels * outputs) << 2;
  const panelBytes = (<usize>channels) << 5;
  const gathered = scratch,
    half = gathered + 9 * ((WIDTH * DEPTH) << 2);
  for (let c = 0; c < channels; c += DEPTH) {
    const depth = min(DEPTH, channels - c);
    const panel = (<usize>depth) << 5;
    const size = (<usize>depth * width) << 2;
    // The taps, panel by panel, as the products need them.
    for (let tap = 0; tap < 9; tap++) {
      const target = gathered + <usize>tap * size;
      if (turned) {
        const source = filter + <usize>(8 - tap) * tapBytes + (<usize>(first * channels + c) << 2);
        const row = (<usize>channels) << 2;
        for (let i = 0; i < width; i += 4) {
          for (let k = 0; k < depth; k += 4) {
            const q = source + <usize>i * row + ((<usize>k) << 2);
            transpose(q, q + row, q + 2 * row, q + 3 * row, target + <usize>(i >> 3) * panel + ((<usize>k) << 5) + ((<usize>(i & 4)) << 2), 32);
          }
        }
      } else {
        const row = (<usize>outputs) << 2;
        let q = filter + <usize>tap * tapBytes + (<usize>(c * outputs + first) << 2);
        for (let k: usize = 0; k < panel; k += 32) {
          v128.store(target + k, v128.load(q));
          v128.store(target + k, v128.load(q, 16), 16);
          if (width > 8) {
            v128.store(target + panel + k, v128.load(q, 32));
            v128.store(target + panel + k, v128.load(q, 48), 16);
          }
          q += row;
        }
      }
    }
    // [row of points][column of the filter][panel][channel][8]
    transform(family, FILTER, gathered, 3 * size, half, 3 * size, size, 3, size, size);
    let target = to + ((<usize>c) << 5);
    for (let o: usize = 0; o < size; o += panel) {
      transform(family, FILTER, half + o, size, target, plane, panel, points, 3 * size, <usize>points * plane);
      target += panelBytes;
    }
  }
}

@unmanaged
export class WinogradParameters {
  /** Images, or 0 where `tiles` holds their transformed tiles. */
  image: usize;
  tiles: usize;
  /** Class Tiling. */
  tiling: usize;
  /** Filters, or 0 where `filters` holds them transformed. */
  filter: usize;
  filters: usize;
  turned: i32;
  y: usize;
  height: i32;
  width: i32;
  outputs: i32;
  /** Number of tiles, and tiles of a block (a multiple of 4). */
  count: i32;
  blockTiles: i32;
  /** Bytes of a plane of U, and of a plane and a block of V. */
  filterPlane: i32;
  tilePlane: i32;
  blockBytes: i32;
  /** Where the products and the block of V or U lie in scratch memory. */
  productsAt: i32;
  blockAt: i32;
}

/**
 * Convolution from tiles and filters of which one is transformed. Tasks: blocks of tiles, or blocks of 16 outputs.
 */
export function winograd(p: WinogradParameters, task: i32, scratch: usize): void {
  const g = changetype<Tiling>(p.tiling);
  const family = g.family,
    points = family + 2,
    channels = g.channels;
  const filterBytes = <usize>(points * points) * p.filterPlane;
  const block = scratch + p.blockAt;
  if (p.image) {
    const first = task * p.blockTiles;
    const count = min(p.blockTiles, p.count - first);
    scatterTiles(g, p.image, first, first + count, 0, channels, block, 0, scratch);
    let u = p.filters;
    for (let o = 0; o < p.outputs; o += WIDTH) {
      multiplyPlanes(p, block, u, first, count, o, scratch);
      u += filterBytes;
    }
  } else {
    const o = task * WIDTH;
    filterBlock(family, p.filter, channels, p.outputs, p.turned != 0, o, block, p.filterPlane, scratch);
    let v = p.tiles;
    for (let first = 0; first < p.count; first += p.blockTiles) {
      multiplyPlanes(p, v, block, first, min(p.blockTiles, p.count - first), o, scratch);
      v += p.blockBytes;
    }
  }
}

/** Products of a block of V and a block of U, and the outputs that they give. */
function multiplyPlanes(
  p: WinogradParameters,
  v: usize,
  u: usize,
  first: i32,
  count: i32,
  output: i32,
  scratch: usize,
): void {
  const g = changetype<Tiling>(p.tiling);
  const points = g.family + 2,
    channels = g.channels;
  const width = min(WIDTH, p.outputs - output);
  const panels = (count + 3) >> 2;
  const plane = (<usize>panels) << 8;
  const products = scratch + p.productsAt;
  let m = products;
  for (let i = 0; i < points * points; i++) {
    multiplyTiles(v, u, m, WIDTH << 2, panels, channels);
    if (width > 8) multiplyTiles(v, u + ((<usize>channels) << 5), m + 32, WIDTH << 2, panels, channels);
    v += p.tilePlane;
    u += p.filterPlane;
    m += plane;
  }
  gatherTiles(p, products, plane, first, count, output, width, scratch);
}

/** Tiles that are transformed back together. */
// @ts-ignore: decorator
@inline
const RUN: i32 = 8;

/** Outputs of tiles from planes of products [tile][16]. */
function gatherTiles(
  p: WinogradParameters,
  products: usize,
  plane: usize,
  first: i32,
  count: i32,
  output: i32,
  width: i32,
  scratch: usize,
): void {
  const g = changetype<Tiling>(p.tiling);
  const family = g.family,
    points = family + 2,
    across = g.across,
    perImage = g.down * across,
    height = p.height,
    rowLength = p.width,
    outputs = p.outputs;
  const pixel = (<usize>outputs) << 2,
    line = <usize>rowLength * pixel;
  // [row of the tile][column of points][tile][16]
  const columnBytes = (<usize>RUN) << 6,
    rowBytes = <usize>points * columnBytes;
  const edge = scratch,
    half = edge + 36 * (WIDTH << 2);
  const bytes = (<usize>width) << 2;
  for (let t = 0; t < count; t += RUN) {
    const run = min(RUN, count - t);
    const source = products + ((<usize>t) << 6);
    transform(family, OUTPUT, source, <usize>points * plane, half, rowBytes, run << 6, points, plane, columnBytes);
    for (let k = 0; k < run; k++) {
      const tile = first + t + k;
      const n = tile / perImage,
        inImage = tile - n * perImage,
        row = inImage / across,
        column = inImage - row * across;
      const y = row * family,
        x = column * family;
      const rows = min(family, height - y),
        columns = min(family, rowLength - x);
      const source = half + ((<usize>k) << 6);
      let target = p.y + ((<usize>((n * height + y) * rowLength + x) * outputs + output) << 2);
      if (columns == family) {
        transform(family, OUTPUT, source, columnBytes, target, pixel, bytes, rows, rowBytes, line);
        continue;
      }
      transform(family, OUTPUT, source, columnBytes, edge, WIDTH << 2, bytes, rows, rowBytes, <usize>family * (WIDTH << 2));
      for (let r = 0; r < rows; r++) {
        let from = edge + <usize>(r * family) * (WIDTH << 2);
        for (let c = 0; c < columns; c++) {
          for (let b: usize = 0; b < bytes; b += 16) v128.store(target + b, v128.load(from + b));
          from += WIDTH << 2;
          target += pixel;
        }
        target += line - <usize>columns * pixel;
      }
    }
  }
}

@unmanaged
export class WinogradFilterGradientParameters {
  /** Images, or 0 where `tiles` holds them transformed: [plane][channels / 16][tiles][16]. */
  image: usize;
  tiles: usize;
  /** Class Tiling. */
  tiling: usize;
  /** Gradients, or 0 where `gradients` holds them transformed: [plane][outputs / 16][tiles][16]. */
  upstream: usize;
  gradients: usize;
  /** Class Tiling. */
  upstreamTiling: usize;
  /** Gradient of the filter, or its parts one after the other. */
  to: usize;
  count: i32;
  /** With images: tiles of a task and tiles that are transformed together. */
  share: i32;
  blockTiles: i32;
  /** Otherwise: channels and outputs of a task. */
  channelShare: i32;
  outputShare: i32;
  /** Where things lie in scratch memory: products, tiles, gradients. */
  productsAt: i32;
  tilesAt: i32;
  gradientsAt: i32;
}

/**
 * Gradient of the filter: for every point, transformed images times transformed gradients, summed over tiles. Tasks: blocks
 * of channels and outputs, or ranges of tiles whose sums are parts of the gradient.
 */
export function winogradFilterGradient(p: WinogradFilterGradientParameters, task: i32, scratch: usize): void {
  const g = changetype<Tiling>(p.tiling),
    h = changetype<Tiling>(p.upstreamTiling);
  const family = g.family,
    points = family + 2,
    channels = g.channels,
    outputs = h.channels;
  const products = scratch + p.productsAt;
  const width = p.outputShare;
  if (p.image) {
    const plane = ((<usize>channels * outputs) << 2) + 64;
    const first = task * p.share,
      last = min(first + p.share, p.count);
    const v = scratch + p.tilesAt,
      d = scratch + p.gradientsAt;
    for (let t = first; t < last; t += p.blockTiles) {
      const count = min(p.blockTiles, last - t);
      scatterTiles(g, p.image, t, t + count, 0, channels, v, 0, scratch);
      scatterTiles(h, p.upstream, t, t + count, 0, outputs, d, 0, scratch);
      correlatePlanes(
        points * points,
        v,
        g.plane,
        d,
        h.plane,
        products,
        plane,
        channels,
        outputs,
        count,
        count,
        t > first,
      );
    }
    const part = p.to + <usize>task * ((<usize>(9 * channels) * outputs) << 2);
    foldFilters(family, products, plane, channels, outputs, channels, outputs, part, scratch);
  } else {
    const across = (outputs + width - 1) / width;
    const c = (task / across) * p.channelShare,
      o = (task % across) * width;
    const rows = min(p.channelShare, channels - c),
      columns = min(width, outputs - o);
    const plane = ((<usize>rows * columns) << 2) + 64;
    correlatePlanes(
      points * points,
      p.tiles + ((<usize>c * p.count) << 2),
      g.plane,
      p.gradients + ((<usize>o * p.count) << 2),
      h.plane,
      products,
      plane,
      rows,
      columns,
      p.count,
      p.count,
      false,
    );
    foldFilters(family, products, plane, rows, columns, channels, outputs, p.to + ((<usize>(c * outputs + o)) << 2), scratch);
  }
}

/** Tiles that are summed over before the next sixteen channels: both operands stay in the first-level cache. */
// @ts-ignore: decorator
@inline
const TILES: i32 = 128;

/**
 * Sums over `count` tiles in every plane: [channels / 16][stride][16] and [outputs / 16][stride][16] give [channels][outputs].
 */
function correlatePlanes(
  planes: i32,
  v: usize,
  tilePlane: usize,
  d: usize,
  gradientPlane: usize,
  sums: usize,
  sumPlane: usize,
  channels: i32,
  outputs: i32,
  count: i32,
  stride: i32,
  accumulate: bool,
): void {
  const group = (<usize>stride) << 6;
  const row = (<usize>outputs) << 2;
  for (let i = 0; i < planes; i++) {
    for (let t = 0; t < count; t += TILES) {
      const k = min(TILES, count - t);
      for (let o = 0; o < outputs; o += 16) {
        const b = d + <usize>(o >> 4) * group + ((<usize>t) << 6);
        for (let c = 0; c < channels; c += 16) {
          const a = v + <usize>(c >> 4) * group + ((<usize>t) << 6);
          const rows = min(16, channels - c);
          const to = sums + <usize>c * row + ((<usize>o) << 2);
          correlateTiles(a, b, to, row, rows, k, accumulate || t > 0);
          if (o + 8 < outputs) correlateTiles(a, b + 32, to + 32, row, rows, k, accumulate || t > 0);
        }
      }
    }
    v += tilePlane;
    d += gradientPlane;
    sums += sumPlane;
  }
}

/** Filters [3][3][channels][outputs] from planes of sums [rows][columns]. */
function foldFilters(
  family: i32,
  sums: usize,
  plane: usize,
  rows: i32,
  columns: i32,
  channels: i32,
  outputs: i32,
  to: usize,
  half: usize,
): void {
  const points = family + 2;
  const tap = (<usize>channels * outputs) << 2;
  const line = (<usize>columns) << 2;
  for (; rows > 0; rows--) {
    // [row of the filter][column of points][columns]
    const halfRow = <usize>points * line;
    transform(family, WEIGHTS, sums, <usize>points * plane, half, halfRow, line, points, plane, line);
    transform(family, WEIGHTS, half, line, to, tap, line, 3, halfRow, 3 * tap);
    sums += line;
    to += (<usize>outputs) << 2;
  }
}
