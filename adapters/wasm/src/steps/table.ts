import type { StepBuilders } from './builder.ts';

/** Every operation that has kernels. Leaves and views need none. */
export const stepBuilders: StepBuilders = {};
