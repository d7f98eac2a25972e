import { wasm } from '@selfcure/wasm';
import { describeBackend } from './describe-backend.ts';
import { page } from './page.ts';

describeBackend('wasm, exact', async () => wasm({ ...page, exact: true }));
