import { availableParallelism, freemem, totalmem } from 'node:os';
import { openBackend } from '../engine/adapters.ts';
import type { Adapter } from '../engine/adapters.ts';
import { EngineError } from '../errors.ts';
import { packageVersion } from '../version.ts';
import { LOSS_TOLERANCE, lossDifference, selfTestLosses } from './self-test.ts';
import { hasWasmSimd } from './wasm-simd.ts';

/** One thing that was looked at. */
export interface Finding {
  readonly subject: string;
  readonly state: 'ok' | 'missing' | 'wrong';
  readonly detail: string;
  /** Whether the command fails where the state is not `ok`. */
  readonly needed: boolean;
}

/** Looks at the machine and at every engine. */
export async function examine(adapters: readonly Adapter[], needed: readonly string[]): Promise<Finding[]> {
  return [...machine(needed), ...(await engines(adapters, needed))];
}

function machine(needed: readonly string[]): Finding[] {
  const [major, minor] = process.versions.node.split('.').map(Number) as [number, number];
  const current = major > 20 || (major === 20 && minor >= 19);
  const gibibytes = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(1)} GiB`;
  const ok = (subject: string, detail: string): Finding => ({ subject, state: 'ok', detail, needed: false });
  return [
    ok('selfcure', packageVersion()),
    {
      subject: 'Node.js',
      state: current ? 'ok' : 'wrong',
      detail: current
        ? process.versions.node
        : `${process.versions.node}; 20.19 or later is needed. Get it from nodejs.org`,
      needed: true,
    },
    ok('platform', `${process.platform} ${process.arch}`),
    ok('cores', String(availableParallelism())),
    ok('memory', `${gibibytes(totalmem())}, ${gibibytes(freemem())} free`),
    {
      subject: 'WebAssembly SIMD',
      state: hasWasmSimd() ? 'ok' : 'missing',
      detail: hasWasmSimd() ? 'yes' : 'this runtime has none, so the wasm engine cannot start. Use Node 20.19 or later',
      needed: needed.includes('wasm'),
    },
  ];
}

async function engines(adapters: readonly Adapter[], needed: readonly string[]): Promise<Finding[]> {
  const losses = new Map<string, { losses: number[]; milliseconds: number }>();
  const faults = new Map<string, { state: Finding['state']; detail: string }>();
  for (const adapter of adapters) {
    try {
      const backend = await openBackend(adapter.name, {}, adapters);
      try {
        const start = performance.now();
        losses.set(adapter.name, { losses: await selfTestLosses(backend), milliseconds: performance.now() - start });
      } finally {
        await backend.close();
      }
    } catch (error) {
      faults.set(adapter.name, {
        state: error instanceof EngineError && error.missing !== null ? 'missing' : 'wrong',
        detail: error instanceof Error ? error.message : String(error),
      });
    }
  }
  const oracle = losses.get('reference')?.losses;
  return adapters.map((adapter): Finding => {
    const about = { subject: `engine ${adapter.name}`, needed: needed.includes(adapter.name) };
    const fault = faults.get(adapter.name);
    if (fault !== undefined) return { ...about, ...fault };
    const found = losses.get(adapter.name)!;
    const took = `3 steps in ${found.milliseconds.toFixed(0)} ms`;
    if (adapter.name === 'reference') return { ...about, state: 'ok', detail: `${adapter.description}; ${took}` };
    if (!oracle)
      return {
        ...about,
        state: 'wrong',
        detail: `${took}, not compared: the oracle is missing. Run: npm install @selfcure/reference`,
      };
    const difference = lossDifference(found.losses, oracle);
    const right = difference <= LOSS_TOLERANCE;
    return {
      ...about,
      state: right ? 'ok' : 'wrong',
      detail: right
        ? `${adapter.description}; ${took}, losses within ${difference.toExponential(0)} of the oracle's`
        : `its losses differ from the oracle's by ${difference.toExponential(1)}, more than ${LOSS_TOLERANCE}. Install matching versions of ${adapter.packageName} and selfcure`,
    };
  });
}
