import { expect, it } from 'vitest';
import { serverDefinition, taskName } from '../src/native/server-definition.ts';

// Bytes of another encoder (Python) for the same cluster, which TensorFlow 2.21 takes.
const cluster =
  '0a340a320a06776f726b657212130800120f3132372e302e302e313a343733313112130801120f3132372e302e302e313a3437333132';

it('encodes tensorflow.ServerDef', () => {
  const workers = ['127.0.0.1:47311', '127.0.0.1:47312'];
  const leader = '2221' + '82011e0a1c' + Buffer.from('/job:worker/replica:0/task:0').toString('hex');
  for (const rank of [0, 1]) {
    const expected = `${cluster}1206${Buffer.from('worker').toString('hex')}180${rank}${leader}2a04${Buffer.from('grpc').toString('hex')}`;
    expect(Buffer.from(serverDefinition(workers, rank)).toString('hex')).toBe(expected);
  }
});

it('refuses a rank that is not of the cluster', () => {
  for (const rank of [-1, 2, 0.5]) expect(() => serverDefinition(['a:1', 'b:1'], rank)).toThrow(RangeError);
  expect(taskName(3)).toBe('/job:worker/replica:0/task:3');
});
