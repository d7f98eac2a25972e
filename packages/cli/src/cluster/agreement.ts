import { trace } from '@selfcure/tensor';
import type { Backend } from '@selfcure/tensor';

/** Lets the workers of a run tell each other a number. */
export interface Agreement {
  /** Everybody's number, by worker; whole and below 2^24. All workers ask the same number of times, in the same order. */
  tell(own: number): Promise<number[]>;
  dispose(): void;
}

/** Opens an agreement on an engine that is one of several workers, or the only one. */
export async function openAgreement(backend: Backend): Promise<Agreement> {
  const { index, count } = backend.capabilities.workers ?? { index: 0, count: 1 };
  const program = await backend.compile(trace((ops) => ({ mean: ops.allReduceMean(ops.input('numbers', [count])) })));
  const state = await backend.createState([], {});
  return {
    tell: async (own) => {
      const numbers = Float32Array.from({ length: count }, (_, worker) => (worker === index ? own : 0));
      const { mean } = await program.run(state, { numbers });
      return Array.from(mean!, (value) => Math.round(value * count));
    },
    dispose: () => {
      state.dispose();
      program.dispose();
    },
  };
}
