/** The checks of a runtime and what came of them, as plain data: it has to leave a page, a worker and a function. */
import { webgpu, WebGpuError } from '@selfcure/webgpu';
import type { Backend } from '@selfcure/tensor';
import { trainGoldenSteps } from './golden.ts';
import { readme } from './readme.mjs';

/** What came of a check. */
export interface Outcome {
  readonly check: string;
  readonly result: 'ok' | 'failed' | 'absent';
  /** A figure, the error, or why the runtime cannot do this. */
  readonly note: string;
}

/** A check: gives a figure for the table, throws where it fails. */
export type Check = () => Promise<string>;

/** What the runtime has no part for; the message says what is missing. */
class Absence extends Error {}

/** Runs checks one after the other; a failed one does not keep the others from running. */
export async function runChecks(checks: Readonly<Record<string, Check>>): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const [check, run] of Object.entries(checks)) {
    try {
      outcomes.push({ check, result: 'ok', note: await run() });
    } catch (error) {
      const result = error instanceof Absence ? 'absent' : 'failed';
      const { message, stack } = error as Error;
      outcomes.push({ check, result, note: result === 'absent' ? message : (stack ?? String(error)) });
    }
  }
  return outcomes;
}

/** Twenty golden steps on a backend. */
export function golden(open: () => Promise<Backend>): Check {
  return async () => `worst ${(await trainGoldenSteps(await open())).toExponential(1)}`;
}

/** Twenty golden steps on WebGPU, where there is one. */
export const goldenWebgpu: Check = golden(async () => {
  try {
    return await webgpu();
  } catch (error) {
    if (error instanceof WebGpuError) throw new Absence(error.message);
    throw error;
  }
});

/** The program of the README: twenty epochs of `cure()` on faces with wrong labels, then a test. */
export const readmeProgram: Check = async () => {
  const printed: unknown[] = [];
  await readme({ log: (value: unknown) => printed.push(value) });
  const [log, changes, , accuracy] = printed as [
    { epoch: number; loss: number },
    { from: number; to: number }[],
    object,
    number,
  ];
  if (printed.length !== 4 || log.epoch !== 20 || !(log.loss > 0))
    throw new Error(`the README prints ${JSON.stringify(printed)}`);
  if (!changes.some(({ from, to }) => from !== to)) throw new Error('no label was changed');
  // Chance is 1 in 7, a third of the labels is wrong, and twenty epochs are few.
  if (!(accuracy > 0.3 && accuracy < 1)) throw new Error(`the README trains to an accuracy of ${accuracy}`);
  return `accuracy ${accuracy}`;
};
