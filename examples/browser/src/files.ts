import { encodeModel, exportChanges } from '@selfcure/core';
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
  // As the command line writes and reads it.
  'model.safetensors': ({ model }) => Uint8Array.from(encodeModel(model)),
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
