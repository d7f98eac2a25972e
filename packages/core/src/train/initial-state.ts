import { formatShape, sizeOf } from '@selfcure/tensor';
import type { NamedArrays, StateSpec } from '@selfcure/tensor';
import { OptionError } from '../errors.ts';
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

/**
 * First values of a run: drawn, or given by name; an average of weights starts at the value that it averages.
 *
 * @throws OptionError where a given name is none of the states', or its values have another size.
 */
export function firstValues(
  specs: readonly StateSpec[],
  seed: number,
  given: Readonly<Record<string, Float32Array>> = {},
): NamedArrays {
  for (const [name, values] of Object.entries(given)) {
    const spec = specs.find((one) => one.name === name);
    if (!spec) {
      const known = specs.filter(({ kind }) => kind !== 'slot').map((one) => one.name);
      throw new OptionError(`initialWeights: the network has no '${name}'. It has ${known.join(', ')}`);
    }
    if (values.length !== sizeOf(spec.shape)) {
      throw new OptionError(
        `initialWeights: '${name}' has ${values.length} values, its shape ${formatShape(spec.shape)} needs ${sizeOf(spec.shape)}`,
      );
    }
  }
  const averages = Object.fromEntries(
    specs.flatMap(({ name }) => (given[averagedBy(name)] ? [[name, given[averagedBy(name)]!]] : [])),
  );
  return { ...initialState(specs, seed), ...averages, ...given };
}

/** The state that an average of weights averages; the name itself otherwise. */
const averagedBy = (name: string): string => name.replace(/^average\//, '');

function draw({ name, shape, init }: StateSpec, seed: number): Float32Array {
  const values = new Float32Array(sizeOf(shape));
  const stream = randomStream({ seed, purpose: `init/${averagedBy(name)}` });
  switch (init.kind) {
    case 'constant':
      return values.fill(init.value);
    case 'normal':
      return values.map(() => stream.normal() * init.standardDeviation);
    case 'uniform':
      return values.map(() => (2 * stream.uniform() - 1) * init.bound);
  }
}
