import { differences } from '../chart/differences.ts';
import type { NamedDifference } from '../chart/differences.ts';
import { html } from '../html.ts';
import type { Html } from '../html.ts';
import type { ExperimentTable } from './experiment-table.ts';

/** Rows of a chart that a reader can still compare. */
const MOST = 20;

/** Rows of a control that do not need a chart of their own. */
const FEW = 2;

/** The paired differences of a table's first compared figure, one chart for every control, or one for all where each has few rows; nothing where a chart would hold too many. */
function experimentDifferences({ title, labelNames, metrics, control, rows }: ExperimentTable): readonly Html[] {
  const metric = metrics.find(({ paired }) => paired);
  if (!metric) return [];
  const shared = labelNames.filter((name) => !(name in control));
  const within = labelNames.filter((name) => name in control);
  const groups = new Map<string, (NamedDifference & { readonly group: string })[]>();
  for (const { labels, cells } of rows) {
    const difference = cells[metric.key]?.difference;
    if (!difference) continue;
    const group = named(labels, shared);
    const row = { group, label: named(labels, within), ...difference };
    groups.set(group, [...(groups.get(group) ?? []), row]);
  }
  const chart = (members: readonly NamedDifference[], name: string): Html =>
    differences(members, {
      title: name === '' ? title : `${title}: ${name}`,
      across: `${metric.label}, difference to ${named(control, within) || 'none'}${metric.percent ? ', points' : ''}`,
      percent: metric.percent ?? false,
    });
  const all = [...groups.values()];
  const together = all.flat().map(({ group, label, ...rest }) => ({
    ...rest,
    label: [group, label].filter(Boolean).join(': '),
  }));
  if (all.every((members) => members.length <= FEW))
    return together.length > 0 && together.length <= MOST ? [chart(together, '')] : [];
  return [...groups].flatMap(([group, members]) => (members.length <= MOST ? [chart(members, group)] : []));
}

/** Labels in words, as in the sentences of `@selfcure/experiments`. */
const named = (labels: Readonly<Record<string, string>>, names: readonly string[]): string =>
  names
    .map((name) => describe(name, labels[name]))
    .filter(Boolean)
    .join(', ');

function describe(name: string, value = ''): string {
  if (value === '' || value === '-') return '';
  if (value === 'x') return name;
  return name === 'recipe' ? value : `${name} ${value}`;
}

/** The section of all differences; nothing where there are none. */
export function differencesSection(tables: readonly ExperimentTable[]): Html {
  const charts = tables.flatMap((table) => experimentDifferences(table));
  if (charts.length === 0) return html``;
  return html`<section>
    <h2>Paired differences</h2>
    <p class="note">
      Taken within a seed, with their 95 % interval (Student's t over the seeds). Filled triangles: the interval
      excludes 0, upwards for better, downwards for worse. Open circles: no difference beyond the seeds. Each interval
      stands for one comparison; of twenty comparisons without any difference, one is expected to look like one.
    </p>
    <div class="plots">${charts}</div>
  </section>`;
}
