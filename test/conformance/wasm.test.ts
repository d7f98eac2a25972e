import { wasm } from '@selfcure/wasm';
import { describeBackend } from './describe-backend.ts';

describeBackend('wasm', async () => wasm());
