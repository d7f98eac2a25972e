/** Node, Deno and Bun: prints its outcomes as one line of JSON. */
import { wasm } from '@selfcure/wasm';
import { useSoftwareAdapter } from '../../adapters/webgpu/test/software-adapter.ts';
import { golden, goldenWebgpu, readmeProgram, runChecks } from './checks.ts';

// Where the environment names a driver, as for Deno and Bun, it does nothing.
useSoftwareAdapter();

const outcomes = await runChecks({
  'golden wasm': golden(() => wasm()),
  'golden webgpu': goldenWebgpu,
  readme: readmeProgram,
});
console.log(JSON.stringify(outcomes));
// Dawn keeps Node running where it has opened a device.
process.exit(0);
