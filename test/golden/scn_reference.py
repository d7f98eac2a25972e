"""Self-Cure Networks in PyTorch, float64, written from the specification (Wang et al., CVPR 2020, arXiv 2002.10392).

Nothing here is shared with the TypeScript packages: these functions say what they must compute.
Shapes: N samples, D features, C classes. Dense weights are stored input by output, [D, C] and [D, 1].
"""

import math

import torch


def importance(x, weights, bias):
    """Self-attention importance weighting: alpha_i = sigmoid(w_a . x_i + b_a), one number per sample, shape [N]."""
    return torch.sigmoid(x @ weights + bias).reshape(-1)


def classifier_logits(x, weights, bias):
    """Raw logits W x + b, [N, C]."""
    return x @ weights + bias


def weighted_logits(x, weights, bias, alpha, weight_bias=True):
    """alpha_i (W x_i + b); without `weight_bias`, alpha_i W x_i + b."""
    if weight_bias:
        return alpha[:, None] * (x @ weights + bias)
    return alpha[:, None] * (x @ weights) + bias


def cross_entropy(logits, labels):
    """Cross-entropy of each sample with its label, unreduced, [N]. The maximum is shifted out of the exponent."""
    return -torch.log_softmax(logits, dim=1).gather(1, labels[:, None]).reshape(-1)


def high_count(samples, beta):
    """Size of the high-importance group: floor(beta * N) in double precision, kept within [1, N - 1]. None for N < 2."""
    if samples < 2:
        return None
    return min(max(math.floor(beta * samples), 1), samples - 1)


def importance_order(alpha):
    """Sample indices by (alpha descending, index ascending)."""
    values = alpha.detach().tolist()
    return sorted(range(len(values)), key=lambda index: (-values[index], index))


def high_group(alpha, beta):
    """Boolean mask [N] of the high-importance group, a constant of the step. None for N < 2."""
    count = high_count(len(alpha), beta)
    if count is None:
        return None
    mask = torch.zeros(len(alpha), dtype=torch.bool)
    mask[importance_order(alpha)[:count]] = True
    return mask


def rank_regularization(alpha, high, margin1):
    """max(0, margin1 - (mean of the high group - mean of the low group)); (term, mean high, mean low).

    The groups are constants: no gradient passes through the order. At equality the term and its gradient are zero,
    hence relu, whose derivative at zero is zero (torch.clamp passes the gradient there). Zero for N < 2.
    """
    if high is None:
        return alpha.sum() * 0, None, None
    mean_high = alpha[high].mean()
    mean_low = alpha[~high].mean()
    return torch.relu(margin1 - (mean_high - mean_low)), mean_high, mean_low


def total_loss(mean_cross_entropy, regularization, weight=1.0, loss_mix=None):
    """CE + weight * RR; with `loss_mix` gamma as in the paper, gamma * RR + (1 - gamma) * CE."""
    if loss_mix is not None:
        return loss_mix * regularization + (1 - loss_mix) * mean_cross_entropy
    return mean_cross_entropy + weight * regularization


def relabel(probabilities, labels, high, margin2, candidates):
    """Label edits [[index, from, to], ...] in order of index.

    A candidate gets the most probable class when P_max - P_label > margin2, strictly. Among tied maxima the lowest
    class wins, but nothing is edited when the label is one of them. `candidates`: 'low' (the low-importance group, the
    paper) or 'all' (every sample of the batch, the authors' script). 'low' without groups (N < 2) has no answer: None.
    """
    if candidates == "low" and high is None:
        return None
    edits = []
    for index, row in enumerate(probabilities.detach().tolist()):
        if candidates == "low" and high[index]:
            continue
        label = int(labels[index])
        best = max(row)
        if row[label] == best:
            continue
        if best - row[label] > margin2:
            edits.append([index, label, row.index(best)])
    return edits
