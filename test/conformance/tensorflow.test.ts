import { describeEngine } from './engines.ts';

const open = async () => (await import('@selfcure/tensorflow')).tensorflow({ device: 'cpu' });
const decays = ['adam', 'adam: coupled decay', 'adam: decoupled decay'];
const skip = {
  reason:
    'ResourceApplyAdam computes 1 - beta2 in float32, 1.3e-5 off for 0.999; adapters/tensorflow/test/optimize.test.ts bounds it',
  cases: decays.map((name) => `effects > ${name}`),
};
await describeEngine('tensorflow', open, { skip: [skip] });
