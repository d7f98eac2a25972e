import { wasm } from '@selfcure/wasm';
import { describeBackend } from './describe-backend.ts';
import { page } from './page.ts';

describeBackend('wasm', async () => wasm({ ...page }));
