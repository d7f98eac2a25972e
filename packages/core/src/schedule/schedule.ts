import type { Json } from '@selfcure/tensor';

/** Where in a run a step stands. */
export interface ScheduleTime {
  /** Steps of the run before this one. */
  readonly step: number;
  /** 1-based. */
  readonly epoch: number;
  readonly stepsPerEpoch: number;
  /** Planned number of epochs. */
  readonly epochs: number;
}

/** Learning rate of a step; a pure function, so that a resumed run goes on with the same rates. */
export interface Schedule {
  (at: ScheduleTime): number;
  /** What it is as plain data, for manifests and for the check that a resumed run shares it. */
  readonly options?: Json;
}

/** A schedule with its options as plain data. */
export function named(options: Json, rate: (at: ScheduleTime) => number): Schedule {
  return Object.assign((at: ScheduleTime) => rate(at), { options });
}

/** A schedule as plain data; the text of a function where it carries no options. */
export function describeSchedule(schedule: Schedule): Json {
  return schedule.options ?? String(schedule);
}
