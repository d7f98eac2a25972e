import { GRADIENT, transform } from './winograd-transform';

/*
 * From images to planes of transformed tiles. A tile of F(m, 3) has n * n points, n = m + 2; plane p holds point p of every
 * tile. Strips of tiles are transformed in the first-level cache: columns, once for both neighbours, then rows. What lies outside
 * of the image counts as zeros. A tile gives a plane sixteen channels at a time, which is one cache line.
 */

/** Where the tiles of an image lie and how their planes are laid out: a table beside the parameters. */
@unmanaged
export class Tiling {
  /** Outputs of a tile along an axis, m: 3, 4 or 6. */
  family: i32;
  /** INPUT: overlapping patches of n x n elements; GRADIENT: patches of m x m. */
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
  /** Bytes between planes, groups of four tiles, groups of sixteen channels (0: room for the tiles of the call). */
  plane: i32;
  quad: i32;
  group: i32;
  /** Channels of a strip, a multiple of 16, and the largest number of its tiles. */
  chunk: i32;
  run: i32;
}

/**
 * Transforms tiles `first` to `last` - 1 of `image`, channels `from` (a multiple of 16) to `until` - 1 (a multiple of 8), into
 * planes at `to`.
 *
 * @param at place of the first tile in the planes.
 * @param strip scratch memory for a strip.
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
  strip: usize,
): void {
  const family = g.family,
    kind = g.kind,
    height = g.height,
    width = g.width,
    across = g.across,
    perImage = g.down * across,
    points = family + 2;
  const patch = kind == GRADIENT ? family : points;
  const group = g.group ? <usize>g.group : (<usize>(last - first)) << 6;
  const plane = <usize>g.plane;
  const pixel = (<usize>g.channels) << 2,
    imageRow = <usize>width * pixel;

  while (first < last) {
    const n = first / perImage,
      inImage = first - n * perImage,
      row = inImage / across,
      column = inImage - row * across;
    const count = min(min(last - first, across - column), g.run);
    const y = row * family - g.top,
      x = column * family - g.left;
    const columns = (count - 1) * family + patch;
    const inside = x >= 0 && y >= 0 && x + columns <= width && y + patch <= height;
    for (let c = from; c < until; c += g.chunk) {
      const cell = (<usize>min(g.chunk, until - c)) << 2;
      const line = <usize>columns * cell;
      const origin = image + <usize>((n * height + y) * width + x) * pixel + ((<usize>c) << 2);
      // Columns: strip[point][column][channel].
      if (inside) transform(family, kind, origin, imageRow, strip, line, cell, columns, pixel, cell);
      else {
        let target = strip;
        for (let i = y; i < y + patch; i++) {
          const filled = i >= 0 && i < height;
          let source = origin + <usize>(i - y) * imageRow;
          for (let j = x; j < x + columns; j++) {
            if (filled && j >= 0 && j < width) {
              for (let b: usize = 0; b < cell; b += 16) v128.store(target + b, v128.load(source + b));
            } else {
              for (let b: usize = 0; b < cell; b += 16) v128.store(target + b, i32x4.splat(0));
            }
            source += pixel;
            target += cell;
          }
        }
        transform(family, kind, strip, line, strip, line, cell, columns, cell, cell);
      }
      // Rows.
      for (let t = 0; t < count; t++) {
        const k = at + t;
        let source = strip + <usize>(t * family) * cell;
        let target = to + <usize>(c >> 4) * group + <usize>(k >> 2) * g.quad + (<usize>(k & 3) << 6);
        for (let rest = cell; rest > 0; ) {
          const bytes = min<usize>(64, rest);
          transform(family, kind, source, cell, target, plane, bytes, points, line, <usize>points * plane);
          source += bytes;
          target += group;
          rest -= bytes;
        }
      }
    }
    first += count;
    at += count;
  }
}
