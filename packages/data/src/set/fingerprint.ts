import { sha256 } from './sha-256.ts';

const encoder = /* @__PURE__ */ new TextEncoder();

/** Int32 values as little-endian bytes, whatever the machine. */
function bytesOf(values: ArrayLike<number>): Uint8Array {
  const bytes = new Uint8Array(4 * values.length);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < values.length; i++) view.setInt32(4 * i, values[i]!, true);
  return bytes;
}

/** What a fingerprint is made of, in order. */
export interface FingerprintParts {
  /** Names the kind of content, so that equal bytes of different kinds differ. */
  readonly kind: string;
  /** Plain data, hashed as JSON. */
  readonly facts?: unknown;
  /** Whole numbers (labels, ids), hashed as little-endian 32-bit words. */
  readonly numbers?: readonly ArrayLike<number>[];
  /** Pixels. */
  readonly images?: Iterable<Uint8Array>;
}

/**
 * Fingerprint of some content: `sha256:` and the SHA-256 of its parts, each but the pixels preceded by its length.
 *
 * - An array or file data set hashes its shape, classes, given labels and pixels.
 * - Procedural faces hash the generator's version, the seed and every knob, from which labels and pixels follow.
 * - A data set derived from another (noise, subset) hashes the other's fingerprint with the new labels or sample ids;
 *   nothing rereads the pixels.
 */
export function fingerprint({ kind, facts, numbers = [], images }: FingerprintParts): string {
  const hash = sha256();
  const part = (bytes: Uint8Array): void => {
    hash.update(encoder.encode(`${bytes.length}:`)).update(bytes);
  };
  part(encoder.encode(kind));
  part(encoder.encode(JSON.stringify(facts ?? null)));
  for (const values of numbers) part(bytesOf(values));
  // Shape and labels say how long the pixels are; one array and many arrays of the same pixels hash alike.
  for (const image of images ?? []) hash.update(image);
  return `sha256:${hash.hex()}`;
}
