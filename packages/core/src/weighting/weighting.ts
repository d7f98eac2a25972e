import type { Column, EpochPlan } from '../method.ts';
import type { SampleRows } from '../relabel/relabel.ts';

/** Weighs the samples of an epoch on the host, before it begins, from what is remembered. */
export interface Weighting {
  readonly name: string;
  /** Options as plain data, for the manifest. */
  readonly options?: { readonly [key: string]: string | number | boolean | null };
  readonly remember?: readonly Column[];
  plan(rows: SampleRows): EpochPlan;
}
