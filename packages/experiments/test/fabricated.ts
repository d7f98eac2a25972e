import type { Job, OutcomeStore, Result, RunOutcome, RunSpec } from '@selfcure/experiments';

/** A run of two seconds. */
export const base: RunSpec = {
  data: { kind: 'faces', samples: 64, testSamples: 32, size: 16, seed: 0 },
  noise: { kind: 'symmetric', rate: 0.25 },
  oracle: null,
  verified: 0,
  model: { name: 'face-cnn', width: 0.125 },
  recipe: { use: 'ce' },
  epochs: 3,
  batchSize: 16,
  learningRate: 2e-3,
  weightDecay: 1e-4,
  augmentation: { shift: 1, flip: true },
  seed: 0,
  pretrain: null,
};

/** An outcome out of thin air. */
export const outcome = (accuracy: number, curve: readonly number[] = []): RunOutcome => ({
  figures: { accuracy, validationAccuracy: accuracy, harm: null },
  curves: curve.length > 0 ? { 'validation/accuracy': curve } : {},
  warnings: [],
  engine: { name: 'wasm', device: 'wasm', precision: 'float32' },
});

export const job = (recipe: string, seed: number): Job => ({
  labels: { recipe },
  spec: { ...base, recipe: { use: recipe }, seed },
});

/** One result a seed. */
export const resultsOf = (labels: Job['labels'], accuracies: readonly number[], use = 'ce'): Result[] =>
  accuracies.map((accuracy, seed) => ({
    labels,
    spec: { ...base, recipe: { use }, seed },
    outcome: outcome(accuracy, [accuracy / 2, accuracy]),
  }));

export const memoryStore = (): OutcomeStore & { readonly map: Map<string, string> } => {
  const map = new Map<string, string>();
  return { map, get: async (key) => map.get(key) ?? null, set: async (key, text) => void map.set(key, text) };
};
