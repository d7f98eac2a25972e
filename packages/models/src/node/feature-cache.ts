import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { mkdir, open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import type { FeatureCache, FeatureKey, FeatureStore } from '../feature/feature-cache.ts';
import { fromHalfBits, halfBits } from '../feature/half.ts';
import { PretrainedError } from '../pretrained/pretrained-error.ts';

const magic = 'selfcure features 1\n';
/** Bytes of a SHA-256 and of a CRC-32. */
const [hashBytes, checkBytes] = [32, 4];

/**
 * A cache of features in a folder: one file a backbone, to which images are only ever added. A feature is a half-precision
 * number, 4 KiB an image of 2,048. Images are known by the SHA-256 of their pixels, so it does not matter which data set they
 * came from. What a killed process wrote in part is dropped at the next writing; several processes may share a folder.
 *
 * @throws PretrainedError `bad-cache` (when it is used) where a file is no cache, of another backbone, or damaged.
 * @example const features = await extractFeatures({ backend, backbone, data, cache: featureCache('./features') });
 */
export function featureCache(folder: string): FeatureCache {
  return {
    async open(key) {
      await mkdir(folder, { recursive: true });
      const name = createHash('sha256').update(`${key.version}\n${key.length}`).digest('hex').slice(0, 24);
      return openStore(join(folder, `${name}.features`), key);
    },
  };
}

async function openStore(path: string, key: FeatureKey): Promise<FeatureStore> {
  const fail = (what: string): never => {
    throw new PretrainedError('bad-cache', `The cache of features ${path} ${what}. Delete it; it will be made again`);
  };
  const file = await open(path, 'a+');
  try {
    const head = Buffer.from(`${magic}${JSON.stringify(key)}\n`);
    const { size } = await file.stat();
    if (size < head.length) {
      // A new file, or one whose very first write was cut off.
      const begun = await readAt(file, 0, size);
      if (!head.subarray(0, size).equals(begun)) fail('is of another backbone or no cache');
      await file.truncate(0);
      await file.appendFile(head);
    } else if (!(await readAt(file, 0, head.length)).equals(head)) {
      fail('is of another backbone or no cache');
    }
    return await records(file, head.length, key.length, fail);
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** Reads and appends records of one size: hash of the image, features, check sum. */
async function records(
  file: FileHandle,
  start: number,
  length: number,
  fail: (what: string) => never,
): Promise<FeatureStore> {
  const recordBytes = hashBytes + 2 * length + checkBytes;
  const places = new Map<string, number>();
  let known = 0;
  const wholeRecords = async (): Promise<number> => Math.floor(((await file.stat()).size - start) / recordBytes);
  /** Takes in what this process or another has written. */
  const index = async (): Promise<void> => {
    for (const count = await wholeRecords(); known < count; known++)
      places.set((await readAt(file, start + known * recordBytes, hashBytes)).toString('base64'), known);
  };
  await index();
  const hashOf = (image: Uint8Array): Buffer => createHash('sha256').update(image).digest();

  return {
    async find(images) {
      const found: (Float32Array | null)[] = [];
      for (const image of images) {
        const hash = hashOf(image);
        const place = places.get(hash.toString('base64'));
        if (place === undefined) {
          found.push(null);
          continue;
        }
        const record = await readAt(file, start + place * recordBytes, recordBytes);
        if (
          record.length < recordBytes ||
          !record.subarray(0, hashBytes).equals(hash) ||
          crc32(record.subarray(0, -checkBytes)) !== record.readUInt32LE(recordBytes - 4)
        )
          fail(`is damaged at byte ${start + place * recordBytes}`);
        found.push(Float32Array.from({ length }, (_, i) => fromHalfBits(record.readUInt16LE(hashBytes + 2 * i))));
      }
      return found;
    },
    async add(images, features) {
      const block = Buffer.alloc(images.length * recordBytes);
      const rounded = images.map((image, row) => {
        const record = block.subarray(row * recordBytes, (row + 1) * recordBytes);
        record.set(hashOf(image));
        const halves = Float32Array.from(features[row]!, (value, i) => {
          const bits = halfBits(value);
          record.writeUInt16LE(bits, hashBytes + 2 * i);
          return fromHalfBits(bits);
        });
        if (!halves.every(Number.isFinite)) fail('cannot hold a feature that is no number or above 65504');
        record.writeUInt32LE(crc32(record.subarray(0, -checkBytes)), recordBytes - checkBytes);
        return halves;
      });
      const end = start + (await wholeRecords()) * recordBytes;
      if ((await file.stat()).size > end) await file.truncate(end);
      // One write: records of two processes do not mix.
      const { bytesWritten } = await file.write(block);
      if (bytesWritten < block.length) fail(`took ${bytesWritten} of ${block.length} bytes: is the disk full?`);
      await index();
      return rounded;
    },
    close: () => file.close(),
  };
}

async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  const { bytesRead } = await file.read(buffer, 0, length, position);
  return buffer.subarray(0, bytesRead);
}
