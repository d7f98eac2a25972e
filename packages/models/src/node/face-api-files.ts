import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createHash } from 'node:crypto';
import { PretrainedError } from '../pretrained/pretrained-error.ts';
import { decodeQuantizedWeights } from '../pretrained/quantized-weights.ts';
import type { NamedWeight } from '../pretrained/quantized-weights.ts';

const packageName = '@vladmandic/face-api';
/** The version whose files are known. */
const knownVersion = '1.7.15';

/** Where to look for the package. */
export interface FaceApiOptions {
  /** Folder from which the package is looked for, as a program in it would. Default: this package, then the current folder. */
  readonly from?: string;
}

/** Weights of one net of the package. */
export interface FaceApiWeights {
  readonly weights: Readonly<Record<string, NamedWeight>>;
  /** Package, version, net and a part of the SHA-256 of its file. */
  readonly version: string;
  /** File name for messages. */
  readonly source: string;
}

/**
 * Reads one net's weights from the files of @vladmandic/face-api in node_modules. Its library is not loaded.
 *
 * @param net `face_recognition_model` and the like.
 * @throws PretrainedError `missing-package`, `wrong-version`, `unreadable` or `bad-weights`.
 */
export async function readFaceApiWeights(net: string, { from }: FaceApiOptions = {}): Promise<FaceApiWeights> {
  const folder = await findPackage(from);
  const source = `${packageName}/model/${net}.bin`;
  const [list, bytes] = await Promise.all(
    [`${net}-weights_manifest.json`, `${net}.bin`].map(async (name) => {
      try {
        return await readFile(join(folder, 'model', name));
      } catch (cause) {
        throw new PretrainedError(
          'unreadable',
          `${packageName}/model/${name} cannot be read. Run npm install ${packageName}@${knownVersion} again`,
          cause,
        );
      }
    }),
  );
  let manifest: unknown;
  try {
    manifest = JSON.parse(list!.toString('utf8'));
  } catch (cause) {
    throw new PretrainedError(
      'bad-weights',
      `The list of weights of ${source} is no JSON. Install the package again`,
      cause,
    );
  }
  const weights = decodeQuantizedWeights(manifest, bytes!, source);
  const hash = createHash('sha256').update(bytes!).digest('hex').slice(0, 16);
  return { weights, version: `${packageName}@${knownVersion}/${net}/${hash}`, source };
}

/** Folder of the package. */
async function findPackage(from?: string): Promise<string> {
  const bases = from === undefined ? [import.meta.url, folderUrl('.')] : [folderUrl(from)];
  let failure: unknown;
  for (const base of bases) {
    try {
      const path = createRequire(base).resolve(`${packageName}/package.json`);
      const { version } = JSON.parse(await readFile(path, 'utf8')) as { version?: unknown };
      if (version !== knownVersion) {
        throw new PretrainedError(
          'wrong-version',
          `${packageName} is of version ${String(version)}; the files of ${knownVersion} are known. Run npm install ${packageName}@${knownVersion}`,
        );
      }
      return dirname(path);
    } catch (cause) {
      if (cause instanceof PretrainedError) throw cause;
      failure = cause;
    }
  }
  throw new PretrainedError(
    'missing-package',
    `${packageName} is not installed; the weights are in it. Run npm install ${packageName}@${knownVersion}`,
    failure,
  );
}

/** A file in the folder, which need not exist: the base of a search. */
const folderUrl = (folder: string): string => pathToFileURL(join(folder, 'noop.js')).href;
