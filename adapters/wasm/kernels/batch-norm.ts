import { madd } from './lanes';
import { loadLanes, storeLanes } from './partial-lanes';

/*
 * Batch normalization of [rows][channels]. Tasks are ranges of rows.
 *
 * All sweeps go along the memory. What there is one of a channel, sums and coefficients, stands in scratch memory, repeated to
 * whole vectors and some 64 elements; as many rows are one long row. So the innermost loops know no channels. Reductions take
 * four long rows at a time: a sum is loaded and stored once for the four.
 */

/** Long rows after which the shift of the moments is renewed. */
const chunk = 32;

/*
 * Moments: a shift, the sum of differences from it, the sum of their squares. With a shift near the mean, nothing of size
 * cancels in mean = shift + sum / n and in n variance = squares - sum^2 / n, wherever the mean lies; what the shift as a
 * float32 misses of the mean stays in the sum.
 */

@unmanaged
export class ChannelMomentsParameters {
  x: usize;
  /** [tasks][3][channels]: moments. */
  partial: usize;
  rows: i32;
  channels: i32;
  /** Rows of a task, a multiple of `repeat`. */
  share: i32;
  /** Rows of a long row. */
  repeat: i32;
}

/**
 * Moments of every channel over the rows of a task. The shift is the first row, then after every chunk the mean so far: the
 * squares of a chunk are at most as many times too large as it has rows.
 */
export function channelMoments(p: ChannelMomentsParameters, task: i32, scratch: usize): void {
  const stride = (<usize>p.channels) << 2;
  const period = stride * p.repeat;
  const first = task * p.share;
  const count = min(p.share, p.rows - first);
  // Moments of every element of a long row, and sums of the chunk.
  const sum = scratch + period;
  const squares = sum + period;
  const chunkSum = squares + period;
  const chunkSquares = chunkSum + period;
  let x = p.x + <usize>first * stride;
  let rest = <usize>count * stride;
  memory.copy(scratch, x, min(rest, period));
  memory.fill(sum, 0, period << 2);
  for (let rows = 0; rest > 0; ) {
    const end = rows + chunk;
    const bytes = min(rest, period);
    for (; rows + 4 <= end && rest >= period << 2; rows += 4) {
      let ahead = x + nextRows(rest, period);
      for (let at: usize = 0; at < period; at += 16) {
        touch(ahead);
        ahead += 64;
        const x0 = x + at,
          x1 = x0 + period,
          x2 = x1 + period;
        const shift = v128.load(scratch + at);
        let s = v128.load(chunkSum + at);
        let q = v128.load(chunkSquares + at);
        let d = f32x4.sub(v128.load(x0), shift);
        s = f32x4.add(s, d);
        q = madd(d, d, q);
        d = f32x4.sub(v128.load(x1), shift);
        s = f32x4.add(s, d);
        q = madd(d, d, q);
        d = f32x4.sub(v128.load(x2), shift);
        s = f32x4.add(s, d);
        q = madd(d, d, q);
        d = f32x4.sub(v128.load(x2 + period), shift);
        v128.store(chunkSum + at, f32x4.add(s, d));
        v128.store(chunkSquares + at, madd(d, d, q));
      }
      x += period << 2;
      rest -= period << 2;
    }
    for (; rest > 0 && rest >= bytes && rows < end; rows++) {
      for (let at: usize = 0; at < bytes; at += 16) {
        const lanes = <i32>((bytes - at) >> 2);
        const d = f32x4.sub(loadLanes(x + at, lanes), v128.load(scratch + at));
        storeLanes(chunkSum + at, f32x4.add(v128.load(chunkSum + at), d), lanes);
        storeLanes(chunkSquares + at, madd(d, d, v128.load(chunkSquares + at)), lanes);
      }
      x += bytes;
      rest -= bytes;
    }
    // A long row that is not whole leaves the shift, since it has not the same number of rows everywhere.
    const n = f32x4.splat(<f32>rows);
    const part = f32x4.splat(bytes < period ? 0 : <f32>1 / <f32>rows);
    for (let at: usize = 0; at < period; at += 16) {
      const s = f32x4.add(v128.load(sum + at), v128.load(chunkSum + at));
      const q = f32x4.add(v128.load(squares + at), v128.load(chunkSquares + at));
      const old = v128.load(scratch + at);
      const shift = madd(s, part, old);
      const d = f32x4.sub(shift, old);
      const left = madd(f32x4.neg(d), n, s);
      v128.store(scratch + at, shift);
      v128.store(sum + at, left);
      v128.store(squares + at, madd(f32x4.neg(d), f32x4.add(s, left), q));
    }
    memory.fill(chunkSum, 0, period << 1);
  }
  // Each of the rows in a long row has moments of its own.
  const partial = p.partial + <usize>task * stride * 3;
  memory.copy(partial, scratch, stride);
  memory.fill(partial + stride, 0, stride << 1);
  for (let i = 0; i < p.repeat && i < count; i++) {
    const rows = (count - i + p.repeat - 1) / p.repeat;
    addMoments(scratch + <usize>i * stride, period, <f32>rows, partial, stride);
  }
}

