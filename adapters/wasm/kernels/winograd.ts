import { transformFilters, WIDTH } from './winograd-filters';
import { multiplyTiles } from './winograd-product';
import { scatterTiles, Tiling } from './winograd-tiles';
import { OUTPUT, pointsOf, transform } from './winograd-transform';

/*
 * Convolutions 3x3 of stride 1 by Winograd's F(m, 3): every tile of m x m outputs costs n * n products in place of
 * 9 * m * m. The products of one point ("plane") of all tiles are those of matrices, tiles x channels times
 * channels x outputs.
 *
 * Either the tiles or the filters are transformed by an earlier step and read by every task; the others are transformed
 * block by block in the memory of the task that multiplies them, and never leave the cache.
 *   tiles    [plane][tiles / 4][channels / 16][4][16]
 *   filters  blocks of 16 outputs [plane][2][channels][8]
 *   products [plane][tiles][16]
 */

@unmanaged
export class WinogradTilesParameters {
  image: usize;
  /** Class Tiling. */
  tiling: usize;
  /** Planes of transformed tiles. */
  to: usize;
  count: i32;
  /** Tiles and channels of a task. */
  tileShare: i32;
  channelShare: i32;
}

/** Transformed tiles. Tasks take `tileShare` tiles and `channelShare` channels each. */
export function winogradTiles(p: WinogradTilesParameters, task: i32, scratch: usize): void {
  const g = changetype<Tiling>(p.tiling);
  const parts = (g.channels + p.channelShare - 1) / p.channelShare;
  const range = task / parts;
  const first = range * p.tileShare,
    channel = (task - range * parts) * p.channelShare;
  const last = min(first + p.tileShare, p.count),
    until = min(channel + p.channelShare, g.channels);
  scatterTiles(g, p.image, first, last, channel, until, p.to, first, scratch);
}

@unmanaged
export class WinogradParameters {
  /** Images, or 0 where `tiles` holds their transformed tiles. */
  image: usize;
  tiles: usize;
  /** Class Tiling. */
  tiling: usize;
  /** Filters (see WinogradFiltersParameters), or 0 where `filters` holds them transformed. */
  filter: usize;
  turned: i32;
  filters: usize;
  y: usize;
  height: i32;
  width: i32;
  outputs: i32;
  count: i32;
  /** With images: tiles of a task, a multiple of 4. */
  share: i32;
  /**
   * Channels that are summed over at a time, a multiple of 16. Rounding errors of longer sums grow with the square root
   * of their length, and the transform of F(6, 3) back multiplies them by up to 46.
   */
  terms: i32;
  /** Bytes between planes of filters and of tiles. */
  filterPlane: i32;
  tilePlane: i32;
  /** Where the products and what is transformed here lie in scratch memory. */
  productsAt: i32;
  blockAt: i32;
}

/** A convolution. Tasks take `share` tiles each and all outputs, or 16 outputs and all tiles. */
export function winograd(p: WinogradParameters, task: i32, scratch: usize): void {
  const g = changetype<Tiling>(p.tiling);
  const channels = g.channels,
    outputs = p.outputs;
  const block = scratch + p.blockAt;
  if (p.image) {
    const first = task * p.share;
    const count = min(p.share, p.count - first);
    scatterTiles(g, p.image, first, first + count, 0, channels, block, 0, scratch);
    const points = pointsOf(g.family);
    let u = p.filters;
    for (let o = 0; o < outputs; o += WIDTH) {
      for (let c = 0; c < channels; c += p.terms) {
        multiplyPlanes(p, block, u + ((<usize>c) << 5), channels, o, c, count, scratch);
      }
      gatherTiles(p, first, count, o, scratch);
      u += <usize>(points * points) * p.filterPlane;
    }
  } else {
    const o = task * WIDTH;
    for (let c = 0; c < channels; c += p.terms) {
      const until = min(channels, c + p.terms);
      transformFilters(g.family, p.filter, channels, outputs, p.turned, o, c, until, block, p.filterPlane, scratch);
      multiplyPlanes(p, p.tiles, block, until - c, o, c, p.count, scratch);
    }
    gatherTiles(p, 0, p.count, o, scratch);
  }
}

