import { useSoftwareAdapter } from '../../adapters/webgpu/test/software-adapter.ts';
import { describeEngine } from './engines.ts';

// Software adapters take their time to compile kernels.
const open = async () => (await import('@selfcure/webgpu')).webgpu();
useSoftwareAdapter();
await describeEngine('webgpu', open, { runs: 4 });
