/** Pixels of one picture: row-major, channels last, 0 to 255. */
export interface DecodedImage {
  readonly width: number;
  readonly height: number;
  /** 1 (gray) or 3 (red, green, blue). */
  readonly channels: 1 | 3;
  /** width x height x channels bytes. */
  readonly data: Uint8Array;
}

/** Something that turns the bytes of a picture file into pixels. */
export interface ImageDecoder {
  /** Short name for reports, such as `'portable'`. */
  readonly name: string;
  /**
   * @param bytes the whole file.
   * @param source name for error messages, such as the file's path.
   * @throws DataError `bad-image`, `unsupported-image` or `too-large`.
   */
  decode(bytes: Uint8Array, source: string): DecodedImage | Promise<DecodedImage>;
}
