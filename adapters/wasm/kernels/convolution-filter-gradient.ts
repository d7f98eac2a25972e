import { locateWindows, packWindowsTransposed, windowRowBytes, Windows } from './convolution-windows';
import { edgeBytes, multiplyPacked } from './gemm';

/*
 * Gradient of a convolution for its filter: the transpose of the windows times the upstream gradient, summed over windows.
 * Tasks take some elements of the windows and, where the filter is small, a part of the windows; parts are added up by
 * `sumParts`.
 */

/** One task: a row of the table that {@link FilterGradientParameters} names. */
@unmanaged
class Task {
  group: i32;
  /** First channel and first row of the windows. */
  channel: i32;
  row: i32;
  /** Which part of the windows. */
  part: i32;
}

@unmanaged
export class FilterGradientParameters {
  x: usize;
  /** Upstream gradient, packed: [group][windows / block][columns / 8][block][8]. */
  upstream: usize;
  /** One filter [height][width][channels][all columns] for every part. */
  parts: usize;
  partBytes: usize;
  windows: usize;
  tasks: usize;
  /** Channels and columns in a group; channels and window rows of one task; rows that are packed at once. */
  channels: i32;
  columns: i32;
  channelShare: i32;
  rowShare: i32;
  rowBatch: i32;
  /** Bytes of a row of the filter: the columns of all groups. */
  stride: usize;
  /** Windows in all, of a part, and of a block. */
  count: i32;
  partCount: i32;
  block: i32;
  /** Bytes in the scratch memory: packed windows, rows of images. Addresses come first. */
  panelsAt: usize;
  copyAt: usize;
}

export function convolveFilterGradient(p: FilterGradientParameters, task: i32, scratch: usize): void {
  const t = changetype<Task>(p.tasks + <usize>task * offsetof<Task>());
  const w = changetype<Windows>(p.windows);
  const channels = min(p.channelShare, p.channels - t.channel);
  const rows = min(p.rowShare, w.height - t.row);
  // All channels of a window's row are contiguous in the filter too.
  const whole = channels == p.channels;
  const run = whole ? w.width * channels : channels;
  const runs = whole ? 1 : w.width;
  const x = p.x + ((<usize>(t.group * p.channels + t.channel)) << 2);
  const c =
    p.parts +
    <usize>t.part * p.partBytes +
    <usize>(t.row * w.width * p.channels + t.channel) * p.stride +
    ((<usize>(t.group * p.columns)) << 2);
  const upstream = p.upstream + ((<usize>t.group * p.count * ((p.columns + 7) & ~7)) << 2);
  const addresses = scratch + edgeBytes;
  const panels = scratch + p.panelsAt;
  const rowBytes = windowRowBytes(w, channels);
  const start = t.part * p.partCount;
  const end = min(p.count, start + p.partCount);
  for (let window = start; window < end; window += p.block) {
    const count = min(p.block, end - window);
    const runPanelBytes = (<usize>(((run + 3) & ~3) * count)) << 2;
    locateWindows(w, x, window, count, t.row, rows, channels, addresses, scratch + p.copyAt);
    for (let row = 0; row < rows; row += p.rowBatch) {
      const batchEnd = min(rows, row + p.rowBatch);
      let to = panels;
      for (let r = row; r < batchEnd; r++) {
        for (let i = 0; i < runs; i++) {
          packWindowsTransposed(addresses, count, <usize>r * rowBytes + ((<usize>(i * channels)) << 2), run, to);
          to += runPanelBytes;
        }
      }
      let b = upstream + ((<usize>window * ((p.columns + 7) & ~7)) << 2);
      for (let column = 0; column < p.columns; column += 8) {
        const width = min(8, p.columns - column);
        let a = panels;
        for (let r = row; r < batchEnd; r++) {
          for (let i = 0; i < runs; i++) {
            const at = c + <usize>((r * w.width + i) * p.channels) * p.stride + ((<usize>column) << 2);
            multiplyPacked(a, b, at, p.stride, run, width, count, window > start, scratch);
            a += runPanelBytes;
          }
        }
        b += (<usize>count) << 5;
      }
    }
  }
}

@unmanaged
export class SumPartsParameters {
  /** [parts][length] */
  parts: usize;
  sum: usize;
  count: i32;
  length: i32;
  /** Elements of a task. */
  share: i32;
}

/** Adds parts up, in their order. */
export function sumParts(p: SumPartsParameters, task: i32, scratch: usize): void {
  const first = task * p.share;
  const bytes = (<usize>p.length) << 2;
  let from = p.parts + ((<usize>first) << 2);
  let to = p.sum + ((<usize>first) << 2);
  let rest = min(p.share, p.length - first);
  for (; rest >= 4; rest -= 4) {
    let sum = v128.load(from);
    let at = from;
    for (let part = 1; part < p.count; part++) {
      at += bytes;
      sum = f32x4.add(sum, v128.load(at));
    }
    v128.store(to, sum);
    from += 16;
    to += 16;
  }
  for (; rest > 0; rest--) {
    let sum = load<f32>(from);
    let at = from;
    for (let part = 1; part < p.count; part++) {
      at += bytes;
      sum += load<f32>(at);
    }
    store<f32>(to, sum);
    from += 4;
    to += 4;
  }
}
