import { sizeOf } from '@selfcure/tensor';
import type { Node } from '@selfcure/tensor';
import { threads } from '../plan/step.ts';
import type { Step } from '../plan/step.ts';
import type { StepBuilders } from './builder.ts';

/** One invocation a row of the last axis. */
function rowStep(node: Node, finish: (read: string, index: string) => string): Step {
  const x = node.inputs[0]!;
  const length = x.shape.at(-1)!;
  return threads(node, [node], {
    threads: sizeOf(x.shape.slice(0, -1)),
    trips: 3 * length,
    body: (access) => {
      const read = access.at(x, 'j');
      return `let first = i * ${length}u;
let end = first + ${length}u;
var j = first;
var largest = ${read};
for (j = first; j < end; j++) { largest = larger1(largest, ${read}); }
var total = 0.0;
for (j = first; j < end; j++) { total += exp(${read} - largest); }
${bodies[node.op]!(node, access, finish(read, 'j'))}`;
    },
  });
}

const bodies: Readonly<
  Record<string, (node: Node, access: Parameters<Step['kernel']['body']>[0], value: string) => string>
> = {
  softmax: (node, { set }, value) => `for (j = first; j < end; j++) { ${set(node, 'j', value)} }`,
  logSoftmax: (node, { set }, value) =>
    `let scale = log(total); for (j = first; j < end; j++) { ${set(node, 'j', value)} }`,
  softmaxCrossEntropy: (node, { at, set }, value) => `let scale = log(total);
var loss = 0.0;
for (j = first; j < end; j++) { loss -= ${at(node.inputs[1]!, 'j')} * (${value}); }
${set(node, 'i', 'loss')}`,
};

const logarithm = (read: string): string => `${read} - largest - scale`;

/** Softmax and what is made of it. */
export const softmaxSteps: StepBuilders = {
  softmax: (node) => [rowStep(node, (read) => `exp(${read} - largest) / total`)],
  logSoftmax: (node) => [rowStep(node, logarithm)],
  softmaxCrossEntropy: (node) => [rowStep(node, logarithm)],
};
