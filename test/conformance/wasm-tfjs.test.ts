import { wasm } from '@selfcure/wasm';
import { describeBackend } from './describe-backend.ts';
import { page } from './page.ts';

describeBackend("wasm, tfjs's kernels", async () => wasm({ ...page, kernels: 'tfjs' }));
