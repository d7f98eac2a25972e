import type { Graph, Node } from '@selfcure/tensor';
import { WebGpuRunError } from '../errors.ts';
import type { KernelOptions } from '../steps/builder.ts';
import { productOf } from '../steps/table.ts';
import { variantsOf } from '../steps/variant.ts';
import type { Product } from '../steps/product.ts';
import type { TuningCache } from './cache.ts';
import type { Measure } from './measure.ts';

/** Chooses how products are computed. */
export interface Tuner {
  /** Measures what the cache does not know; then the name of the choice, by node. */
  choose(graph: Graph): Promise<(node: Node) => string | undefined>;
}

/** Products of fewer operations take less time than their measurement would be wrong by. */
const leastFlops = 2e6;
/** Names of variants mean the same kernels for as long as this stays. */
const generation = 'selfcure 1';

/** What a choice depends on beside the device. */
function shapeKey({ op, attributes, inputs, shape }: Node): string {
  return `${op} ${JSON.stringify([inputs.map((input) => input.shape), shape, attributes])}`;
}

const flopsOf = ({ rows, columns, terms, phases }: Product): number => 2 * rows * columns * terms * phases;

/**
 * A tuner of one device.
 *
 * @param device its description: what was measured on another one does not count.
 */
export function createTuner(options: {
  readonly device: string;
  readonly cache: TuningCache;
  readonly kernels: KernelOptions;
  readonly measure: Measure;
}): Tuner {
  const { device, cache, kernels, measure } = options;
  // One graph at a time: measurements disturb each other.
  let busy: Promise<unknown> = Promise.resolve();

  const fastest = async (node: Node, names: readonly string[]): Promise<string> => {
    let best: { name: string; milliseconds: number } | null = null;
    let refused: unknown;
    for (const name of names) {
      try {
        const milliseconds = await measure(node, name, best?.milliseconds ?? Infinity);
        if (!best || milliseconds < best.milliseconds) best = { name, milliseconds };
      } catch (error) {
        // A kernel that this driver does not take is no candidate. Whatever ends the device ends the compilation.
        if (!(error instanceof WebGpuRunError)) throw error;
        refused = error;
      }
    }
    if (!best) throw refused;
    return best.name;
  };

  const choose = async (graph: Graph): Promise<ReadonlyMap<string, string>> => {
    const chosen = new Map<string, string>();
    for (const node of graph.nodes) {
      const product = productOf(node);
      if (!product || flopsOf(product) < leastFlops) continue;
      const key = shapeKey(node);
      if (chosen.has(key)) continue;
      const names = variantsOf(product, kernels).map(({ name }) => name);
      const stored = cache.get(`${generation} ${device} ${key}`);
      if (stored && names.includes(stored)) {
        chosen.set(key, stored);
        continue;
      }
      const name = await fastest(node, names);
      chosen.set(key, name);
      cache.set(`${generation} ${device} ${key}`, name);
    }
    return chosen;
  };

  return {
    choose: async (graph) => {
      const choosing = busy.then(async () => choose(graph));
      busy = choosing.catch(() => {});
      const chosen = await choosing;
      return (node) => chosen.get(shapeKey(node));
    },
  };
}
