import type { DatasetReport } from '@selfcure/data/node';
import { splitsInOrder } from '@selfcure/report';
import { table } from '../output/format.ts';

/** What an inspection found, as text for a person. */
export function reportText(report: DatasetReport): string {
  const { counts, classes, sizes, formats, dropped, duplicates, nearDuplicates, conflicts, unreadable } = report;
  const splits = splitsInOrder(Object.keys(counts.found));
  const rows = classes.map((name) => [name, ...splits.map((split) => counts.found[split]!.perClass[name] ?? 0)]);
  const totals = ['all', ...splits.map((split) => counts.found[split]!.total)];
  const named = (values: Readonly<Record<string, number>>): string =>
    Object.entries(values)
      .map(([name, count]) => `${count} ${name}`)
      .join(', ');
  const lines = [
    table([counts.unit === 'sequences' ? 'class (sequences)' : 'class', ...splits], [...rows, totals]),
    counts.published === null
      ? 'No counts of it are published.\n'
      : counts.complete
        ? `As published (${counts.published.source}).\n`
        : `Not as published (${counts.published.source}):\n${counts.differences.map((line) => `  ${line}\n`).join('')}`,
    counts.subjects > 0 ? `${counts.subjects} subjects.\n` : '',
    `Sizes: ${sizes
      .slice(0, 5)
      .map(({ width, height, channels, count }) => `${count} of ${width} x ${height} x ${channels}`)
      .join(', ')}${sizes.length > 5 ? `, and ${sizes.length - 5} more` : ''}. Formats: ${named(formats)}.\n`,
    Object.keys(dropped).length > 0 ? `Left out by the reader: ${named(dropped)}.\n` : '',
    `Identical: ${duplicates.images} pictures in ${duplicates.groups} groups, ${duplicates.acrossSplits} across splits. `,
    `Alike: ${nearDuplicates.images} in ${nearDuplicates.groups}, ${nearDuplicates.acrossSplits} across splits.\n`,
    `With different labels: ${conflicts.images} pictures in ${conflicts.groups} groups. Unreadable: ${unreadable.count}.\n`,
    ...unreadable.listed.slice(0, 5).map(({ problem }) => `  ${problem}\n`),
  ];
  return lines.join('');
}
