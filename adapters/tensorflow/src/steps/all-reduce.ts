import { sizeOf } from '@selfcure/tensor';
import type { Node } from '@selfcure/tensor';
import { int, text, type } from '../plan/attributes.ts';
import { dataType } from '../native/binding.ts';
import type { Value } from '../plan/operation.ts';
import type { Emitter } from '../plan/emitter.ts';
import type { AllReduce, Step } from './builder.ts';

/** Key of the group that all workers are. */
const group = 1;

/** The mean of values over all workers, in one collective: they are laid one after the other. */
export function allReduceStep(members: readonly Node[]): Step {
  return {
    node: members.at(-1)!,
    emit: (e, { allReduce }) => {
      const values = members.map((node) => e.value(node.inputs[0]!));
      const [first] = values as [Value];
      if (members.length === 1) return e.define(members[0]!, reduce(e, first, allReduce!));
      const sizes = members.map(({ shape }) => sizeOf(shape));
      const shape = [sizes.reduce((sum, size) => sum + size, 0)];
      const flat = values.map((value, i) => e.reshape(value, [sizes[i]!]));
      const axis = e.ints([0], []);
      const packed = e.apply('ConcatV2', [...flat, axis], { shape }, [
        type('T', dataType.float32),
        type('Tidx', dataType.int32),
        int('N', members.length),
      ]);
      const parts = e.applyMany(
        'SplitV',
        [reduce(e, packed, allReduce!), e.ints(sizes), axis],
        sizes.map((size) => ({ shape: [size] })),
        [type('T', dataType.float32), type('Tlen', dataType.int32), int('num_split', members.length)],
      );
      members.forEach((node, i) => e.define(node, e.reshape(parts[i]!, node.shape)));
    },
  };
}

function reduce(e: Emitter, value: Value, { workers, hint, nextKey }: AllReduce): Value {
  const scalar = (number: number): Value => e.ints([number], []);
  return e.apply(
    'CollectiveReduceV2',
    [value, scalar(workers), scalar(group), scalar(nextKey())],
    { shape: e.shapeOf(value) },
    [
      type('T', dataType.float32),
      text('merge_op', 'Add'),
      text('final_op', 'Div'),
      text('communication_hint', hint),
      // Without timeout_seconds: TensorFlow keeps what belongs to it, 17 kB a collective, until that has passed.
      int('Nordering_token', 0),
    ],
  );
}
