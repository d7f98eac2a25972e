import { classProportionalSubset, holdOut, subset, symmetricNoise } from '@selfcure/data';
import { facesSource } from './faces-source.ts';
import { ferSource } from './fer-source.ts';
import { readLabelsFile } from './labels-file.ts';
import type { DataSettings, Reading, RunData, Source } from './run-data.ts';
import { allTrusted, readTrustedFile } from './trusted-file.ts';
import { isFerFolder, tableSource } from './table-source.ts';
import { withLabels } from './with-labels.ts';
import { withVerified } from './with-verified.ts';

/** What DATA names. */
export function openSource(settings: DataSettings, reading: Reading = {}): Promise<Source> {
  if (settings.data === 'faces') return Promise.resolve(facesSource(settings));
  return isFerFolder(settings.data) ? ferSource(settings) : tableSource(settings, reading);
}

/**
 * The data of a run. In this order: choose the samples (`--samples`), hold out (`--val-fraction`), replace given labels
 * (`--labels`), add noise to what is trained on, take labels for verified (`--trusted`). So neither a labels file nor noise changes which samples are chosen, and
 * noise never reaches validation or test.
 */
export async function loadData(settings: DataSettings, reading: Reading = {}): Promise<RunData> {
  const source = await openSource(settings, reading);
  const { samples, valFraction, dataSeed, noise, noiseSeed } = settings;
  let chosen = Int32Array.from({ length: source.train.size }, (_, k) => k);
  if (samples !== null && settings.data !== 'faces')
    chosen = classProportionalSubset(source.train, { samples, seed: dataSeed }).ids as typeof chosen;
  let heldOut: Int32Array | null = null;
  if (valFraction) {
    const parts = await holdOut(subset(source.train, chosen), { fraction: valFraction, seed: dataSeed });
    heldOut = parts.heldOut.ids.map((k) => chosen[k]!);
    chosen = parts.train.ids.map((k) => chosen[k]!);
  }
  const file =
    settings.labels &&
    (await readLabelsFile({
      file: settings.labels.path,
      ids: source.ids,
      labels: source.train.labels,
      classes: source.train.classes,
    }));
  const labelled = file ? withLabels(source.train, file.labels) : source.train;
  const clean = chosen.length === labelled.size ? labelled : subset(labelled, chosen);
  const noisy = noise > 0 ? symmetricNoise(clean, { rate: noise, seed: noiseSeed }) : clean;
  const trusted = settings.trusted && (await readTrustedFile(settings.trusted.path, source.ids, source.train.classes));
  const own = trusted && {
    random: chosen.map((k) => trusted.random[k]!),
    chosen: chosen.map((k) => trusted.chosen[k]!),
  };
  return {
    name: source.name,
    train: own ? withVerified(noisy, allTrusted(own)) : noisy,
    ids: chosen.map((k) => source.ids[k]!),
    validation: heldOut ? subset(labelled, heldOut) : source.validation,
    test: source.test,
    facts: source.facts,
    ...(source.close && { close: source.close }),
    relabelledByFile: file?.changed ?? null,
    trusted: own,
  };
}