/** Adds moments of `rows` rows to those at `to`, whose shift stays: a row of floats of `stride` bytes each. */
function addMoments(from: usize, fromStride: usize, rows: f32, to: usize, stride: usize): void {
  const n = f32x4.splat(rows);
  for (let at: usize = 0; at < stride; at += 16) {
    const lanes = <i32>((stride - at) >> 2);
    const d = f32x4.sub(loadLanes(from + at, lanes), loadLanes(to + at, lanes));
    const nd = f32x4.mul(n, d);
    const s = loadLanes(from + fromStride + at, lanes);
    const q = madd(d, f32x4.add(f32x4.add(s, s), nd), loadLanes(from + (fromStride << 1) + at, lanes));
    const sum = to + stride + at;
    storeLanes(sum, f32x4.add(loadLanes(sum, lanes), f32x4.add(s, nd)), lanes);
    storeLanes(sum + stride, f32x4.add(loadLanes(sum + stride, lanes), q), lanes);
  }
}

@unmanaged
export class ChannelStatisticsParameters {
  /** [parts][3][channels]: moments; the first become those of all. */
  partial: usize;
  /** [3][channels]: mean, variance, 1 / sqrt(variance + epsilon). */
  statistics: usize;
  parts: i32;
  rows: i32;
  channels: i32;
  /** Rows of every part but the last. */
  share: i32;
  epsilon: f32;
}

/** Statistics from the moments of ranges of rows, which are added in their order. */
export function channelStatistics(p: ChannelStatisticsParameters, task: i32, scratch: usize): void {
  const stride = (<usize>p.channels) << 2;
  for (let part = 1; part < p.parts; part++) {
    const rows = min(p.share, p.rows - part * p.share);
    addMoments(p.partial + <usize>part * stride * 3, stride, <f32>rows, p.partial, stride);
  }
  const n = f32x4.splat(<f32>p.rows);
  for (let at: usize = 0; at < stride; at += 16) {
    const lanes = <i32>((stride - at) >> 2);
    const moments = p.partial + at;
    const sum = loadLanes(moments + stride, lanes);
    const step = f32x4.div(sum, n);
    const squares = madd(f32x4.neg(sum), step, loadLanes(moments + (stride << 1), lanes));
    // At least 0; NaN stays NaN.
    const variance = f32x4.div(f32x4.pmax(squares, f32x4.splat(0)), n);
    const deviation = f32x4.sqrt(f32x4.add(variance, f32x4.splat(p.epsilon)));
    const statistics = p.statistics + at;
    storeLanes(statistics, f32x4.add(loadLanes(moments, lanes), step), lanes);
    storeLanes(statistics + stride, variance, lanes);
    storeLanes(statistics + (stride << 1), f32x4.div(f32x4.splat(1), deviation), lanes);
  }
}

/**
 * Loads what is not needed yet. Reductions touch the next four long rows while they work on four, one cache line a turn, from
 * first to last: one stream, which hardware runs ahead of. That halves the time of a sweep over values that are in no cache.
 */
// @ts-ignore: decorator
@inline
function touch(p: usize): void {
  load<f32>(p);
}

/** Bytes to the next four long rows, or none where they are not all there. */
// @ts-ignore: decorator
@inline
function nextRows(rest: usize, period: usize): usize {
  return rest >= period << 3 ? period << 2 : 0;
}

/** Lays a row down `times` times, one behind the other; returns where they end. */
function repeatRow(row: usize, bytes: usize, times: i32, to: usize): usize {
  if (times == 0) return to;
  memory.copy(to, row, bytes);
  return repeatRow(row, bytes, times - 1, to + bytes);
}

/**
 * Lays coefficients of a long row down at `to`, each of them `period` bytes: mean, 1 / deviation, and normalization as one
 * multiply-add: factor = scale / deviation, shift = offset - mean factor.
 *
 * Backward passes that ask where a value was above zero compute it anew by this: bit for bit what it was.
 */
