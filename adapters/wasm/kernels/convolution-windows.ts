import { transpose } from './pack';

/*
 * The left operand of a convolution seen as a product: one row for every window, whose elements are the window's rows of
 * `width x channels` numbers one after the other. Windows are found through a table of addresses: in the images themselves
 * where all of them lie inside and their rows are contiguous, otherwise in a copy of the rows of the image that they need,
 * with zeros around and only the channels in question. So packing never looks at borders.
 */

/** Where windows of images lie. */
@unmanaged
export class Windows {
  /** Size of a window. */
  height: i32;
  width: i32;
  /** Where the first window begins; negative inside the padding. */
  top: i32;
  left: i32;
  /** Windows below and beside each other in an image. */
  gridHeight: i32;
  gridWidth: i32;
  /** Steps between them. */
  strideHeight: i32;
  strideWidth: i32;
  /** Size of an image, and bytes of a pixel. */
  imageHeight: i32;
  imageWidth: i32;
  pixelBytes: usize;
  /** Whether windows can be read where they are. */
  direct: i32;
}

/**
 * Writes the addresses of `count` windows from the window `first` on, the last one again up to a multiple of four.
 *
 * @param x the images, from the first channel in question on.
 * @param top row of the window to begin with, and `height` rows from there.
 * @param channels how many are copied where the windows are not direct.
 * @param copy where to.
 */
export function locateWindows(
  w: Windows,
  x: usize,
  first: i32,
  count: i32,
  top: i32,
  height: i32,
  channels: i32,
  addresses: usize,
  copy: usize,
): void {
  const gridSize = w.gridHeight * w.gridWidth;
  const imageBytes = <usize>w.imageHeight * w.imageWidth * w.pixelBytes;
  let image = first / gridSize;
  let row = (first - image * gridSize) / w.gridWidth;
  let column = first - image * gridSize - row * w.gridWidth;
  let address: usize = 0;
  while (count > 0) {
    const images = x + <usize>image * imageBytes;
    const here = min(count, gridSize - row * w.gridWidth - column);
    const begin = row * w.strideHeight + w.top + top;
    let rowBytes: usize, columnBytes: usize, start: usize;
    if (w.direct) {
      rowBytes = <usize>w.imageWidth * w.pixelBytes;
      columnBytes = w.pixelBytes;
      start = images + <usize>begin * rowBytes + <usize>w.left * columnBytes;
    } else {
      const rows = ((column + here - 1) / w.gridWidth) * w.strideHeight + height;
      columnBytes = (<usize>channels) << 2;
      rowBytes = <usize>copiedWidth(w) * columnBytes;
      start = copy;
      for (let i = 0; i < rows; i++) {
        copyRow(w, images, begin + i, channels, copy);
        copy += rowBytes;
      }
    }
    rowBytes *= w.strideHeight;
    columnBytes *= w.strideWidth;
    for (let i = 0; i < here; i++) {
      address = start + <usize>column * columnBytes;
      store<usize>(addresses, address);
      addresses += 4;
      if (++column == w.gridWidth) {
        column = 0;
        start += rowBytes;
      }
    }
    count -= here;
    image++;
    row = 0;
    column = 0;
  }
  for (let i = 0; i < 3; i++) store<usize>(addresses + ((<usize>i) << 2), address);
}

/** Bytes between rows of a window. */
export function windowRowBytes(w: Windows, channels: i32): usize {
  return w.direct ? <usize>w.imageWidth * w.pixelBytes : (<usize>(copiedWidth(w) * channels)) << 2;
}

function copiedWidth(w: Windows): i32 {
  return (w.gridWidth - 1) * w.strideWidth + w.width;
}

/** The columns of row `row` of an image that windows touch, zeros outside of the image. */
function copyRow(w: Windows, image: usize, row: i32, channels: i32, to: usize): void {
  const width = copiedWidth(w);
  const bytes = (<usize>channels) << 2;
  const before = min(width, max(0, -w.left));
  const from = max(0, w.left);
  const inside = <u32>row < <u32>w.imageHeight ? max(0, min(w.imageWidth - from, width - before)) : 0;
  if (inside < width) memory.fill(to, 0, <usize>width * bytes);
  to += <usize>before * bytes;
  let source = image + <usize>(row * w.imageWidth + from) * w.pixelBytes;
  const contiguous = bytes == w.pixelBytes;
  const end = to + <usize>inside * bytes;
  const step = contiguous ? end - to : bytes;
  while (to < end) {
    memory.copy(to, source, step);
    source += w.pixelBytes;
    to += step;
  }
}

/**
 * Windows as the left operand [count / 4][height x run][4].
 *
 * Where `run` is no multiple of 4, up to three numbers beyond a row of a window are read, and up to 48 bytes beyond the
 * result are written.
 *
 * @param run numbers of a row of a window.
 */
export function packWindows(
  addresses: usize,
  count: i32,
  height: i32,
  rowBytes: usize,
  run: i32,
  to: usize,
): void {
  const runBytes = (<usize>run) << 2;
  for (let i = 0; i < count; i += 4) {
    let p0 = load<usize>(addresses),
      p1 = load<usize>(addresses, 4),
      p2 = load<usize>(addresses, 8),
      p3 = load<usize>(addresses, 12);
    for (let row = 0; row < height; row++) {
      let target = to;
      for (let at: usize = 0; at < runBytes; at += 16) {
        transpose(p0 + at, p1 + at, p2 + at, p3 + at, target, 16);
        target += 64;
      }
      to += runBytes << 2;
      p0 += rowBytes;
      p1 += rowBytes;
      p2 += rowBytes;
      p3 += rowBytes;
    }
    addresses += 16;
  }
}

/**
 * The transpose of windows as the left operand [run / 4][count][4]: of every window `run` numbers from `offset` bytes on.
 * Up to three numbers beyond the run are read; they fill the last panel.
 */
export function packWindowsTransposed(addresses: usize, count: i32, offset: usize, run: i32, to: usize): void {
  const panelBytes = (<usize>count) << 4;
  const end = addresses + ((<usize>count) << 2);
  // Sixteen numbers are a cache line of a window.
  for (; run > 12; run -= 16) {
    for (let at = addresses; at < end; at += 4) {
      const from = load<usize>(at) + offset;
      v128.store(to, v128.load(from));
      v128.store(to + panelBytes, v128.load(from, 16));
      v128.store(to + 2 * panelBytes, v128.load(from, 32));
      v128.store(to + 3 * panelBytes, v128.load(from, 48));
      to += 16;
    }
    to += 3 * panelBytes;
    offset += 64;
  }
  for (; run > 0; run -= 4) {
    for (let at = addresses; at < end; at += 4) {
      v128.store(to, v128.load(load<usize>(at) + offset));
      to += 16;
    }
    offset += 16;
  }
}
