import { encodeSafetensors, evaluationStep, exportChanges } from '@selfcure/core';
import type { LedgerData, TrainedModel } from '@selfcure/core';
import type { FileKind, RunFacts } from './protocol.ts';

/** What a download is made from. */
export interface FileSource {
  readonly facts: RunFacts;
  readonly ledger: LedgerData;
  readonly model: TrainedModel;
}

const text = (content: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(content);

const writers: Readonly<Record<FileKind, (from: FileSource) => Uint8Array<ArrayBuffer>>> = {
  'labels.csv': ({ ledger, facts }) => text(labelsCsv(ledger, facts)),
  'changes.csv': ({ ledger, facts }) => text(exportChanges(ledger.log, 'csv', facts.classes)),
  'changes.jsonl': ({ ledger, facts }) => text(exportChanges(ledger.log, 'jsonl', facts.classes)),
  'model.safetensors': ({ model }) => modelFile(model),
};

/** The bytes of a download. */
export function fileOf(kind: FileKind, from: FileSource): Uint8Array<ArrayBuffer> {
  return writers[kind](from);
}

/** Every sample with its given and its cured label. */
function labelsCsv(
  { given, current, dropped, verified }: LedgerData,
  { classes, names }: Pick<RunFacts, 'classes' | 'names'>,
): string {
  const quote = (value: string): string => (/[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value);
  const lines = Array.from(given, (label, sample) =>
    [
      sample,
      quote(names?.[sample] ?? ''),
      quote(classes[label]!),
      quote(classes[current[sample]!]!),
      dropped[sample],
      verified[sample],
    ].join(','),
  );
  return `${['sample,file,given,current,dropped,verified', ...lines].join('\n')}\n`;
}

/** The model as the command line writes and reads it (`loadModel` of the package `selfcure`). */
function modelFile({ model, method, classes, normalization, weights }: TrainedModel): Uint8Array<ArrayBuffer> {
  const shapes = new Map(evaluationStep({ model, method, batchSize: 1 }).state.map(({ name, shape }) => [name, shape]));
  const arrays = Object.entries(weights).map(
    ([name, data]) => [name, { data, shape: shapes.get(name) ?? [data.length] }] as const,
  );
  return Uint8Array.from(
    encodeSafetensors(Object.fromEntries(arrays), {
      format: 'selfcure-model-1',
      model: JSON.stringify({ name: model.name, options: model.options }),
      method: JSON.stringify({ name: method.name, options: method.options }),
      classes: JSON.stringify(classes),
      normalization: JSON.stringify(normalization),
    }),
  );
}