function layCoefficients(statistics: usize, scale: usize, offset: usize, stride: usize, repeat: i32, to: usize): void {
  const inverse = repeatRow(statistics, stride, repeat, to);
  const factor = repeatRow(statistics + (stride << 1), stride, repeat, inverse);
  const shift = repeatRow(scale, stride, repeat, factor);
  const end = repeatRow(offset, stride, repeat, shift);
  const period = end - shift;
  for (let at = shift; at < end; at += 16) {
    const product = f32x4.mul(v128.load(at - period), v128.load(at - (period << 1)));
    v128.store(at - period, product);
    v128.store(at, madd(f32x4.neg(v128.load(at - period * 3)), product, v128.load(at)));
  }
}

@unmanaged
export class NormalizeParameters {
  x: usize;
  /** [3][channels] */
  statistics: usize;
  scale: usize;
  offset: usize;
  /** Added to the result; 0 for none. */
  residual: usize;
  y: usize;
  rows: i32;
  channels: i32;
  /** Rows of a task, a multiple of `repeat`. */
  share: i32;
  /** How often the coefficients stand in scratch: `repeat` times `channels` is a multiple of 4. */
  repeat: i32;
  /** Whether what is below zero becomes zero. */
  relu: i32;
}

/** y = (x - mean) / deviation scale + offset [+ residual] [, at least 0]. */
export function normalize(p: NormalizeParameters, task: i32, scratch: usize): void {
  const stride = (<usize>p.channels) << 2;
  const period = stride * p.repeat;
  const first = task * p.share;
  layCoefficients(p.statistics, p.scale, p.offset, stride, p.repeat, scratch);
  const factor = scratch + (period << 1);
  const shift = factor + period;
  const start = <usize>first * stride;
  let x = p.x + start;
  let y = p.y + start;
  let residual = p.residual ? p.residual + start : 0;
  const relu = p.relu;
  const zero = f32x4.splat(0);
  for (let rest = <usize>min(p.share, p.rows - first) * stride; rest > 0; ) {
    const bytes = min(rest, period);
    const whole = bytes & ~15;
    for (let at: usize = 0; at < whole; at += 16) {
      let v = madd(v128.load(x + at), v128.load(factor + at), v128.load(shift + at));
      if (residual) v = f32x4.add(v, v128.load(residual + at));
      if (relu) v = f32x4.pmax(zero, v);
      v128.store(y + at, v);
    }
    if (whole < bytes) {
      const lanes = <i32>((bytes - whole) >> 2);
      let v = madd(loadLanes(x + whole, lanes), v128.load(factor + whole), v128.load(shift + whole));
      if (residual) v = f32x4.add(v, loadLanes(residual + whole, lanes));
      if (relu) v = f32x4.pmax(zero, v);
      storeLanes(y + whole, v, lanes);
    }
    x += bytes;
    y += bytes;
    if (residual) residual += bytes;
    rest -= bytes;
  }
}

/*
 * The gradient d for a normalized value is upstream [+ addend]. Where a ReLU stands behind the normalization, its gradient is
 * part of the sweep, by one of two signs:
 *   - of y, the value of the ReLU, if that is given;
 *   - of factor x + shift, which the ReLU took, if `offset` is given: that saves reading y.
 *
 * The branches in the innermost loops are taken by all elements or by none.
 */

@unmanaged
export class NormalizationGradientSumsParameters {
  x: usize;
  /** [3][channels] */
  statistics: usize;
  upstream: usize;
  /** Added to `upstream`; 0 for none. */
  addend: usize;
  /** Value of the ReLU behind; 0 for none. */
  y: usize;
  /** Scale and offset of the normalization that a ReLU follows; 0 for none. */
  scale: usize;
  offset: usize;
  /** Where to leave the gradient d for the normalized value; 0 for nowhere. */
  d: usize;
  /** [tasks][2][channels]: sum of d, sum of d times normalized x. */
  partial: usize;
  rows: i32;
  channels: i32;
  /** Rows of a task, a multiple of `repeat`. */
  share: i32;
  /** Rows of a long row. */
  repeat: i32;
}

