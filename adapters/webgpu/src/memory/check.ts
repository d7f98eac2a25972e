import { plan, sizeOf } from '@selfcure/tensor';
import type { Graph, MemoryPlan, Node, PlanOptions, StateSpec, Step as Lifetime } from '@selfcure/tensor';
import type { OpenDevice } from '../device/open-device.ts';
import { WebGpuMemoryError } from '../errors.ts';
import type { InputPlan } from '../plan/place.ts';
import { labelOf } from '../plan/step.ts';
import type { Step } from '../plan/step.ts';

type Limits = Pick<OpenDevice, 'maxBufferBytes' | 'maxBindingBytes'>;

/** A plan of memory, and what it was made of. */
export interface Planned {
  /** With the stand-ins of what is stored as halves. */
  readonly steps: readonly Pick<Step, 'node' | 'touched'>[];
  readonly inputs: InputPlan;
  readonly memory: MemoryPlan;
  readonly lifetimes: readonly Lifetime[];
  readonly kept: PlanOptions;
}

/** Something that needs memory in one piece. */
interface Demand {
  readonly what: string;
  readonly bytes: number;
  readonly limit: number;
  readonly name: string;
}

const readable = (bytes: number): string =>
  bytes < 2 ** 20 ? `${bytes} bytes` : `${(bytes / 2 ** 20).toFixed(1)} MiB`;

/**
 * Refuses a plan that the device could not hold, before anything is allocated.
 *
 * @throws WebGpuMemoryError with the batch that fits.
 */
export function checkPlan(graph: Graph, planned: Planned, limits: Limits): void {
  const excess = excessOf(planned, limits);
  if (!excess) return;
  const batch = Math.max(1, ...graph.inputs.filter(({ shape }) => shape.length === 4).map(({ shape }) => shape[0]!));
  let fits = Math.floor((batch * excess.limit) / excess.bytes);
  const fixed = new Set(graph.state.map(({ shape }) => shape.join()));
  while (fits >= 1 && excessOf(scaled(planned, { batch, to: fits, fixed }), limits)) fits--;
  throw new WebGpuMemoryError(
    `${excess.what} needs ${readable(excess.bytes)} in one piece, the device's ${excess.name} is ${readable(excess.limit)}. ` +
      (fits >= 1 && batch > 1
        ? `A batch of about ${fits} fits (now ${batch})`
        : 'Use smaller images or a narrower model'),
  );
}

/** What is too large by most; null where everything fits. */
function excessOf({ steps, memory, inputs }: Planned, { maxBufferBytes, maxBindingBytes }: Limits): Demand | null {
  const buffer = { limit: maxBufferBytes, name: 'maxBufferSize' };
  const binding = { limit: maxBindingBytes, name: 'maxStorageBufferBindingSize' };
  const demands: Demand[] = [
    { what: 'the step', bytes: memory.arenaBytes, ...buffer },
    { what: 'the inputs of the step', bytes: inputs.bytes, ...binding },
    ...steps.map((step) => ({
      what: labelOf(step),
      bytes: Math.max(0, ...step.touched.map(({ root }) => 4 * sizeOf(root.shape))),
      ...binding,
    })),
  ];
  const worst = demands.reduce((a, b) => (b.bytes / b.limit > a.bytes / a.limit ? b : a));
  return worst.bytes > worst.limit ? worst : null;
}

/**
 * The plan with another batch: values whose rows are those of the batch shrink.
 *
 * @param fixed shapes of states, which are those of their gradients too.
 */
function scaled(
  planned: Planned,
  { batch, to, fixed }: { readonly batch: number; readonly to: number; readonly fixed: ReadonlySet<string> },
): Planned {
  const replaced = new Map<Node, Node>();
  const resized = (node: Node): Node => {
    const [rows = 0, ...inner] = node.shape;
    if (rows % batch !== 0 || fixed.has(node.shape.join())) return node;
    if (!replaced.has(node)) replaced.set(node, { ...node, shape: [(rows / batch) * to, ...inner] });
    return replaced.get(node)!;
  };
  const lifetimes = planned.lifetimes.map(({ writes, reads }) => ({
    writes: writes.map(resized),
    reads: reads.map(resized),
  }));
  const kept = { ...planned.kept, outputs: (planned.kept.outputs ?? []).map(resized) };
  return {
    steps: planned.steps.map((step) => ({
      ...step,
      touched: step.touched.map((touched) => ({ ...touched, root: resized(touched.root) })),
    })),
    inputs: { ...planned.inputs, bytes: (planned.inputs.bytes / batch) * to },
    memory: plan(lifetimes, kept),
    lifetimes,
    kept,
  };
}

/**
 * Refuses a state that the device could not hold.
 *
 * @throws WebGpuMemoryError
 */
export function checkStateBytes(specs: readonly StateSpec[], bytes: number, { maxBufferBytes }: Limits): void {
  if (bytes <= maxBufferBytes) return;
  throw new WebGpuMemoryError(
    `${specs.length} states need ${readable(bytes)} in one buffer, the device's maxBufferSize is ${readable(maxBufferBytes)}. ` +
      'Use a narrower model',
  );
}
