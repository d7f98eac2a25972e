import { trace } from '@selfcure/tensor';
import type { Backend, Program, Workers } from '@selfcure/tensor';
import { CheckpointError, OptionError } from '../errors.ts';
import { hashText } from '../random/stream.ts';
import { workersOf } from './shards.ts';

/** Adds up numbers over the workers of a run. */
export interface Exchange {
  /** Sums by name; every worker gives the same names in the same order and gets the same sums, rounded to float32. */
  sum<T extends Readonly<Record<string, number>>>(values: T): Promise<T>;
  dispose(): void;
}

/** An exchange over the engine's own way between workers; a lone worker's sums are its numbers. */
export async function openExchange(backend: Backend): Promise<Exchange> {
  const { count } = workersOf(backend);
  if (count === 1) return { sum: async (values) => values, dispose: () => {} };
  const programs = new Map<number, Program>();
  const state = await backend.createState([], {});
  const programFor = async (length: number): Promise<Program> => {
    const program =
      programs.get(length) ??
      (await backend.compile(trace((ops) => ({ mean: ops.allReduceMean(ops.input('values', [length])) }))));
    programs.set(length, program);
    return program;
  };
  return {
    sum: async <T extends Readonly<Record<string, number>>>(values: T): Promise<T> => {
      const names = Object.keys(values);
      if (names.length === 0) return values;
      const program = await programFor(names.length);
      const { mean } = await program.run(state, { values: Float32Array.from(names, (name) => values[name]!) });
      return Object.fromEntries(names.map((name, i) => [name, mean![i]! * count])) as T;
    },
    dispose: () => {
      state.dispose();
      for (const program of programs.values()) program.dispose();
    },
  };
}

/**
 * Makes sure that all workers run the same training from the same place.
 *
 * @throws OptionError where data or options differ.
 * @throws CheckpointError where one stands at another step.
 */
export async function checkAgreement(
  exchange: Exchange,
  { index, count }: Workers,
  own: { readonly run: string; readonly epoch: number; readonly step: number },
): Promise<void> {
  if (count === 1) return;
  // 20 bits survive the way through float32.
  const values = { run: hashText(own.run) >>> 12, epoch: own.epoch, step: own.step };
  const slots = Array.from({ length: count }, (_, worker) =>
    Object.entries(values).map(([name, value]) => [`${worker}/${name}`, worker === index ? value : 0] as const),
  );
  const sums = await exchange.sum(Object.fromEntries(slots.flat()));
  for (let worker = 0; worker < count; worker++) {
    const of = (name: string): number => Math.round(sums[`${worker}/${name}`]!);
    if (of('run') !== values.run)
      throw new OptionError(`worker ${worker} has other data or options than worker ${index}. Start all workers alike`);
    if (of('epoch') === own.epoch && of('step') === own.step) continue;
    throw new CheckpointError(
      `worker ${worker} stands at epoch ${of('epoch')}, step ${of('step')}, worker ${index} at epoch ${own.epoch}, step ${own.step}. ` +
        'Resume all workers from checkpoints of the same step',
    );
  }
}