/** Sums of the gradient d for the normalized value over the rows of a task. */
export function normalizationGradientSums(p: NormalizationGradientSumsParameters, task: i32, scratch: usize): void {
  const stride = (<usize>p.channels) << 2;
  const period = stride * p.repeat;
  const first = task * p.share;
  const mean = scratch;
  const factor = mean + (period << 1);
  const shift = factor + period;
  const sums = shift + period;
  const products = sums + period;
  memory.fill(sums, 0, period << 1);
  const folded = p.offset != 0;
  if (folded) layCoefficients(p.statistics, p.scale, p.offset, stride, p.repeat, mean);
  else repeatRow(p.statistics, stride, p.repeat, mean);
  const x = p.x,
    upstream = p.upstream,
    addend = p.addend,
    y = p.y,
    d = p.d;
  const zero = f32x4.splat(0);
  let from = <usize>first * stride;
  let rest = <usize>min(p.share, p.rows - first) * stride;
  for (; rest >= period << 2; rest -= period << 2) {
    let ahead = from + nextRows(rest, period);
    for (let at: usize = 0; at < period; at += 16) {
      touch(x + ahead);
      touch(upstream + ahead);
      if (addend) touch(addend + ahead);
      if (y) touch(y + ahead);
      ahead += 64;
      const m = v128.load(mean + at);
      const from1 = from + period,
        from2 = from1 + period,
        from3 = from2 + period;
      let d0 = v128.load(upstream + from),
        d1 = v128.load(upstream + from1),
        d2 = v128.load(upstream + from2),
        d3 = v128.load(upstream + from3);
      if (addend) {
        d0 = f32x4.add(d0, v128.load(addend + from));
        d1 = f32x4.add(d1, v128.load(addend + from1));
        d2 = f32x4.add(d2, v128.load(addend + from2));
        d3 = f32x4.add(d3, v128.load(addend + from3));
      }
      if (y) {
        d0 = v128.and(d0, f32x4.gt(v128.load(y + from), zero));
        d1 = v128.and(d1, f32x4.gt(v128.load(y + from1), zero));
        d2 = v128.and(d2, f32x4.gt(v128.load(y + from2), zero));
        d3 = v128.and(d3, f32x4.gt(v128.load(y + from3), zero));
      }
      const x0 = v128.load(x + from),
        x1 = v128.load(x + from1),
        x2 = v128.load(x + from2),
        x3 = v128.load(x + from3);
      if (folded) {
        d0 = v128.and(d0, above(x0, factor + at, shift + at));
        d1 = v128.and(d1, above(x1, factor + at, shift + at));
        d2 = v128.and(d2, above(x2, factor + at, shift + at));
        d3 = v128.and(d3, above(x3, factor + at, shift + at));
      }
      if (d) {
        v128.store(d + from, d0);
        v128.store(d + from1, d1);
        v128.store(d + from2, d2);
        v128.store(d + from3, d3);
      }
      v128.store(sums + at, f32x4.add(v128.load(sums + at), f32x4.add(f32x4.add(d0, d1), f32x4.add(d2, d3))));
      let product = madd(d0, f32x4.sub(x0, m), v128.load(products + at));
      product = madd(d1, f32x4.sub(x1, m), product);
      product = madd(d2, f32x4.sub(x2, m), product);
      v128.store(products + at, madd(d3, f32x4.sub(x3, m), product));
      from += 16;
    }
    from += period * 3;
  }
  while (rest > 0) {
    const bytes = min(rest, period);
    for (let at: usize = 0; at < bytes; at += 16) {
      const lanes = <i32>((bytes - at) >> 2);
      const v = loadLanes(x + from + at, lanes);
      let g = loadLanes(upstream + from + at, lanes);
      if (addend) g = f32x4.add(g, loadLanes(addend + from + at, lanes));
      if (y) g = v128.and(g, f32x4.gt(loadLanes(y + from + at, lanes), zero));
      if (folded) g = v128.and(g, above(v, factor + at, shift + at));
      if (d) storeLanes(d + from + at, g, lanes);
      v128.store(sums + at, f32x4.add(v128.load(sums + at), g));
      v128.store(products + at, madd(g, f32x4.sub(v, v128.load(mean + at)), v128.load(products + at)));
    }
    from += bytes;
    rest -= bytes;
  }
  // One sum of the parts of a long row; products were taken with x - mean.
  const partial = p.partial + ((<usize>task * stride) << 1);
  for (let at: usize = 0; at < stride; at += 16) {
    const lanes = <i32>((stride - at) >> 2);
    let sum = loadLanes(sums + at, lanes);
    let product = loadLanes(products + at, lanes);
    for (let next = at + stride; next < period; next += stride) {
      sum = f32x4.add(sum, loadLanes(sums + next, lanes));
      product = f32x4.add(product, loadLanes(products + next, lanes));
    }
    storeLanes(partial + at, sum, lanes);
    product = f32x4.mul(product, loadLanes(p.statistics + (stride << 1) + at, lanes));
    storeLanes(partial + stride + at, product, lanes);
  }
}

