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
export type Schedule = (at: ScheduleTime) => number;
