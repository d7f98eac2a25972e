import type { RunFacts, Snapshot } from '../protocol.ts';
import { createChart } from './chart.ts';
import { counted } from './format.ts';

/** The histogram of a run. */
export interface Histogram {
  update(snapshot: Snapshot): void;
  close(): void;
}

const bins = 25;

/**
 * What the network makes of the given labels, in 25 bins over [0, 1]: importance weights where the recipe has them, else the
 * averaged probability of the given label. Right and wrong labels apart where the truth is known, each as shares of its own.
 */
export function createHistogram(into: Element, { truth, recipe }: RunFacts): Histogram {
  const importance = recipe === 'scn';
  const groups = truth
    ? [
        { label: 'right labels', colour: 'green', has: (sample: number, given: number) => truth[sample] === given },
        { label: 'wrong labels', colour: 'red', has: (sample: number, given: number) => truth[sample] !== given },
      ]
    : [{ label: 'all labels', colour: 'blue', has: () => true }];
  const chart = createChart({
    title: importance ? 'Importance weights' : 'Trust in the given labels',
    across: importance ? 'importance weight' : 'averaged P(given label)',
    series: groups,
    bars: true,
    percent: true,
  });
  const centres = Array.from({ length: bins }, (_, bin) => (bin + 0.5) / bins);
  into.append(chart.element);
  return {
    close: () => chart.close(),
    update: ({ importance: weights, pGiven, passes, labels }) => {
      const values = (importance && weights) || pGiven;
      const counts = groups.map(() => new Array<number>(bins).fill(0));
      const sizes = groups.map(() => 0);
      values.forEach((value, sample) => {
        if (passes[sample] === 0) return;
        const group = groups.findIndex(({ has }) => has(sample, labels.given[sample]!));
        const bin = Math.min(bins - 1, Math.max(0, Math.floor(value * bins)));
        counts[group]![bin]!++;
        sizes[group]!++;
      });
      chart.update(
        centres,
        counts.map((group, i) => group.map((count) => (count === 0 ? null : count / sizes[i]!))),
        sizes.map((size) => counted(size, 'sample')),
      );
    },
  };
}
