import { checkOption } from './check.ts';
import { describeSchedule, named } from './schedule.ts';
import type { Schedule, ScheduleTime } from './schedule.ts';

/** Options of {@link warmUp}. */
export interface WarmUpOptions {
  /** Length of the warm-up; parts of an epoch are allowed, 0 is none. */
  readonly epochs: number;
}

/** Share of the full learning rate during a warm-up of some steps: (step + 1) / steps, at most 1. */
export function warmUpShare({ step }: ScheduleTime, steps: number): number {
  return step < steps ? Math.min(1, (step + 1) / steps) : 1;
}

/**
 * Begins another schedule gently: its rate times (step + 1) / (steps of the warm-up) until that reaches 1. The other
 * schedule's time runs from the first step.
 *
 * @throws OptionError where the length is negative or not finite.
 * @example warmUp(stepDecay({ learningRate: 0.1, epochs: [15, 30] }), { epochs: 1 })
 */
export function warmUp(schedule: Schedule, { epochs }: WarmUpOptions): Schedule {
  checkOption('warmUp', 'epochs', epochs, { from: 0 });
  return named(
    { schedule: 'warm-up', epochs, of: describeSchedule(schedule) },
    (at) => schedule(at) * warmUpShare(at, epochs * at.stepsPerEpoch),
  );
}
