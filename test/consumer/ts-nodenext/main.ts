// Strict, nodenext, no DOM, and the declarations of the libraries themselves are checked (skipLibCheck is off).
import * as core from '@selfcure/core';
import * as data from '@selfcure/data';
import * as models from '@selfcure/models';
import * as reference from '@selfcure/reference';
import * as report from '@selfcure/report';
import * as tensor from '@selfcure/tensor';

const stream: core.RandomStream = core.randomStream({ seed: 1, purpose: 'consumer' });
const bits: number = stream.uint32();
for (const part of [core, data, models, reference, report, tensor]) {
  if (Object.keys(part).length === 0) throw new Error('a package exports nothing');
}
if (!Number.isInteger(bits)) throw new Error('the stream of core gives no integers');
