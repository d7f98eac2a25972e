import { basename } from 'node:path';
import { DataError, ferDatasetOf } from '@selfcure/data';
import type { FerDataset, FerOptions } from '@selfcure/data';
import type { DataSettings, Source } from './run-data.ts';

/**
 * FER2013 with or without FER+ votes: trains on `Training`, watches `PublicTest`, tests on `PrivateTest`. Of identical
 * images in the training split the first counts; images that an earlier split holds are left out of the later ones. Where
 * there are votes, the training labels are compared with their majority, and test labels are the majority's.
 */
export async function ferSource({ data: folder, trainLabels, testLabels }: DataSettings): Promise<Source> {
  const { readFerFiles } = await import('@selfcure/data/node');
  const table = await readFerFiles({ folder });
  const voted = table.votes !== undefined;
  const standard = voted ? 'majority' : 'fer2013';
  const held = (split: 'valid' | 'test'): FerDataset | null =>
    orNone(() => ferDatasetOf(table, { split, labels: testLabels ?? standard, twins: 'drop' }));
  const options: FerOptions = { split: 'train', labels: trainLabels ?? standard, repeats: 'first' };
  const train = ferDatasetOf(table, voted ? { ...options, truth: 'majority' } : options);
  const [validation, test] = [held('valid'), held('test')];
  return {
    name: basename(folder),
    train,
    ids: train.rows,
    validation,
    test,
    facts: {
      kind: voted ? 'FER2013 with FER+ votes' : 'FER2013',
      train: train.summary,
      validation: validation?.summary ?? null,
      test: test?.summary ?? null,
    },
  };
}

/** A split that the file does not hold is none; every other fault stands. */
function orNone(read: () => FerDataset): FerDataset | null {
  try {
    return read();
  } catch (error) {
    if (error instanceof DataError && error.code === 'no-samples') return null;
    throw error;
  }
}
