/** Formats of picture files that are told apart by their first bytes. */
export type ImageFormat = 'jpeg' | 'png' | 'gif' | 'bmp' | 'webp' | 'tiff' | 'avif';

const starts = (bytes: Uint8Array, text: string, offset = 0): boolean =>
  bytes.length >= offset + text.length &&
  Array.from(text).every((letter, i) => bytes[offset + i] === letter.charCodeAt(0));

/** Format of a picture file by its first bytes, whatever its name says; undefined where none is known. */
export function imageFormat(bytes: Uint8Array): ImageFormat | undefined {
  if (starts(bytes, '\xff\xd8\xff')) return 'jpeg';
  if (starts(bytes, '\x89PNG\r\n\x1a\n')) return 'png';
  if (starts(bytes, 'GIF87a') || starts(bytes, 'GIF89a')) return 'gif';
  if (starts(bytes, 'RIFF') && starts(bytes, 'WEBP', 8)) return 'webp';
  if (starts(bytes, 'II*\0') || starts(bytes, 'MM\0*')) return 'tiff';
  if (starts(bytes, 'ftypavif', 4)) return 'avif';
  if (starts(bytes, 'BM')) return 'bmp';
  return undefined;
}

const extensions: ReadonlySet<string> = /* @__PURE__ */ new Set(
  'jpg jpeg png gif bmp webp tif tiff avif pgm ppm'.split(' '),
);

/** Whether a file name ends like a picture's, in any capitals; hidden files (`._x.jpg`) are none. */
export function isImageName(name: string): boolean {
  if (name.startsWith('.')) return false;
  const dot = name.lastIndexOf('.');
  return dot > 0 && extensions.has(name.slice(dot + 1).toLowerCase());
}
