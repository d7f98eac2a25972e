import type { Fuser } from '../plan/fusion.ts';

/** What runs as one step, in the order in which it is looked for. */
export const fusers: readonly Fuser[] = [];
