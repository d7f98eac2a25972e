import { OptionError } from '../errors.ts';
import { checkStart } from '../relabel/check-start.ts';
import { defaultStart } from '../relabel/default-start.ts';
import type { Weighting } from './weighting.ts';

/** Options of {@link smallLossSelection}. */
export interface SmallLossSelectionOptions {
  /** Share of the samples that is left out: the noise rate, as far as it is known. In [0, 1). */
  readonly rate: number;
  /** First epoch that selects, 1-based. Default: after a third of the run. */
  readonly start?: number;
}

/**
 * Small-loss selection (Han et al. 2018, of one network): the share of samples with the largest losses of the last training pass has weight 0,
 * the others 1. It is decided anew before every epoch; verified samples and those without a pass stay in. Among equal losses the
 * lower row stays.
 *
 * @throws OptionError where the rate or the start is out of range.
 * @example composeMethod({ name: 'small-loss', loss: crossEntropy(), weighting: smallLossSelection({ rate: 0.3 }) })
 */
export function smallLossSelection({ rate, start }: SmallLossSelectionOptions): Weighting {
  if (!(rate >= 0 && rate < 1)) throw new OptionError(`smallLossSelection: rate ${rate} is outside [0, 1)`);
  checkStart('smallLossSelection', start);
  return {
    name: 'small-loss',
    options: { rate, start: start ?? null },
    plan: ({ epoch, epochs, loss, verified, passes }) => {
      if (epoch < (start ?? defaultStart(epochs))) return {};
      const weight = new Float32Array(loss.length).fill(1);
      const judged = [...loss.keys()].filter((row) => passes[row]! > 0 && !verified[row]);
      judged.sort((a, b) => loss[b]! - loss[a]! || b - a);
      for (const row of judged.slice(0, Math.floor(rate * judged.length))) weight[row] = 0;
      return { weight };
    },
  };
}
