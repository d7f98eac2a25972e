import { OptionError } from '../errors.ts';
import { selfAttentionImportance } from '../head/self-attention-importance.ts';
import { crossEntropy } from '../loss/cross-entropy.ts';
import { logitWeightedCrossEntropy } from '../loss/logit-weighted-cross-entropy.ts';
import type { Method } from '../method.ts';
import { rankRegularization } from '../regularizer/rank-regularization.ts';
import { marginRelabel } from '../relabel/margin-relabel.ts';
import type { RelabelStrategy } from '../relabel/relabel.ts';
import { composeMethod } from './compose-method.ts';

/** Options of {@link scn}; sections are those of Wang et al., CVPR 2020, arXiv 2002.10392. */
export interface ScnOptions {
  /**
   * `'paper'` (default): candidates are the low-importance group, margin1 0.15 (0.07 for batches of 64 or fewer).
   * `'official-code'`: what the authors' script does when run as its README says: every sample of the batch is a candidate, margin1 0.07.
   */
  readonly preset?: 'paper' | 'official-code';
  /** Importance weights scale the logits (section 3.2). Default true. */
  readonly weighting?: boolean;
  /** Rank regularization (section 3.3). Default true. */
  readonly rank?: boolean;
  /** Relabelling (section 3.4), or a strategy in its place. Default true. */
  readonly relabel?: boolean | RelabelStrategy;
  /** Share of the high-importance group. Default 0.7. */
  readonly beta?: number;
  /** Rank margin delta_1. Default: the preset's. */
  readonly margin1?: number;
  /** Relabel margin delta_2. Default 0.2. */
  readonly margin2?: number;
  /** First relabelling epoch, 1-based and inclusive. Default 10. */
  readonly relabelEpoch?: number;
  /** Relabel candidates. Default: the preset's. */
  readonly candidates?: 'low' | 'all';
  /** Probabilities that relabelling reads. Default `'weighted'`. */
  readonly probabilities?: 'weighted' | 'raw';
  /**
   * gamma of the paper's total loss gamma L_RR + (1 - gamma) L_WCE (section 3.1; it takes 0.5). Absent: L_WCE + L_RR as in the
   * authors' code, the same direction at twice the scale.
   */
  readonly lossMix?: number;
  /** alpha scales the classifier's bias too. Default true, as in the authors' code. */
  readonly weightBias?: boolean;
}

/**
 * Self-Cure Network: importance weighting, rank regularization and relabelling, each an independent switch.
 *
 * Published relabelling is a feedback loop: on a network that still underfits it breaks more labels than it mends.
 * {@link cure} is the safer default; compare both with {@link ce} and {@link ceRelabel}.
 *
 * @throws OptionError where low-group relabelling is asked for without weighting or ranking, or a number is out of range.
 * @example
 * await train({ recipe: scn(), ...rest });
 * await train({ recipe: scn({ preset: 'official-code', relabelEpoch: 5 }), ...rest });
 */
export function scn(options: ScnOptions = {}): Method {
  const {
    preset = 'paper',
    weighting = true,
    rank = true,
    relabel = true,
    beta = 0.7,
    margin2 = 0.2,
    relabelEpoch = 10,
    lossMix,
    weightBias = true,
  } = options;
  if (preset !== 'paper' && preset !== 'official-code') {
    throw new OptionError(`scn: no preset '${String(preset)}'. Known: paper, official-code`);
  }
  if (lossMix !== undefined && !(lossMix >= 0 && lossMix <= 1))
    throw new OptionError(`scn: lossMix ${lossMix} is outside [0, 1]. The paper takes 0.5`);
  const rankWeight = lossMix ?? 1;
  const official = preset === 'official-code';
  const margin1 = options.margin1 ?? (official ? 0.07 : undefined);
  const candidates = options.candidates ?? (official ? 'all' : 'low');
  const strategy =
    relabel === true
      ? marginRelabel({
          margin: margin2,
          start: relabelEpoch,
          candidates,
          probabilities: options.probabilities ?? 'weighted',
        })
      : relabel;
  return composeMethod({
    name: 'scn',
    heads: weighting || rank ? [selfAttentionImportance()] : [],
    loss: weighting ? logitWeightedCrossEntropy({ weightBias }) : crossEntropy(),
    lossWeight: lossMix === undefined ? 1 : 1 - lossMix,
    beta,
    regularizers: rank
      ? [rankRegularization({ beta, weight: rankWeight, ...(margin1 !== undefined && { margin: margin1 }) })]
      : [],
    ...(strategy && { relabel: strategy }),
  });
}
