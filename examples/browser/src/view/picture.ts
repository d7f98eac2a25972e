/** Draws a square grey image into a canvas, pixel by pixel. */
export function drawGrey(canvas: HTMLCanvasElement, pixels: Uint8Array, size: number): void {
  canvas.width = size;
  canvas.height = size;
  const image = new ImageData(size, size);
  pixels.forEach((grey, i) => image.data.set([grey, grey, grey, 255], 4 * i));
  canvas.getContext('2d')?.putImageData(image, 0, 0);
}
