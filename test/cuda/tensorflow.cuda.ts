import { it } from 'vitest';
import { tensorflow } from '@selfcure/tensorflow';
import { describeDiagnosis } from '../../adapters/tensorflow/src/doctor/describe-diagnosis.ts';
import { doctor } from '../../adapters/tensorflow/src/doctor/doctor.ts';
import { describeBackend } from '../conformance/describe-backend.ts';
import { whyAbsent } from '../conformance/engines.ts';

// 10 bits of mantissa are for speed; the tolerances are those of float32.
const open = async () => tensorflow({ device: 'cuda', tf32: false });
const decays = ['adam', 'adam: coupled decay', 'adam: decoupled decay'];
const skip = {
  reason: 'ResourceApplyAdam computes 1 - beta2 in float32, 1.3e-5 off for 0.999',
  cases: decays.map((name) => `effects > ${name}`),
};

const reason = await whyAbsent(open);
if (reason === null) describeBackend('tensorflow on CUDA', open, { skip: [skip] });
else {
  it('a GPU computes', async () => {
    throw new Error(`${reason}\n\n${describeDiagnosis(await doctor({ device: 'cuda' }))}`);
  });
}
