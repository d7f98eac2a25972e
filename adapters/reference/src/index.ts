/**
 * The oracle: every primitive operation in plain TypeScript and float64. It is slow and simple on purpose; the
 * conformance suite measures every other engine against it.
 *
 * @module
 */
import { kernelBackend } from '@selfcure/tensor';
import type { Backend } from '@selfcure/tensor';
import { referenceTable } from './table.ts';

/**
 * A backend that computes in float64. State and outputs are `Float64Array`s.
 *
 * @example
 * const program = await reference().compile(graph);
 */
export function reference(): Backend {
  return kernelBackend<Float64Array>({
    name: 'reference',
    capabilities: { device: 'cpu', threads: 1, precision: 'float64', deterministic: true, limits: {} },
    table: referenceTable,
  });
}
