/** Pixels of one picture: row-major, channels last, 0 to 255; what decoders of `@selfcure/data` give. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  /** 1 (gray) or 3 (red, green, blue). */
  readonly channels: 1 | 3;
  readonly data: Uint8Array;
}

/**
 * Where a pixel of a new picture lies in the old one: x' = scaleX x - turn y + left and y' = turn x + scaleY y + top, in pixels
 * whose corners are whole numbers.
 */
export interface Placement {
  readonly scaleX: number;
  readonly scaleY: number;
  readonly turn: number;
  readonly left: number;
  readonly top: number;
}

/**
 * Cuts a turned and scaled rectangle out of a picture. Where it shrinks, several points of every new pixel are averaged;
 * between pixels values are interpolated linearly.
 *
 * @param outside what lies beyond the picture: black, or its border continued.
 * @returns width x height pixels with three channels.
 */
export function cutOut(
  picture: Picture,
  { scaleX, scaleY, turn, left, top }: Placement,
  { width, height, outside = 'border' }: { width: number; height: number; outside?: 'black' | 'border' },
): Picture & { readonly channels: 3 } {
  const data = new Uint8Array(width * height * 3);
  const { channels } = picture;
  const shrink = Math.max(Math.sqrt(scaleX * scaleX + turn * turn), Math.sqrt(scaleY * scaleY + turn * turn));
  const points = Math.min(16, Math.max(1, Math.ceil(shrink)));
  const sums = new Float64Array(3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      sums.fill(0);
      for (let j = 0; j < points; j++) {
        for (let i = 0; i < points; i++) {
          const [u, v] = [x + (i + 0.5) / points, y + (j + 0.5) / points];
          addPoint(picture, scaleX * u - turn * v + left - 0.5, turn * u + scaleY * v + top - 0.5, outside, sums);
        }
      }
      const at = (y * width + x) * 3;
      for (let c = 0; c < 3; c++) data[at + c] = Math.round(sums[channels === 3 ? c : 0]! / (points * points));
    }
  }
  return { width, height, channels: 3, data };
}

/** Adds the interpolated value at a point; whole numbers are centres of pixels. */
function addPoint(
  { width, height, channels, data }: Picture,
  x: number,
  y: number,
  outside: 'black' | 'border',
  sums: Float64Array,
): void {
  if (outside === 'black' && (x < -0.5 || y < -0.5 || x > width - 0.5 || y > height - 0.5)) return;
  const [px, py] = [Math.min(width - 1, Math.max(0, x)), Math.min(height - 1, Math.max(0, y))];
  const [x0, y0] = [Math.floor(px), Math.floor(py)];
  const [x1, y1] = [Math.min(width - 1, x0 + 1), Math.min(height - 1, y0 + 1)];
  const [h, v] = [px - x0, py - y0];
  const [a, b] = [(y0 * width + x0) * channels, (y0 * width + x1) * channels];
  const [c, d] = [(y1 * width + x0) * channels, (y1 * width + x1) * channels];
  for (let k = 0; k < channels; k++) {
    const above = data[a + k]! * (1 - h) + data[b + k]! * h;
    const below = data[c + k]! * (1 - h) + data[d + k]! * h;
    sums[k]! += above * (1 - v) + below * v;
  }
}
