import { wasm } from '@selfcure/wasm';
import { describeBackend } from './describe-backend.ts';
import { page } from './page.ts';

describeBackend('wasm, 2 threads', async () => wasm({ ...page, threads: 2 }));
