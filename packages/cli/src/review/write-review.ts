import { deflateSync } from 'node:zlib';
import { chooseByGain, chooseRandom } from '@selfcure/audit';
import { decodeSafetensors } from '@selfcure/core';
import { renderReview } from '@selfcure/report';
import type { Json } from '@selfcure/tensor';
import { auditFiles } from '../audit/names.ts';
import { loadData } from '../data/load-data.ts';
import type { DataSettings, RunData } from '../data/run-data.ts';
import { allTrusted } from '../data/trusted-file.ts';
import { CliError, RunFolderError } from '../errors.ts';
import type { FileStore } from '../run-folder/file-store.ts';

/** What is reviewed, and how it is chosen. */
export interface ReviewSettings {
  readonly count: number;
  readonly by: 'random' | 'gain';
  /** Whether given labels are shown. */
  readonly showLabels: boolean;
  readonly seed: number;
}

/**
 * Chooses samples and makes the page on which they are labelled. Samples that are verified already are not chosen.
 *
 * @param audit folder of the audit that says where a verified label mends most; null without one.
 * @throws RunFolderError where the audit is of other data.
 */
export async function reviewPage(
  data: DataSettings,
  { count, by, seed, showLabels }: ReviewSettings,
  audit: FileStore | null,
): Promise<{ html: string; samples: number }> {
  const loaded = await loadData(data);
  const { train, ids, trusted } = loaded;
  const verified = trusted && allTrusted(trusted);
  const free = train.size - (verified?.filter((label) => label >= 0).length ?? 0);
  if (count > free)
    throw new CliError(`--count: ${count} images are asked for, ${free} of ${train.name} are not verified yet`);
  const options = {
    given: train.labels,
    classes: train.classes.length,
    count,
    seed,
    ...(verified && { exclude: verified.map((label) => (label >= 0 ? 1 : 0)) }),
  };
  const chosen =
    by === 'random' ? chooseRandom(options) : chooseByGain({ ...options, posterior: await posteriorOf(audit, loaded) });
  return {
    samples: chosen.length,
    html: await renderReview({
      title: `Review of ${loaded.name}, ${by === 'random' ? 'at random' : 'by gain'}`,
      manifest: JSON.parse(JSON.stringify({ count, by, seed, showLabels, data })) as Json,
      data: train,
      samples: [...chosen],
      choice: by,
      ...(showLabels && { given: train.labels }),
      nameOf: (sample) => String(ids[sample]),
      deflate: (bytes) => deflateSync(bytes),
    }),
  };
}

/** Posterior of an audit, whose samples and given labels must be those of the data. */
async function posteriorOf(audit: FileStore | null, { train, ids }: RunData): Promise<Float32Array> {
  const bytes = await audit?.get(auditFiles.arrays);
  if (!audit || !bytes)
    throw new CliError(
      "--by gain needs to know what a network doubts: name the folder of an audit that 'selfcure audit' made, in place of DATA",
    );
  const { arrays } = decodeSafetensors(bytes);
  const same = (name: string, values: Int32Array): boolean =>
    arrays[name]?.data.length === values.length && values.every((value, i) => arrays[name]!.data[i] === value);
  if (!same('samples', ids) || !same('given', train.labels))
    throw new RunFolderError(
      `${audit.folder} is an audit of other samples or labels than DATA holds now. Run 'selfcure audit' again`,
    );
  return arrays['posterior']!.data as Float32Array;
}
