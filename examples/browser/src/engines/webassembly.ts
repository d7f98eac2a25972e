import type { Backend } from '@selfcure/tensor';
import type { Engine, Finding } from './engine.ts';
import { relaxedKernels, simdKernels, tfjsBinary } from './wasm-binaries.ts';

/** More threads than this wait for each other on networks as small as those of this page. */
const mostThreads = 4;
const threads = (): number => Math.min(mostThreads, navigator.hardwareConcurrency);

const relaxed = (): boolean => WebAssembly.validate(relaxedKernels());

/** How it rounds, the same for any number of threads; null where WebAssembly has no SIMD. */
async function arithmetic(): Promise<string | null> {
  if (relaxed()) return 'WebAssembly with relaxed SIMD';
  return WebAssembly.validate(await simdKernels()) ? 'WebAssembly with SIMD' : null;
}

const noSimd: Finding = { fit: 'none', reason: 'this browser has no SIMD in WebAssembly' };

/** Why memory cannot be shared between threads; null where it can. */
function whyNoThreads(): string | null {
  if (!isSecureContext) return 'the page is not secure: threads need https or localhost';
  if (!crossOriginIsolated)
    return 'the page is not cross-origin isolated (its server sends no COOP and COEP headers), so threads may not share memory';
  return threads() > 1 ? null : 'there is one core';
}

const openThreads = async (): Promise<Backend> => {
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
};

/** WebAssembly on several threads, which share memory. */
export const wasmThreads: Engine = {
  name: 'wasm-threads',
  title: 'WebAssembly, several threads',
  look: async () => {
    const missing = whyNoThreads();
    if (missing !== null) return { fit: 'none', reason: missing };
    const rounding = await arithmetic();
    if (rounding === null) return noSimd;
    return { fit: 'good', reason: `the page is cross-origin isolated; ${threads()} threads`, arithmetic: rounding };
  },
  // The adapter fetches parts of itself when it is opened, not when it is imported.
  load: async () => (await openThreads()).close(),
  open: openThreads,
  // By its name: the code of the adapter is not here before it is loaded.
  explain: ({ name }) => (name === 'WasmThreadError' ? 'one of its threads failed' : null),
};

/** WebAssembly on the thread of the worker. */
export const wasmAlone: Engine = {
  name: 'wasm',
  title: 'WebAssembly, one thread',
  look: async () => {
    const rounding = await arithmetic();
    if (rounding === null) return noSimd;
    return { fit: 'good', reason: 'this browser has SIMD in WebAssembly', arithmetic: rounding };
  },
  load: async () => void (await Promise.all([import('@selfcure/wasm'), relaxed() ? null : simdKernels()])),
  open: async () => {
    const { wasm } = await import('@selfcure/wasm');
    return wasm({ module: await WebAssembly.compile(relaxed() ? relaxedKernels() : await simdKernels()) });
  },
  explain: () => null,
};
