import { GRADIENT, pointsOf, transform } from './winograd-transform';

/*
 * From images to planes of transformed tiles. A tile of F(m, 3) has n * n points; plane p holds point p of every tile.
 * Columns are transformed into a copy that stays in the first-level cache, rows from there. What lies outside of the
 * image counts as zeros. A tile gives a plane sixteen channels at a time, a whole cache line, or four, which lie beside
 * those of the next tiles.
 */

/** Where the tiles of an image lie and how their planes are laid out: a table beside the parameters. */
@unmanaged
export class Tiling {
  /** Outputs of a tile along an axis, m: 3, 4 or 6. */
  family: i32;
  /**
   * INPUT: overlapping patches of n x n elements (family 3: of 3x3, zeros around them are understood). GRADIENT:
   * patches of m x m.
   */
  kind: i32;
  height: i32;
  width: i32;
  channels: i32;
  /** Rows and columns of zeros above and left of the image. */
  top: i32;
  left: i32;
  /** Tiles along the two axes. */
  down: i32;
  across: i32;
  /**
   * Bytes between planes, groups of four tiles, tiles (16 or 64), and groups of sixteen channels (0: room for the tiles
   * of the call).
   */
  plane: i32;
  quad: i32;
  tile: i32;
  group: i32;
  /** Channels that are transformed together, a multiple of 16. */
  chunk: i32;
}

/**
 * Transforms tiles `first` to `last` - 1 of `image`, channels `from` (a multiple of 16) to `until` - 1 (a multiple of
 * 8), into planes at `to`.
 *
 * @param at place of the first tile in the planes.
 * @param copy scratch memory for a tile: n * n * chunk numbers.
 */
export function scatterTiles(
  g: Tiling,
  image: usize,
  first: i32,
  last: i32,
  from: i32,
  until: i32,
  to: usize,
  at: i32,
  copy: usize,
): void {
  const family = g.family,
    kind = g.kind,
    height = g.height,
    width = g.width,
    across = g.across,
    perImage = g.down * across,
    points = pointsOf(family);
  const patch = kind == GRADIENT || family == 3 ? family : points;
  const group = g.group ? <usize>g.group : (<usize>(last - first)) << 6;
  const plane = <usize>g.plane;
  const pixel = (<usize>g.channels) << 2,
    imageRow = <usize>width * pixel;

  for (; first < last; first++, at++) {
    const n = first / perImage,
      inImage = first - n * perImage,
      row = inImage / across;
    const y = row * family - g.top,
      x = (inImage - row * across) * family - g.left;
    const inside = x >= 0 && y >= 0 && x + patch <= width && y + patch <= height;
    const place = to + <usize>(at >> 2) * g.quad + <usize>(at & 3) * g.tile;
    for (let c = from; c < until; c += g.chunk) {
      const cell = (<usize>min(g.chunk, until - c)) << 2;
      const line = <usize>patch * cell;
      const origin = image + <usize>((n * height + y) * width + x) * pixel + ((<usize>c) << 2);
      // Columns: copy[point][column][channel].
      if (inside) transform(family, kind, origin, imageRow, copy, line, cell, 16, patch, pixel, cell);
      else {
        let target = copy;
        for (let i = y; i < y + patch; i++) {
          const filled = i >= 0 && i < height;
          let source = origin + <usize>(i - y) * imageRow;
          for (let j = x; j < x + patch; j++) {
            if (filled && j >= 0 && j < width) {
              for (let b: usize = 0; b < cell; b += 16) v128.store(target + b, v128.load(source + b));
            } else {
              for (let b: usize = 0; b < cell; b += 16) v128.store(target + b, i32x4.splat(0));
            }
            source += pixel;
            target += cell;
          }
        }
        transform(family, kind, copy, line, copy, line, cell, 16, patch, cell, cell);
      }
      // Rows.
      let source = copy,
        target = place + <usize>(c >> 4) * group;
      if (g.tile == 16) {
        transform(family, kind, source, cell, target, plane, cell, group >> 2, points, line, <usize>points * plane);
        continue;
      }
      for (let rest = cell; rest > 0; ) {
        const bytes = min<usize>(64, rest);
        transform(family, kind, source, cell, target, plane, bytes, 16, points, line, <usize>points * plane);
        source += bytes;
        target += group;
        rest -= bytes;
      }
    }
  }
}