/** Where a normalized value, computed anew, is above zero. */
// @ts-ignore: decorator
@inline
function above(x: v128, factor: usize, shift: usize): v128 {
  return f32x4.gt(madd(x, v128.load(factor), v128.load(shift)), f32x4.splat(0));
}

@unmanaged
export class NormalizationGradientParameters {
  x: usize;
  /** [3][channels] */
  statistics: usize;
  upstream: usize;
  scale: usize;
  /** Offset of the normalization that a ReLU follows; 0 for none. */
  offset: usize;
  /** [2][channels]: sum of the gradient for the normalized value, sum of that times normalized x. */
  sums: usize;
  dx: usize;
  rows: i32;
  channels: i32;
  /** Rows of a task, a multiple of `repeat`. */
  share: i32;
  /** How often the coefficients stand in scratch: `repeat` times `channels` is a multiple of 4. */
  repeat: i32;
}

/**
 * Gradient for x. With n rows, normalized x named z, and d the gradient for the normalized value:
 * dx = scale / deviation (d - sum d / n - z sum dz / n), a d + b x + c with one a, b and c a channel.
 */
export function normalizationGradient(p: NormalizationGradientParameters, task: i32, scratch: usize): void {
  const stride = (<usize>p.channels) << 2;
  const period = stride * p.repeat;
  const first = task * p.share;
  const folded = p.offset != 0;
  // Without a ReLU nothing reads the shift.
  layCoefficients(p.statistics, p.scale, folded ? p.offset : p.scale, stride, p.repeat, scratch);
  const inverse = scratch + period;
  const factor = inverse + period;
  const shift = factor + period;
  const a = factor;
  const c = shift + period;
  const b = repeatRow(p.sums, stride, p.repeat, c);
  repeatRow(p.sums + stride, stride, p.repeat, b);
  const part = f32x4.splat(<f32>-1 / <f32>p.rows);
  for (let at: usize = 0; at < period; at += 16) {
    const negative = f32x4.mul(v128.load(a + at), part);
    const ofX = f32x4.mul(f32x4.mul(negative, v128.load(inverse + at)), v128.load(b + at));
    v128.store(b + at, ofX);
    const constant = f32x4.mul(negative, v128.load(c + at));
    v128.store(c + at, f32x4.sub(constant, f32x4.mul(ofX, v128.load(scratch + at))));
  }
  const x = p.x,
    upstream = p.upstream,
    dx = p.dx;
  let from = <usize>first * stride;
  let rest = <usize>min(p.share, p.rows - first) * stride;
  for (; rest >= period << 2; rest -= period << 2) {
    let ahead = from + nextRows(rest, period);
    for (let at: usize = 0; at < period; at += 16) {
      touch(x + ahead);
      touch(upstream + ahead);
      ahead += 64;
      const from1 = from + period,
        from2 = from1 + period,
        from3 = from2 + period;
      const x0 = v128.load(x + from),
        x1 = v128.load(x + from1),
        x2 = v128.load(x + from2),
        x3 = v128.load(x + from3);
      let d0 = v128.load(upstream + from),
        d1 = v128.load(upstream + from1),
        d2 = v128.load(upstream + from2),
        d3 = v128.load(upstream + from3);
      if (folded) {
        d0 = v128.and(d0, above(x0, factor + at, shift + at));
        d1 = v128.and(d1, above(x1, factor + at, shift + at));
        d2 = v128.and(d2, above(x2, factor + at, shift + at));
        d3 = v128.and(d3, above(x3, factor + at, shift + at));
      }
      const ofD = v128.load(a + at),
        ofX = v128.load(b + at),
        constant = v128.load(c + at);
      v128.store(dx + from, madd(d0, ofD, madd(x0, ofX, constant)));
      v128.store(dx + from1, madd(d1, ofD, madd(x1, ofX, constant)));
      v128.store(dx + from2, madd(d2, ofD, madd(x2, ofX, constant)));
      v128.store(dx + from3, madd(d3, ofD, madd(x3, ofX, constant)));
      from += 16;
    }
    from += period * 3;
  }
  while (rest > 0) {
    const bytes = min(rest, period);
    for (let at: usize = 0; at < bytes; at += 16) {
      const lanes = <i32>((bytes - at) >> 2);
      const v = loadLanes(x + from + at, lanes);
      let d = loadLanes(upstream + from + at, lanes);
      if (folded) d = v128.and(d, above(v, factor + at, shift + at));
      const line = madd(v, v128.load(b + at), v128.load(c + at));
      storeLanes(dx + from + at, madd(d, v128.load(a + at), line), lanes);
    }
    from += bytes;
    rest -= bytes;
  }
}
