import { useSoftwareAdapter } from '../../adapters/webgpu/test/software-adapter.ts';
import { describeEngine } from './engines.ts';
import { thorough } from './thorough.ts';

// Software adapters take their time to compile kernels.
const open = async () => (await import('@selfcure/webgpu')).webgpu();
useSoftwareAdapter();
await describeEngine('webgpu', open, { runs: thorough ? 12 : 4 });
