import { plan, rootOf, workspace } from '@selfcure/tensor';
import type { Node } from '@selfcure/tensor';
import { rangeEntry, record } from '../bind.ts';
import type { Dispatch } from '../bind.ts';
import type { Pipelines } from '../device/pipelines.ts';
import type { Watch } from '../device/watch.ts';
import { storageBuffer } from '../memory/arena.ts';
import { alignment, placingOf } from '../plan/place.ts';
import { stepSource } from '../plan/source.ts';
import type { Step } from '../plan/step.ts';
import { createStopwatch } from './stopwatch.ts';

/**
 * Milliseconds that a node takes by a variant, on memory of its own; Infinity where that does not fit. Stops early where it takes
 * several times as long as the `best` so far.
 */
export type Measure = (node: Node, variant: string, best: number) => Promise<number>;

/** A measurement lasts about so many milliseconds, and is repeated where it took less than `patience`. */
const target = 5;
const patience = 50;
const rounds = 3;
const mostRepeats = 64;
/** How much slower than the best a variant is given up after one run; the first run is often slow. */
const hopeless = 4;

/** Measures on a device. `build` makes the steps of a node by a variant. */
export function createMeasure(options: {
  readonly watch: Watch;
  readonly pipelines: Pipelines;
  readonly maxBufferBytes: number;
  build(node: Node, variant: string): readonly Step[];
}): Measure {
  const { watch, pipelines, maxBufferBytes, build } = options;
  const { device } = watch;
  return async (node, variant, best) => {
    // Operands of zeros do: no kernel here branches on values.
    const copy: Node = { ...node, inputs: node.inputs.map(({ shape }) => workspace(shape)) };
    const steps = build(copy, variant);
    const lifetimes = steps.map(({ writes, reads }) => ({ writes, reads: reads.map((value) => rootOf(value)) }));
    const outputs = [...copy.inputs, copy];
    const memory = plan([{ writes: copy.inputs, reads: [] }, ...lifetimes], { outputs, alignment });
    if (memory.arenaBytes > maxBufferBytes) return Infinity;
    const placing = placingOf(memory, { offset: new Map(), bytes: 0 });
    const { op: operation, layer } = node;
    const sources = steps.map((step) => stepSource(step, placing));
    const ready = await pipelines.get(
      sources.map(({ text, bindings }) => ({ text, bindings: bindings.length, operation, layer })),
    );
    const deed = { what: `measuring ${operation} (layer '${layer || 'top'}')`, operation, layer, harmless: true };
    const { value: made, accepted } = watch.issue(deed, () => ({
      scratch: storageBuffer(device, 'scratch', memory.arenaBytes),
      stopwatch: createStopwatch(device),
    }));
    const { scratch, stopwatch } = made;
    try {
      await accepted;
      const bound = watch.issue(deed, () =>
        sources.map((source, k): Dispatch => {
          const entries = source.bindings.map((binding, index) => {
            if (binding.kind !== 'range') throw new Error(`'${operation}' does not bind its values one by one`);
            return rangeEntry(index, scratch, binding.place.from, binding.place.bytes);
          });
          const group = device.createBindGroup({ layout: pipelines.layout(entries.length), entries });
          const [x, y] = source.groups;
          return { ready: { source, pipeline: ready[k]!, operation, layer }, group, x, y };
        }),
      );
      await bound.accepted;
      const time = async (repeats: number): Promise<number> => {
        const dispatches = Array.from({ length: repeats }, () => bound.value).flat();
        const run = watch.issue(deed, () =>
          stopwatch.time((encoder, timestamps) => record(encoder, dispatches, timestamps)),
        );
        const [milliseconds, taken] = await Promise.allSettled([run.value, run.accepted]);
        if (taken.status === 'rejected') throw taken.reason;
        if (milliseconds.status === 'rejected') throw await watch.explain(deed, milliseconds.reason);
        return milliseconds.value / repeats;
      };
      const first = await time(1);
      if (first > hopeless * best) return first;
      const repeats = Math.max(1, Math.min(mostRepeats, Math.floor(target / first)));
      let least = Infinity;
      for (let round = 0; round < (first < patience ? rounds : 1); round++)
        least = Math.min(least, await time(repeats));
      return least;
    } finally {
      stopwatch.close();
      scratch.destroy();
    }
  };
}
