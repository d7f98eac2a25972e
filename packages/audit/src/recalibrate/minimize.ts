/** Value and gradient of a smooth convex function. */
export type Objective = (x: readonly number[]) => { readonly value: number; readonly gradient: readonly number[] };

/**
 * Minimizes a smooth convex function by gradient descent with Barzilai-Borwein steps, shortened until the value falls enough (Armijo).
 * For a few dozen unknowns.
 */
export function minimize(objective: Objective, start: readonly number[], tolerance = 1e-9, steps = 2000): number[] {
  let x = [...start];
  let { value, gradient } = objective(x);
  let rate = 1e-2;
  for (let step = 0; step < steps; step++) {
    const squared = dot(gradient, gradient);
    if (squared < tolerance) break;
    let next = x;
    let found = { value, gradient };
    for (let halving = 0; halving < 60; halving++) {
      next = x.map((one, i) => one - rate * gradient[i]!);
      found = objective(next);
      if (found.value <= value - 1e-4 * rate * squared) break;
      rate /= 2;
    }
    if (!(found.value < value)) break;
    const moved = next.map((one, i) => one - x[i]!);
    const turned = found.gradient.map((one, i) => one - gradient[i]!);
    const curvature = dot(moved, turned);
    rate = curvature > 0 ? dot(moved, moved) / curvature : rate * 2;
    x = next;
    ({ value, gradient } = found);
  }
  return x;
}

const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, one, i) => sum + one * b[i]!, 0);
