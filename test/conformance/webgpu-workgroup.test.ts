import { it } from 'vitest';
import { useSoftwareAdapter } from '../../adapters/webgpu/test/software-adapter.ts';
import { describeEngine } from './engines.ts';
import { thorough } from './thorough.ts';

// What graphics processors run, on the software adapter, which is slow to compile it: `npm run test:full` does.
const name = 'webgpu, tiles in workgroup memory';
const open = async () => (await import('@selfcure/webgpu')).webgpu({ tiles: 'workgroup' });
useSoftwareAdapter();
if (thorough) await describeEngine(name, open, { runs: 4 });
else it.skip(`${name} [npm run test:full]`, () => {});
