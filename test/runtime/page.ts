/** A page: leaves its outcomes in `outcomes`. tfjs's binaries are served under /tfjs/. */
import { wasm } from '@selfcure/wasm';
import { golden, goldenWebgpu, readmeProgram, runChecks } from './checks.ts';
import type { Outcome } from './checks.ts';

(globalThis as { outcomes?: Promise<Outcome[]> }).outcomes = runChecks({
  'golden wasm': golden(() => wasm({ wasmPath: '/tfjs/' })),
  'golden webgpu': goldenWebgpu,
  readme: readmeProgram,
});
