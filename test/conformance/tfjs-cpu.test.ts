import '@tensorflow/tfjs-backend-cpu';
import { tfjsBackend } from '@selfcure/tfjs';
import { describeBackend } from './describe-backend.ts';

describeBackend('tfjs-cpu', () => tfjsBackend({ engine: 'cpu' }), { runs: 6 });