/**
 * Products of `count` tiles v and filters u in every plane, over the channels from `channel` on; sums of those before
 * are there already.
 *
 * @param panel channels of a panel of u.
 */
function multiplyPlanes(
  p: WinogradParameters,
  v: usize,
  u: usize,
  panel: i32,
  output: i32,
  channel: i32,
  count: i32,
  scratch: usize,
): void {
  const g = changetype<Tiling>(p.tiling);
  const points = pointsOf(g.family),
    channels = g.channels;
  const two = p.outputs - output > 8;
  const panels = (count + 3) >> 2;
  const panelBytes = (<usize>panel) << 5;
  const k = min(p.terms, channels - channel);
  v += (<usize>channel) << 4;
  let m = scratch + p.productsAt;
  for (let rest = points * points; rest > 0; rest--) {
    multiplyTiles(v, g.quad, u, m, WIDTH << 2, panels, k, channel > 0);
    if (two) multiplyTiles(v, g.quad, u + panelBytes, m + 32, WIDTH << 2, panels, k, channel > 0);
    v += p.tilePlane;
    u += p.filterPlane;
    m += (<usize>panels) << 8;
  }
}

/** Tiles that are transformed back together. */
// @ts-ignore: decorator
@inline
const RUN: i32 = 4;

/** From products of `count` tiles to outputs `output` to `output` + 15 (or the last 8). */
function gatherTiles(p: WinogradParameters, first: i32, count: i32, output: i32, scratch: usize): void {
  const g = changetype<Tiling>(p.tiling);
  const family = g.family,
    points = pointsOf(family),
    across = g.across,
    perImage = g.down * across;
  const height = p.height,
    width = p.width;
  const pixel = (<usize>p.outputs) << 2,
    line = <usize>width * pixel;
  const bytes = <usize>(min(WIDTH, p.outputs - output) << 2);
  const plane = (<usize>((count + 3) >> 2)) << 8;
  // [row of the tile][column of points][tile][16]
  const columnBytes = (<usize>RUN) << 6,
    rowBytes = <usize>points * columnBytes;
  const edge = scratch,
    half = scratch + ((36 * WIDTH) << 2);
  let products = scratch + p.productsAt;
  for (; count > 0; count -= RUN) {
    const run = min(RUN, count);
    const pointRow = <usize>points * plane;
    transform(family, OUTPUT, products, pointRow, half, rowBytes, run << 6, 16, points, plane, columnBytes);
    products += columnBytes;
    for (let k = 0; k < run; k++) {
      const n = first / perImage,
        inImage = first - n * perImage,
        row = inImage / across;
      const y = row * family,
        x = (inImage - row * across) * family;
      const rows = min(family, height - y),
        columns = min(family, width - x);
      const source = half + ((<usize>k) << 6);
      let target = p.y + ((<usize>(((n * height + y) * width + x) * p.outputs + output)) << 2);
      first++;
      if (columns == family) {
        transform(family, OUTPUT, source, columnBytes, target, pixel, bytes, 16, rows, rowBytes, line);
        continue;
      }
      // Cut off at the right: through a whole tile.
      const edgeRow = <usize>family * (WIDTH << 2);
      transform(family, OUTPUT, source, columnBytes, edge, WIDTH << 2, bytes, 16, rows, rowBytes, edgeRow);
      let from = edge;
      for (let r = 0; r < rows; r++) {
        for (let c: usize = 0; c < <usize>columns; c++) {
          for (let b: usize = 0; b < bytes; b += 16) {
            v128.store(target + c * pixel + b, v128.load(from + c * (WIDTH << 2) + b));
          }
        }
        from += edgeRow;
        target += line;
      }
    }
  }
}
