import type { NoiseSpec, RunSpec } from '../spec/run-spec.ts';

/** What sets a weakly labelled set apart. */
export interface WeakOptions {
  /** Of procedural faces: how many. Default: four times as many as the run trains on. */
  readonly samples?: number;
  /** Wrong labels put into it, beside those that it has. Default: symmetric 40 % into procedural faces, none into FER2013's own labels. */
  readonly noise?: NoiseSpec | null;
}

/**
 * A run on the weakly labelled set that goes with another run's data: other faces of the same kind, or the images of FER2013 that the other run leaves, with
 * FER2013's labels. No image is in both sets. The recipe is plain cross-entropy.
 *
 * @param base whose data are complemented; its optimizer, model and schedule are kept.
 * @example const pretrained = { ...base, pretrain: { ...weakRun(base), epochs: 10 } };
 */
export function weakRun(base: RunSpec, { samples, noise }: WeakOptions = {}): RunSpec {
  const { data } = base;
  const faces = data.kind === 'faces';
  return {
    ...base,
    data: faces
      ? { ...data, samples: samples ?? 4 * data.samples, seed: data.seed + 7919 }
      : { ...data, labels: 'fer2013', part: 'others' },
    noise: noise === undefined && faces ? { kind: 'symmetric', rate: 0.4 } : (noise ?? null),
    recipe: { use: 'ce' },
    oracle: null,
    verified: 0,
    pretrain: null,
  };
}
