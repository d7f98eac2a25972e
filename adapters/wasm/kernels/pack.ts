/*
 * Panels of the right operand of a product: [columns / 8][k][8], zeros beyond the last column. A task packs one piece of the
 * operand, as its row of the table says; what follows the piece in the panel is another task's.
 */

/** One piece of a packed operand: a row of the table that {@link PackParameters} names. */
@unmanaged
class Piece {
  /** Bytes from the start of the source and of the result. */
  from: usize;
  to: usize;
  /** Rows of panels, and bytes from one panel to the next. */
  k: i32;
  panelBytes: usize;
}

@unmanaged
export class PackParameters {
  from: usize;
  to: usize;
  pieces: usize;
  /** Bytes between rows of the source. */
  stride: usize;
  columns: i32;
}

/** Packs [k][columns]: one row of the source is a row across all panels. */
export function packPanels(p: PackParameters, task: i32, scratch: usize): void {
  const piece = changetype<Piece>(p.pieces + <usize>task * offsetof<Piece>());
  const stride = p.stride;
  const whole = p.columns & ~7;
  let from = p.from + piece.from;
  let to = p.to + piece.to;
  let rest = piece.k;
  // Four rows at a time: whole cache lines are read along the rows and written into each panel.
  for (; rest >= 4; rest -= 4) {
    let source = from;
    let target = to;
    for (let column = 0; column < whole; column += 8) {
      v128.store(target, v128.load(source));
      v128.store(target, v128.load(source, 16), 16);
      v128.store(target, v128.load(source + stride), 32);
      v128.store(target, v128.load(source + stride, 16), 48);
      v128.store(target, v128.load(source + 2 * stride), 64);
      v128.store(target, v128.load(source + 2 * stride, 16), 80);
      v128.store(target, v128.load(source + 3 * stride), 96);
      v128.store(target, v128.load(source + 3 * stride, 16), 112);
      source += 32;
      target += piece.panelBytes;
    }
    for (let row = 0; row < 4 && whole < p.columns; row++) {
      packPart(source + <usize>row * stride, 4, target + ((<usize>row) << 5), p.columns - whole);
    }
    from += 4 * stride;
    to += 128;
  }
  for (; rest > 0; rest--) {
    let source = from;
    let target = to;
    for (let column = 0; column < p.columns; column += 8) {
      packPart(source, 4, target, min(8, p.columns - column));
      source += 32;
      target += piece.panelBytes;
    }
    from += stride;
    to += 32;
  }
}

/** Packs [columns][k], the transpose: eight rows of the source become a panel. */
export function packPanelsTransposed(p: PackParameters, task: i32, scratch: usize): void {
  const piece = changetype<Piece>(p.pieces + <usize>task * offsetof<Piece>());
  const stride = p.stride;
  const k = piece.k;
  let from = p.from + piece.from;
  let to = p.to + piece.to;
  for (let column = 0; column < p.columns; column += 8) {
    const width = min(8, p.columns - column);
    const whole = width == 8 ? k & ~3 : 0;
    let source = from;
    let target = to;
    for (let row = 0; row < whole; row += 4) {
      transpose(source, source + stride, source + 2 * stride, source + 3 * stride, target, 32);
      const lower = source + 4 * stride;
      transpose(lower, lower + stride, lower + 2 * stride, lower + 3 * stride, target + 16, 32);
      source += 16;
      target += 128;
    }
    for (let row = whole; row < k; row++) {
      packPart(source, stride, target, width);
      source += 4;
      target += 32;
    }
    from += 8 * stride;
    to += piece.panelBytes;
  }
}

/** One row of one panel: `count` numbers, `step` bytes apart, then zeros. */
function packPart(from: usize, step: usize, to: usize, count: i32): void {
  for (let i = 0; i < 8; i++) {
    store<f32>(to + ((<usize>i) << 2), i < count ? load<f32>(from) : 0);
    from += step;
  }
}

/** Four numbers at each of four addresses, stored as four vectors `step` bytes apart that hold one number of each. */
// @ts-ignore: decorator
@inline
export function transpose(p0: usize, p1: usize, p2: usize, p3: usize, to: usize, step: usize): void {
  const r0 = v128.load(p0),
    r1 = v128.load(p1),
    r2 = v128.load(p2),
    r3 = v128.load(p3);
  const low01 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5),
    high01 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7),
    low23 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5),
    high23 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
  v128.store(to, v128.shuffle<f32>(low01, low23, 0, 1, 4, 5));
  v128.store(to + step, v128.shuffle<f32>(low01, low23, 2, 3, 6, 7));
  v128.store(to + 2 * step, v128.shuffle<f32>(high01, high23, 0, 1, 4, 5));
  v128.store(to + 3 * step, v128.shuffle<f32>(high01, high23, 2, 3, 6, 7));
}
