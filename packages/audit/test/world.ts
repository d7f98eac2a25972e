import { randomStream } from '@selfcure/core';

/** A world where everything is known: classes, a transition matrix, and the right probabilities of true classes. */
export function world(samples: number, seed: number) {
  const transition = [
    [0.8, 0.15, 0.05],
    [0.1, 0.85, 0.05],
    [0.05, 0.35, 0.6],
  ];
  const stream = randomStream({ seed, purpose: 'world' });
  const draw = (p: readonly number[]): number => {
    let u = stream.uniform();
    return p.findIndex((share, c) => (u -= share) < 0 || c === p.length - 1);
  };
  const clean: number[] = [];
  const labels: number[] = [];
  const truths: number[] = [];
  for (let i = 0; i < samples; i++) {
    const powers = [1, 1, 0.4].map((share) => share * Math.exp(2 * stream.normal()));
    const p = powers.map((one) => one / powers.reduce((sum, value) => sum + value));
    clean.push(...p);
    truths.push(draw(p));
    labels.push(draw(transition[truths[i]!]!));
  }
  /** What a perfect network learns from the given labels: p T. */
  const noisy = clean.map((_, at) => {
    const start = at - (at % 3);
    return transition.reduce((sum, row, c) => sum + clean[start + c]! * row[at % 3]!, 0);
  });
  return { classes: 3, given: labels, truth: truths, clean, noisy, transition };
}
