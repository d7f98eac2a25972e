import type { Dataset } from '@selfcure/core';

import { checkRange, checkWhole } from '../error/check.ts';
import { DataError } from '../error/data-error.ts';
import { imageFormat } from '../image/format.ts';
import type { ImageDecoder } from '../image/image.ts';
import { portableDecoder } from '../image/portable-decoder.ts';
import { sha256 } from '../set/sha-256.ts';
import type { CountReport } from '../table/counts.ts';
import { countReport } from '../table/counts.ts';
import type { Dropped, SampleTable } from '../table/sample-table.ts';
import type { ImagePrint, NearLimits } from './difference-hash.ts';
import { imagePrint, nearIndex } from './difference-hash.ts';

/** Options of {@link inspectDataset}. */
export interface InspectOptions {
  /** Default {@link portableDecoder}. */
  readonly decoder?: ImageDecoder;
  /** How alike near-duplicates are; false looks for byte-identical pictures alone. */
  readonly near?: NearLimits | false;
  /** Most groups and pictures that are listed of each kind; all are counted. Default 100. */
  readonly listed?: number;
  /** Called after every picture. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** One sample in a report. */
export interface SampleReference {
  /** Index into the table's samples. */
  readonly id: number;
  readonly place: string;
  /** Class name. */
  readonly label: string;
  readonly split: string;
}

/** Pictures that are the same, or nearly. */
export interface RepeatReport {
  readonly groups: number;
  /** Pictures in those groups. */
  readonly images: number;
  /** Groups with pictures of several splits: what is tested on was trained on. */
  readonly acrossSplits: number;
  readonly listed: readonly (readonly SampleReference[])[];
}

/** What a data set holds, as plain data. */
export interface DatasetReport {
  readonly reader: string;
  readonly source: string;
  readonly size: number;
  readonly classes: readonly string[];
  /** Counts by class and split, beside the published ones. */
  readonly counts: CountReport;
  /** What the reader left out, by reason. */
  readonly dropped: Dropped;
  /** Picture sizes, the most frequent first. */
  readonly sizes: readonly {
    readonly width: number;
    readonly height: number;
    readonly channels: number;
    readonly count: number;
  }[];
  /** Formats of the files, by their content; `pixels` where the set stores pixels. */
  readonly formats: Readonly<Record<string, number>>;
  /** Byte-identical pictures. */
  readonly duplicates: RepeatReport;
  /** Pictures that look alike and are not byte-identical. */
  readonly nearDuplicates: RepeatReport;
  /** Groups of identical or near-identical pictures with different labels. */
  readonly conflicts: {
    readonly groups: number;
    readonly images: number;
    readonly listed: readonly { readonly kind: 'identical' | 'near'; readonly samples: readonly SampleReference[] }[];
  };
  readonly unreadable: {
    readonly count: number;
    readonly listed: readonly { readonly sample: SampleReference; readonly problem: string }[];
  };
}

/**
 * Looks at every picture of a data set once: counts, sizes, formats, duplicates, contradicting labels, damaged files. A
 * damaged picture is reported and does not end it. Memory: about half a kilobyte a picture.
 *
 * @param source what a reader gives, or any data set.
 * @throws DataError where an option is out of range.
 * @example
 * const report = await inspectDataset(await readDataset(openFolder('./data')));
 * console.log(report.counts.differences, report.unreadable.count, report.conflicts.groups);
 */
export async function inspectDataset(
  source: SampleTable | Dataset,
  options: InspectOptions = {},
): Promise<DatasetReport> {
  const { decoder = portableDecoder(), near = {}, listed = 100, onProgress } = options;
  checkWhole('listed', listed, 0);
  if (near !== false) {
    checkWhole('near.bits', near.bits ?? 3, 0, 3);
    checkRange('near.levels', near.levels ?? 6, 0, 255);
  }
  const table = 'samples' in source && 'load' in source ? source : tableOf(source);
  const { samples, classes } = table;
  const reference = (id: number): SampleReference => {
    const { place, label, split } = samples[id]!;
    return { id, place, label: classes[label]!, split };
  };

  const sizes = new Map<string, { width: number; height: number; channels: number; count: number }>();
  const formats: Record<string, number> = {};
  const unreadable: { sample: SampleReference; problem: string }[] = [];
  let damaged = 0;
  const firstByHash = new Map<string, number>();
  const identical = new Map<number, number[]>();
  const alike = near === false ? undefined : nearIndex(near);
  const nearly = new Map<number, number[]>();
  const join = (groups: Map<number, number[]>, first: number, id: number): void => {
    const group = groups.get(first);
    if (group === undefined) groups.set(first, [first, id]);
    else group.push(id);
  };
  for (let id = 0; id < samples.length; id++) {
    try {
      const stored = await table.load(id);
      const bytes = stored.kind === 'file' ? stored.bytes : stored.image.data;
      const format = stored.kind === 'file' ? (imageFormat(bytes) ?? 'unknown') : 'pixels';
      formats[format] = (formats[format] ?? 0) + 1;
      const hash = sha256().update(bytes).hex();
      const first = firstByHash.get(hash);
      if (first !== undefined) join(identical, first, id);
      else firstByHash.set(hash, id);
      const image = stored.kind === 'pixels' ? stored.image : await decoder.decode(bytes, samples[id]!.place);
      const { width, height, channels } = image;
      const key = `${width} ${height} ${channels}`;
      const size = sizes.get(key);
      if (size === undefined) sizes.set(key, { width, height, channels, count: 1 });
      else size.count++;
      // Copies of one file look like what the first of them looks like.
      if (first === undefined && alike !== undefined) {
        const print: ImagePrint = imagePrint(image);
        const looksLike = alike.seen(id, print);
        if (looksLike !== undefined) join(nearly, looksLike, id);
      }
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
      damaged++;
      if (unreadable.length < listed) unreadable.push({ sample: reference(id), problem: error.message });
    }
    onProgress?.(id + 1, samples.length);
  }

  const repeats = (groups: Map<number, number[]>): RepeatReport => {
    const all = [...groups.values()];
    return {
      groups: all.length,
      images: all.reduce((sum, group) => sum + group.length, 0),
      acrossSplits: all.filter((group) => new Set(group.map((id) => samples[id]!.split)).size > 1).length,
      listed: all.slice(0, listed).map((group) => group.map(reference)),
    };
  };
  const contradicting = (
    kind: 'identical' | 'near',
    groups: Map<number, number[]>,
  ): { kind: 'identical' | 'near'; group: number[] }[] =>
    [...groups.values()].flatMap((group) =>
      new Set(group.map((id) => samples[id]!.label)).size > 1 ? [{ kind, group }] : [],
    );
  const conflicts = [...contradicting('identical', identical), ...contradicting('near', nearly)];
  return {
    reader: table.reader,
    source: table.source,
    size: samples.length,
    classes,
    counts: table.counts,
    dropped: table.dropped,
    sizes: [...sizes.values()].sort((a, b) => b.count - a.count || a.width - b.width || a.height - b.height),
    formats,
    duplicates: repeats(identical),
    nearDuplicates: repeats(nearly),
    conflicts: {
      groups: conflicts.length,
      images: conflicts.reduce((sum, { group }) => sum + group.length, 0),
      listed: conflicts.slice(0, listed).map(({ kind, group }) => ({ kind, samples: group.map(reference) })),
    },
    unreadable: { count: damaged, listed: unreadable },
  };
}

/** A data set in memory or drawn on demand, as a table whose pictures are pixels. */
function tableOf(data: Dataset): SampleTable {
  const [height, width, channels] = data.shape;
  if (channels !== 1 && channels !== 3) {
    throw new DataError({
      code: 'bad-option',
      source: data.name,
      problem: `its pictures have ${channels} channels`,
      remedy: 'Pass a data set of gray or colour pictures',
    });
  }
  const samples = Array.from(data.labels, (label, id) => ({ place: `${data.name} sample ${id}`, label, split: 'all' }));
  return {
    reader: 'dataset',
    source: data.name,
    classes: data.classes,
    samples,
    dropped: {},
    counts: countReport(samples, data.classes, 'images', null),
    async load(id) {
      return { kind: 'pixels', image: { width, height, channels, data: await data.read([id]) } };
    },
  };
}
