import { reference } from '@selfcure/reference';
import { float64Backend } from '../../packages/tensor/test/float64.ts';
import { describeBackend } from './describe-backend.ts';

// The oracle has a judge of its own: a second evaluator that shares no code with it.
describeBackend('reference', async () => reference(), { oracle: float64Backend });
