import type { Engine } from './engine.ts';
import { webGpu } from './web-gpu.ts';
import { wasmAlone, wasmThreads } from './webassembly.ts';

/** Engines in order of preference: the first that is worth it here is taken. */
export const engines: readonly Engine[] = [webGpu, wasmThreads, wasmAlone];
