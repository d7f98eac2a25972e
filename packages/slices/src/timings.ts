/** Durations in milliseconds that slices of a run have learnt; null where nothing was measured yet. */
export interface Timings {
  /** One step of training. */
  readonly step: number | null;
  /** From the last step of an epoch to the first of the next: decisions over all samples, validation, callbacks. */
  readonly epochEnd: number | null;
  /** Saving the state. */
  readonly save: number | null;
}

/** A duration to reckon with: follows longer ones at once, and shorter ones step by step. */
export function learnt(known: number | null, measured: number): number {
  return known === null ? measured : Math.max(measured, (known + measured) / 2);
}

/** The same after a measurement that other things may have lengthened: only a shorter one teaches something. */
export function learntAtMost(known: number | null, measured: number): number {
  return known === null ? measured : Math.min(known, learnt(known, measured));
}
