import { rootOf, sizeOf } from '@selfcure/tensor';
import type { MemoryPlan, Node } from '@selfcure/tensor';
import { keyOf } from './access.ts';
import type { Touched } from './access.ts';
import type { Halves } from './halves.ts';
import type { Place, Placing } from './place.ts';
import type { Step, TableKernel, ThreadKernel } from './step.ts';

/** A step of independent invocations. */
export type ThreadStep = Step & { readonly kernel: ThreadKernel };

/** Small steps that one workgroup runs one after the other; `barriers[k]` says whether step `k` waits for those before it. */
export interface Stage {
  readonly steps: readonly ThreadStep[];
  readonly barriers: readonly boolean[];
}

/** What one dispatch runs. */
export type Work = Step | Stage;

export const isStage = (work: Work): work is Stage => 'steps' in work;

/** Bounds of what one workgroup runs: invocations of a step, their turns altogether, steps. */
const maxThreads = 2048;
const maxTrips = 2 ** 15;
const maxSteps = 24;
/** Elements of values that may stay in memory for a step that is put off. */
const maxWaiting = 2 ** 13;

/**
 * Puts small steps off until something needs them, so that they meet and can be merged. Their order among themselves stays.
 */
export function postponeSmall(steps: readonly Step[]): readonly Step[] {
  const order: Step[] = [];
  let waiting: Step[] = [];
  for (const step of steps) {
    if (isSmall(step) && step.touched.every(({ root }) => sizeOf(root.shape) <= maxWaiting)) {
      waiting.push(step);
      continue;
    }
    if (waiting.some((earlier) => depends(step, earlier))) {
      order.push(...waiting);
      waiting = [];
    }
    order.push(step);
  }
  return [...order, ...waiting];
}

/** Whether two steps must stay in their order: one writes what the other touches. */
function depends(a: Step, b: Step): boolean {
  const [inA, inB] = [touchesOf(a), touchesOf(b)];
  return [...inA].some(([key, written]) => inB.has(key) && (written || inB.get(key)!));
}

/** What a step touches, and whether it writes it. */
function touchesOf({ kernel, touched, reads }: Step): ReadonlyMap<Node | string, boolean> {
  const touches = new Map<Node | string, boolean>(reads.map((root) => [keyOf(rootOf(root)), false]));
  for (const { root, written } of touched) touches.set(keyOf(root), written);
  if (kernel.kind === 'table') for (const name of kernel.rows.flatMap(({ states }) => states)) touches.set(name, true);
  return touches;
}

/** Joins tables of one key that follow each other, where none changes a state that another one names. */
export function joinTables(steps: readonly Step[]): readonly Step[] {
  const joined: Step[] = [];
  for (const next of steps) {
    const last = joined.at(-1);
    const table = last && joinedTable(last, next);
    if (table) joined[joined.length - 1] = table;
    else joined.push(next);
  }
  return joined;
}

function joinedTable(last: Step, next: Step): Step | null {
  const [a, b] = [last.kernel, next.kernel];
  if (a.kind !== 'table' || b.kind !== 'table' || a.key !== b.key) return null;
  const written = (table: TableKernel): string[] => table.rows.flatMap(({ states }) => states);
  const named = (step: Step): string[] => step.reads.map(keyOf).filter((key) => typeof key === 'string');
  if (written(a).some((name) => named(next).includes(name))) return null;
  if (written(b).some((name) => named(last).includes(name))) return null;
  return { ...last, kernel: { ...a, rows: [...a.rows, ...b.rows] }, reads: [...last.reads, ...next.reads] };
}

/** What stages may bind. */
export interface StageLimits {
  /** The longest range of the arena. */
  readonly maxBytes: number;
  /** Whether states lie near enough to each other. */
  readonly states: boolean;
  /** Values that a stage, which sees floats, cannot read. */
  readonly halves: Halves;
}

/** Joins small steps that follow each other to stages, so that a chain of them is one dispatch. */
export function mergeSteps(
  steps: readonly Step[],
  memory: MemoryPlan,
  placing: Placing,
  { maxBytes, states, halves }: StageLimits,
): Work[] {
  const works: Work[] = [];
  let open: ThreadStep[] = [];
  const close = (): void => {
    if (open.length === 1) works.push(open[0]!);
    else if (open.length) works.push({ steps: open, barriers: barriersOf(open, placing) });
    open = [];
  };
  for (const step of steps) {
    const far = ({ root }: Touched): boolean => halves.has(root) || (!states && root.op === 'state');
    if (!isSmall(step) || step.touched.some(far)) {
      close();
      works.push(step);
      continue;
    }
    if (open.length === maxSteps || arenaBytes([...open, step], memory) > maxBytes) close();
    open.push(step);
  }
  close();
  return works;
}

function isSmall(step: Step): step is ThreadStep {
  const { kernel, touched } = step;
  if (kernel.kind !== 'threads' || kernel.threads > maxThreads || kernel.threads * kernel.trips > maxTrips)
    return false;
  // A stage sees memory as floats, one by one.
  return touched.every(({ root, vector }) => !vector && root.dtype === 'f32');
}

/** Length of the range of the arena that holds what steps touch. */
function arenaBytes(steps: readonly Step[], { offset }: MemoryPlan): number {
  let [from, to] = [Infinity, 0];
  for (const { root } of steps.flatMap(({ touched }) => touched)) {
    const start = offset.get(root);
    if (start === undefined) continue;
    from = Math.min(from, start);
    to = Math.max(to, start + 4 * sizeOf(root.shape));
  }
  return Math.max(0, to - from);
}

/** A step waits where its memory meets what earlier ones wrote, or where it overwrites what they read. */
function barriersOf(steps: readonly ThreadStep[], placing: Placing): boolean[] {
  let since: { readonly place: Place; readonly written: boolean }[] = [];
  return steps.map(({ touched }) => {
    const own = touched.map(({ root, written }) => ({ place: placing(root), written }));
    const waits = own.some((one) =>
      since.some((other) => (one.written || other.written) && overlaps(one.place, other.place)),
    );
    since = waits ? own : [...since, ...own];
    return waits;
  });
}

const overlaps = (a: Place, b: Place): boolean =>
  a.buffer === b.buffer && a.name === b.name && a.from < b.from + b.bytes && b.from < a.from + a.bytes;
