import { locateWindows, packWindows, windowRowBytes, Windows } from './convolution-windows';
import { edgeBytes, multiplyPacked } from './gemm';

/*
 * Products of windows of images with filters: a convolution, and the gradient for its input. The latter takes windows of the
 * upstream gradient; with a stride, the elements of the result that are equal modulo the stride are a convolution of stride 1
 * of their own with every stride-th tap of the filter: a phase. A convolution has one phase.
 */

/** One phase: a row of the table that {@link ConvolveParameters} names, and its windows after it. */
@unmanaged
class Phase {
  /** Bytes of its packed filters from the start of a group's: [channels / chunk][columns / 8][height x width x chunk][8]. */
  filter: usize;
  /** Channels that are taken at once. */
  chunk: i32;
  /** Windows in all, and of one task. */
  count: i32;
  share: i32;
  /** First row and column in the result. */
  outTop: i32;
  outLeft: i32;
}

/** One task: a row of the table that {@link ConvolveParameters} names. */
@unmanaged
class Task {
  phase: i32;
  group: i32;
  /** First window and first column of the result. */
  window: i32;
  column: i32;
}

@unmanaged
export class ConvolveParameters {
  x: usize;
  filter: usize;
  y: usize;
  phases: usize;
  tasks: usize;
  /** Channels of the windows and of the result in a group; columns of one task. */
  channels: i32;
  columns: i32;
  columnShare: i32;
  /** Bytes of a group's packed filters. */
  filterBytes: usize;
  /** Size of an image of the result, bytes of its pixels, and steps between elements of a phase. */
  outHeight: i32;
  outWidth: i32;
  outBytes: usize;
  outStrideHeight: i32;
  outStrideWidth: i32;
  /** Bytes in the scratch memory: packed windows, the result before it is spread, rows of images. Addresses come first. */
  panelsAt: usize;
  resultAt: usize;
  copyAt: usize;
}

/** One block of windows times one block of columns. */
export function convolve(p: ConvolveParameters, task: i32, scratch: usize): void {
  const t = changetype<Task>(p.tasks + <usize>task * offsetof<Task>());
  const phase = changetype<Phase>(p.phases + <usize>t.phase * (offsetof<Phase>() + offsetof<Windows>()));
  const w = changetype<Windows>(changetype<usize>(phase) + offsetof<Phase>());
  const count = min(phase.share, phase.count - t.window);
  const columns = min(p.columnShare, p.columns - t.column);
  const taps = w.height * w.width;
  const x = p.x + ((<usize>(t.group * p.channels)) << 2);
  const y = p.y + ((<usize>(t.group * p.columns + t.column)) << 2);
  const filter = p.filter + <usize>t.group * p.filterBytes + phase.filter;
  const spread = p.outStrideHeight != 1 || p.outStrideWidth != 1;
  const result = spread ? scratch + p.resultAt : y + <usize>t.window * p.outBytes;
  const stride = spread ? (<usize>columns) << 2 : p.outBytes;
  const addresses = scratch + edgeBytes;
  const panels = scratch + p.panelsAt;
  for (let channel = 0; channel < p.channels; channel += phase.chunk) {
    const channels = min(phase.chunk, p.channels - channel);
    const k = taps * channels;
    if (k > 0) {
      const from = x + ((<usize>channel) << 2);
      locateWindows(w, from, t.window, count, 0, w.height, channels, addresses, scratch + p.copyAt);
      packWindows(addresses, count, w.height, windowRowBytes(w, channels), w.width * channels, panels);
    }
    const b = filter + ((<usize>(((p.columns + 7) & ~7) * taps * channel + t.column * k)) << 2);
    multiplyPacked(panels, b, result, stride, count, columns, k, channel > 0, scratch);
  }
  if (spread) spreadRows(p, phase, w, t.window, count, result, columns, y);
}

/** Rows of a phase's result to their pixels. */
function spreadRows(
  p: ConvolveParameters,
  phase: Phase,
  w: Windows,
  first: i32,
  count: i32,
  from: usize,
  columns: i32,
  y: usize,
): void {
  const gridSize = w.gridHeight * w.gridWidth;
  let image = first / gridSize;
  let row = (first - image * gridSize) / w.gridWidth;
  let column = first - image * gridSize - row * w.gridWidth;
  const step = <usize>p.outStrideWidth * p.outBytes;
  const bytes = (<usize>columns) << 2;
  while (count > 0) {
    const line = (image * p.outHeight + row * p.outStrideHeight + phase.outTop) * p.outWidth + phase.outLeft;
    let to = y + <usize>line * p.outBytes + <usize>column * step;
    for (; column < w.gridWidth && count > 0; column++) {
      memory.copy(to, from, bytes);
      from += bytes;
      to += step;
      count--;
    }
    column = 0;
    if (++row == w.gridHeight) {
      row = 0;
      image++;
    }
  }
}
