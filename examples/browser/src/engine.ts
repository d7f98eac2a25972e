import type { Backend } from '@selfcure/tensor';
import type { EngineReport } from './protocol.ts';
import { relaxedKernels, simdKernels, tfjsBinary } from './wasm-binaries.ts';

/** An engine that the page may train on. */
export interface Engine {
  /** Chooses it in the address of the page: `?engine=NAME`. */
  readonly name: string;
  readonly title: string;
  /** Runs that share this text give the same bits. */
  arithmetic(): string;
  /** Why it does not run here; null where it does. */
  refusal(): string | null | Promise<string | null>;
  /** Why it runs here; read after it was opened. */
  reason(): string;
  open(): Promise<Backend>;
}

/** An engine, opened, and how it was chosen. */
export interface ChosenEngine {
  readonly backend: Backend;
  readonly report: EngineReport;
}

/** More threads than this wait for each other on networks as small as those of this page. */
const mostThreads = 4;
const threads = (): number => Math.min(mostThreads, navigator.hardwareConcurrency);

const relaxed = (): boolean => WebAssembly.validate(relaxedKernels());
const wasmArithmetic = (): string => (relaxed() ? 'wasm, relaxed SIMD' : 'wasm, SIMD');

/** Engines in order of preference: the first that runs here is taken. */
export const engines: readonly Engine[] = [
  {
    name: 'wasm-threads',
    title: 'WebAssembly, several threads',
    arithmetic: wasmArithmetic,
    refusal: () => {
      if (!crossOriginIsolated)
        return 'the page is not cross-origin isolated (its server sends no COOP and COEP headers), so threads may not share memory';
      return threads() > 1 ? null : 'there is one core';
    },
    reason: () => `the page is cross-origin isolated; ${threads()} threads`,
    open: async () => {
      const [{ wasm }, binary] = await Promise.all([import('@selfcure/wasm'), tfjsBinary()]);
      const address = URL.createObjectURL(new Blob([binary], { type: 'application/wasm' }));
      try {
        return await wasm({
          threads: threads(),
          // Own kernels need tfjs's memory and one build of it; the names of the others are there for its types.
          wasmPath: {
            'tfjs-backend-wasm.wasm': address,
            'tfjs-backend-wasm-simd.wasm': address,
            'tfjs-backend-wasm-threaded-simd.wasm': address,
          },
        });
      } finally {
        URL.revokeObjectURL(address);
      }
    },
  },
  {
    name: 'wasm',
    title: 'WebAssembly, one thread',
    arithmetic: wasmArithmetic,
    refusal: async () =>
      relaxed() || WebAssembly.validate(await simdKernels()) ? null : 'this browser has no SIMD in WebAssembly',
    reason: () => 'it runs wherever WebAssembly has SIMD',
    open: async () => {
      const { wasm } = await import('@selfcure/wasm');
      return wasm({ module: await WebAssembly.compile(relaxed() ? relaxedKernels() : await simdKernels()) });
    },
  },
];

/**
 * Opens the first engine that runs here, or the wanted one.
 *
 * @throws Error where none does, with the reasons.
 */
export async function chooseEngine(wanted: string | null, table: readonly Engine[] = engines): Promise<ChosenEngine> {
  const considered: { title: string; reason: string }[] = [];
  for (const engine of table) {
    const { name, title } = engine;
    if (wanted !== null && wanted !== name) {
      considered.push({ title, reason: `not taken: the address of this page asks for '${wanted}'` });
      continue;
    }
    const refusal = await engine.refusal();
    if (refusal !== null) {
      considered.push({ title, reason: `not available: ${refusal}` });
      continue;
    }
    try {
      const backend = await engine.open();
      const reason = engine.reason();
      considered.push({ title, reason: `taken: ${reason}` });
      return { backend, report: { name, title, reason, arithmetic: engine.arithmetic(), considered } };
    } catch (error) {
      considered.push({ title, reason: `did not start: ${error instanceof Error ? error.message : String(error)}` });
    }
  }
  throw new Error(
    `no engine runs here. ${considered.map(({ title, reason }) => `${title}: ${reason}`).join('. ')}. ` +
      `Use a browser with WebAssembly SIMD (Chrome 91, Firefox 89, Safari 16.4 or later)`,
  );
}
