import { attributesOf } from '@selfcure/tensor';
import type { Builder } from './builder.ts';
import { int } from '../plan/attributes.ts';
import { dataType } from '../native/binding.ts';

const softmaxes =
  (name: string): Builder =>
  (node, e) =>
    e.define(node, e.apply(name, [e.value(node.inputs[0]!)], { shape: node.shape }));

/** Softmax, losses, ranks. */
export const lossBuilders: Readonly<Record<string, Builder>> = {
  softmax: softmaxes('Softmax'),
  logSoftmax: softmaxes('LogSoftmax'),
  softmaxCrossEntropy: (node, e) => {
    const inputs = node.inputs.map((input) => e.value(input));
    const results = [{ shape: node.shape }, { shape: node.inputs[0]!.shape }];
    e.define(node, e.applyMany('SoftmaxCrossEntropyWithLogits', inputs, results)[0]!);
  },
  rankMask: (node, e) => {
    const { count } = attributesOf<{ count: number }>(node);
    const n = node.shape[0]!;
    const kept = Math.min(Math.max(Math.ceil(count), 0), n);
    if (kept === 0 || kept === n) return e.define(node, e.full(kept === 0 ? 0 : 1, node.shape));
    // Among equals TopKV2 takes the lower index first.
    const [, largest] = e.applyMany(
      'TopKV2',
      [e.value(node.inputs[0]!), e.ints([kept], [])],
      [{ shape: [kept] }, { shape: [kept], dtype: dataType.int32 }],
    );
    const hot = e.apply('OneHot', [largest!, e.ints([n], []), e.scalar(1), e.scalar(0)], { shape: [kept, n] }, [
      int('axis', -1),
    ]);
    e.define(node, e.apply('Sum', [hot, e.ints([0])], { shape: node.shape }));
  },
};
