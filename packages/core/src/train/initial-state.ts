import { sizeOf } from '@selfcure/tensor';
import type { NamedArrays, StateSpec } from '@selfcure/tensor';
import { randomStream } from '../random/stream.ts';

/**
 * First values of states, drawn by name: `randomStream({ seed, purpose: 'init/<name>' })`, so that adding a layer changes
 * no other.
 *
 * @example const values = initialState(graph.state, 0);
 */
export function initialState(specs: readonly StateSpec[], seed: number): NamedArrays {
  return Object.fromEntries(specs.map((spec) => [spec.name, draw(spec, seed)]));
}

function draw({ name, shape, init }: StateSpec, seed: number): Float32Array {
  const values = new Float32Array(sizeOf(shape));
  // An average of weights starts at the value that it averages.
  const stream = randomStream({ seed, purpose: `init/${name.replace(/^average\//, '')}` });
  switch (init.kind) {
    case 'constant':
      return values.fill(init.value);
    case 'normal':
      return values.map(() => stream.normal() * init.standardDeviation);
    case 'uniform':
      return values.map(() => (2 * stream.uniform() - 1) * init.bound);
  }
}
