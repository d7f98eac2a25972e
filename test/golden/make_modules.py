"""Cases for the SCN modules on given features: modules.safetensors and modules.json."""

import math

import numpy
import torch

import scn_reference as scn

PARAMETERS = ["x", "weights", "bias", "importanceWeights", "importanceBias"]
THRESHOLD = 1e-5
# edge cases that are about something else than a threshold, hence must keep away from all of them
APART = ["one-sample", "one-sample-edit", "beta-0", "beta-1", "bias-unweighted", "missing-classes", "single-class"]

FIXTURE_A = {
    "x": [[0.5, -1], [1.5, 0.25], [-0.75, 2], [0.1, 0.2]],
    # the note prints C x D
    "weights": [[0.2, 0.5, -0.4], [-0.3, 0.1, 0.6]],
    "bias": [0.05, -0.1, 0.02],
    "importanceWeights": [[0.8], [-0.5]],
    "importanceBias": [0.1],
    "labels": [0, 2, 2, 1],
}


def evaluate(inputs, beta, margin1, margin2, loss_mix=None, weight_bias=True):
    """Expected values of one case: (metadata, arrays)."""
    leaves = {name: torch.tensor(inputs[name], dtype=torch.float64, requires_grad=True) for name in PARAMETERS}
    labels = torch.tensor(inputs["labels"], dtype=torch.int64)
    x, weights, bias = leaves["x"], leaves["weights"], leaves["bias"]
    alpha = scn.importance(x, leaves["importanceWeights"], leaves["importanceBias"])
    logits = scn.classifier_logits(x, weights, bias)
    weighted = scn.weighted_logits(x, weights, bias, alpha, weight_bias)
    probabilities = torch.softmax(weighted, dim=1)
    per_sample = scn.cross_entropy(weighted, labels)
    mean = per_sample.mean()
    high = scn.high_group(alpha, beta)
    regularization, mean_high, mean_low = scn.rank_regularization(alpha, high, margin1)
    total = scn.total_loss(mean, regularization, loss_mix=loss_mix)

    arrays = {
        "alpha": alpha,
        "logits": logits,
        "weightedLogits": weighted,
        "probabilities": probabilities,
        "perSample": per_sample,
        "order": torch.tensor(scn.importance_order(alpha), dtype=torch.int32),
    }
    if high is not None:
        arrays["high"] = high.to(torch.uint8)
    for term, value in (("ce", mean), ("rr", regularization), ("total", total)):
        gradients = torch.autograd.grad(value, list(leaves.values()), retain_graph=True, allow_unused=True)
        for (name, leaf), gradient in zip(leaves.items(), gradients):
            gradient = torch.zeros_like(leaf) if gradient is None else gradient
            if not torch.isfinite(gradient).all():
                raise AssertionError(f"gradient of {term} for {name} is not finite")
            arrays[f"gradient/{term}/{name}"] = gradient
    metadata = {
        "samples": x.shape[0],
        "features": x.shape[1],
        "classes": weights.shape[1],
        "beta": beta,
        "margin1": margin1,
        "margin2": margin2,
        "lossMix": loss_mix,
        "weightBias": weight_bias,
        "highCount": None if high is None else int(high.sum()),
        "meanHigh": None if high is None else mean_high.item(),
        "meanLow": None if high is None else mean_low.item(),
        "crossEntropy": mean.item(),
        "rankRegularization": regularization.item(),
        "total": total.item(),
        "relabel": {
            candidates: scn.relabel(probabilities, labels, high, margin2, candidates) for candidates in ("low", "all")
        },
    }
    return metadata, {name: value.detach().numpy() for name, value in arrays.items()}


def distance_to_thresholds(metadata, arrays, labels):
    """Smallest distance of any decision of the case from its threshold; exact ties count too."""
    alpha = numpy.sort(arrays["alpha"])
    probabilities = arrays["probabilities"]
    ranked = numpy.sort(probabilities, axis=1)
    gap = ranked[:, -1] - probabilities[numpy.arange(len(labels)), labels]
    distances = [abs(gap - metadata["margin2"]).min(), (ranked[:, -1] - ranked[:, -2]).min()]
    if len(alpha) > 1:
        distances.append(numpy.diff(alpha).min())
        distances.append(abs(metadata["margin1"] - (metadata["meanHigh"] - metadata["meanLow"])))
    return min(distances)


def as_float32(values):
    """Round to float32 and back, so that a float32 engine gets the very same inputs."""
    return numpy.asarray(values, dtype=numpy.float32).astype(numpy.float64)


def random_inputs(seed, samples, features, classes, scale=1.5, importance_scale=0.6, labels=None):
    generator = numpy.random.default_rng([2020, seed])
    return {
        "x": as_float32(generator.standard_normal((samples, features))),
        "weights": as_float32(scale * generator.standard_normal((features, classes)) / math.sqrt(features)),
        "bias": as_float32(0.3 * generator.standard_normal(classes)),
        "importanceWeights": as_float32(importance_scale * generator.standard_normal((features, 1))),
        "importanceBias": as_float32(0.5 * generator.standard_normal(1)),
        "labels": generator.integers(0, classes if labels is None else labels, samples).tolist(),
    }


def dyadic_inputs(seed, samples, features, classes):
    """Inputs that are small multiples of 1/4: sums are exact in any precision and any order, so ties are exact."""
    generator = numpy.random.default_rng([2021, seed])

    def draw(*shape):
        return generator.integers(-6, 7, shape) / 4

    return {
        "x": draw(samples, features),
        "weights": draw(features, classes),
        "bias": draw(classes),
        "importanceWeights": draw(features, 1),
        "importanceBias": draw(1),
        "labels": generator.integers(0, classes, samples).tolist(),
    }


def identity_inputs(rows, labels, importance=None):
    """Features are the logits themselves (identity weights). A last feature column, unseen by the classifier, is the
    pre-activation of alpha; 0 for all, alpha = 1/2, by default."""
    rows = numpy.asarray(rows, dtype=numpy.float64)
    samples, classes = rows.shape
    column = numpy.zeros(samples) if importance is None else numpy.asarray(importance, dtype=numpy.float64)
    return {
        "x": numpy.concatenate([rows, column[:, None]], axis=1),
        "weights": numpy.concatenate([numpy.eye(classes), numpy.zeros((1, classes))]),
        "bias": numpy.zeros(classes),
        "importanceWeights": numpy.concatenate([numpy.zeros((classes, 1)), numpy.ones((1, 1))]),
        "importanceBias": numpy.zeros(1),
        "labels": labels,
    }


def random_cases():
    """(name, inputs, options): every decision at least 1e-5 away from its threshold."""
    sizes = [
        # samples, features, classes, beta, margin1, loss mix
        (2, 3, 2, 0.7, 0.15, None),
        (2, 4, 7, 0.3, 0.9, None),
        (3, 4, 3, 0.7, 0.5, None),
        (5, 4, 7, 0.7, 0.15, None),
        (5, 3, 8, 0.3, 0.6, 0.5),
        (8, 5, 7, 0.7, 0.15, 0.5),
        (8, 5, 7, 0.7, 0.8, 0.5),
        (8, 4, 2, 0.7, 0.8, 0.25),
        (16, 6, 7, 0.7, 0.07, None),
        (16, 6, 8, 0.3, 0.7, None),
        (64, 6, 7, 0.7, 0.15, None),
        (64, 6, 8, 0.7, 0.9, None),
    ]
    for number, (samples, features, classes, beta, margin1, loss_mix) in enumerate(sizes):
        suffix = "" if loss_mix is None else f"-mix-{loss_mix}"
        name = f"random-{samples}x{features}x{classes}-beta-{beta}-margin-{margin1}{suffix}"
        options = {"beta": beta, "margin1": margin1, "margin2": 0.2, "loss_mix": loss_mix}
        for attempt in range(100):
            inputs = random_inputs(1000 * number + attempt, samples, features, classes)
            metadata, arrays = evaluate(inputs, **options)
            if distance_to_thresholds(metadata, arrays, inputs["labels"]) > 2 * THRESHOLD:
                break
        else:
            raise AssertionError(f"{name}: no draw keeps away from the thresholds")
        yield name, inputs, options


def edge_cases():
    """(name, inputs, options, note): one property each."""
    plain = {"beta": 0.7, "margin1": 0.15, "margin2": 0.2}
    yield "fixture-a-margin-0.15", FIXTURE_A, dict(plain), "rank regularization inactive"
    yield "fixture-a-margin-0.5", FIXTURE_A, dict(plain, margin1=0.5), "rank regularization active"
    yield "fixture-a-mix-0.5", FIXTURE_A, dict(plain, margin1=0.5, loss_mix=0.5), "the paper's mixing of the two terms"

    one = random_inputs(11, 1, 3, 7)
    one["labels"] = [int(numpy.argmax(one["x"] @ one["weights"] + one["bias"]))]
    yield "one-sample", one, dict(plain), "N = 1: no groups, RR 0; the label is the predicted class"
    least = int(numpy.argmin(one["x"] @ one["weights"] + one["bias"]))
    edited = dict(one, importanceBias=numpy.array([3.0]), labels=[least])
    yield "one-sample-edit", edited, dict(plain), "N = 1: RR 0; an edit for candidates 'all'"

    eight = random_inputs(12, 8, 4, 7)
    yield "beta-0", eight, dict(plain, beta=0.0, margin1=0.4), "floor gives 0 high samples: clamped to 1"
    yield "beta-1", eight, dict(plain, beta=1.0, margin1=0.4), "floor gives N high samples: clamped to N - 1"
    yield "bias-unweighted", eight, dict(plain, weight_bias=False), "alpha does not multiply the classifier's bias"

    equal = random_inputs(13, 8, 4, 7)
    equal["importanceWeights"] = numpy.zeros((4, 1))
    equal["importanceBias"] = numpy.array([0.25])
    yield "alpha-all-equal", equal, dict(plain), "order by index; H = L up to rounding; RR = margin1"

    ties = dyadic_inputs(1, 16, 2, 3)
    yield "alpha-some-equal", ties, dict(plain, margin1=0.9), "exact alpha ties, one across the cut between the groups"

    pre = [40, -40, 40, -40, 0.5, -0.25, 40, -40]
    saturated = identity_inputs([[2, 0, -1], [3, -2, 1], [-1, 4, 2], [0, 8, -8], [1, 2, 3], [2, 2.5, 1], [-60, 60, 0], [9, 0, 1]],
                                [0, 2, 1, 0, 1, 2, 0, 1], pre)
    yield "alpha-saturated", saturated, dict(plain, margin1=0.9), "pre-activations of +-40: exact alpha 1, and 4e-18"
    yield "alpha-saturated-met", saturated, dict(plain), "the same with the margin met"

    rows = [[1, 0, 2], [0, 1, -1], [2, 2.5, 0], [0.5, 0, 1]]
    exact = identity_inputs(rows, [0, 1, 2, 2], [40, 0, 40, 0])
    half = dict(plain, beta=0.5, margin1=0.5)
    yield "rank-margin-exact", exact, half, "H - L = 1 - 1/2 = margin1 exactly: RR 0, zero gradient"

    tied = identity_inputs(
        [[2, 2, 0, 2], [2, 2, 0, 2], [0, 4, 4, 1], [0, 4, 4, 1], [0, 4, 4, 1], [3, 3, 3, 3], [-1, 0, 5, 5], [8, 0, 0, 0]],
        [2, 1, 0, 1, 2, 3, 0, 0],
        [1.25, 1, 0.75, 0.5, 0.25, 0, -0.25, -0.5],
    )
    yield "argmax-ties", tied, dict(plain), "tied maxima: lowest class; no edit when the label is among them"
    yield "argmax-ties-all-low", tied, dict(plain, beta=0.0), "the same rows, all but one in the low group"

    # weighted logits 0, 0, -800 and 0, 0, 0, 0, -800: the last probability is exactly 0, the others 1/2 or 1/4
    apart = identity_inputs(
        [[0, 0, -1600, -1600, -1600], [0, -1600, 0, -1600, -1600], [0, 0, 0, 0, -1600], [-1600, 0, -1600, -1600, -1600]],
        [2, 4, 4, 1],
    )
    yield "relabel-gap-exact", apart, dict(plain, margin2=0.5), "two samples with P_max - P_given = 1/2 = margin2 exactly: no edit"
    yield "relabel-gap-above", apart, dict(plain, margin2=0.25), "the same rows, margin2 1/4: the first two are edited, the third (gap 1/4) is not"
    yield "relabel-gap-above-low", apart, dict(plain, margin2=0.125, beta=0.3), "three of the rows in the low group"

    missing = random_inputs(14, 16, 5, 7, labels=3)
    yield "missing-classes", missing, dict(plain), "only classes 0..2 of 7 occur as labels"
    single = random_inputs(15, 5, 3, 2, labels=1)
    yield "single-class", single, dict(plain), "every label is 0"


def check_fixture_a(results):
    """Every digit of the closed-form values must come out."""

    def same(values, printed, digits):
        flat = numpy.asarray(values, dtype=numpy.float64).reshape(-1)
        expected = numpy.asarray(printed, dtype=numpy.float64).reshape(-1)
        if flat.shape != expected.shape or not (abs(flat - expected) <= 0.5000001 * 10.0**-digits).all():
            raise AssertionError(f"fixture A: {flat} is not {expected}")

    for margin in ("0.15", "0.5"):
        metadata, arrays = results[f"fixture-a-margin-{margin}"]
        same(arrays["alpha"][0], 0.73105857863, 11)
        same(arrays["alpha"][1:], [0.764047599797, 0.182425523806, 0.519989340156], 12)
        same(arrays["order"], [1, 0, 3, 2], 12)
        same([metadata["highCount"], metadata["meanHigh"], metadata["meanLow"]], [2, 0.747553089214, 0.351207431981], 12)
        same(metadata["crossEntropy"], 1.095813558155, 12)
        same(
            arrays["gradient/total/weights"].T,
            [[0.043216431808, 0.148194371456], [0.144805431291, -0.031368574992], [-0.188021863099, -0.116825796464]],
            12,
        )
        same(arrays["gradient/total/bias"], [0.022738914127, 0.077346153012, -0.100085067139], 12)
        if metadata["relabel"] != {"low": [], "all": [[1, 2, 1]]}:
            raise AssertionError(f"fixture A: relabel {metadata['relabel']}")
        row = arrays["probabilities"][1]
        same(row[1] - row[2], 0.263152686, 9)
    metadata, arrays = results["fixture-a-margin-0.15"]
    same(metadata["rankRegularization"], 0, 12)
    same(arrays["gradient/total/importanceWeights"], [0.074423872, -0.059237503], 9)
    # -0.02414201256: quoted elsewhere as -0.024142012, cut and not rounded
    same(arrays["gradient/total/importanceBias"], -0.0241420126, 10)
    metadata, arrays = results["fixture-a-margin-0.5"]
    same(metadata["rankRegularization"], 0.103654342767, 12)
    same(arrays["gradient/total/importanceWeights"], [-0.153388159, 0.190640101], 9)
    same(arrays["gradient/total/importanceBias"], -0.013213973, 9)


def check_edge_cases(results):
    """Each constructed case must show the property that it was made for."""

    def require(condition, name):
        if not condition:
            raise AssertionError(f"{name}: the case lost its property")

    for name in ("one-sample", "one-sample-edit"):
        require(results[name][0]["rankRegularization"] == 0 and results[name][0]["highCount"] is None, name)
        require(results[name][0]["relabel"]["low"] is None, name)
    require(len(results["one-sample-edit"][0]["relabel"]["all"]) == 1, "one-sample-edit")
    require(results["one-sample"][0]["relabel"]["all"] == [], "one-sample")
    require(results["beta-0"][0]["highCount"] == 1 and results["beta-1"][0]["highCount"] == 7, "beta-0, beta-1")
    require(results["beta-0"][0]["rankRegularization"] + results["beta-1"][0]["rankRegularization"] > 0, "beta-0, beta-1")
    metadata, arrays = results["alpha-all-equal"]
    require(arrays["order"].tolist() == list(range(8)) and abs(metadata["rankRegularization"] - 0.15) < 1e-15, "alpha-all-equal")
    metadata, arrays = results["alpha-some-equal"]
    ranked = arrays["alpha"][arrays["order"]]
    require(ranked[metadata["highCount"] - 1] == ranked[metadata["highCount"]], "alpha-some-equal")
    require(metadata["rankRegularization"] > 0, "alpha-some-equal")
    metadata, arrays = results["alpha-saturated"]
    require(arrays["alpha"].max() == 1.0 and 0 < arrays["alpha"].min() < 1e-17 and metadata["rankRegularization"] > 0, "alpha-saturated")
    require(results["alpha-saturated-met"][0]["rankRegularization"] == 0, "alpha-saturated-met")
    metadata, arrays = results["rank-margin-exact"]
    require(metadata["meanHigh"] - metadata["meanLow"] == metadata["margin1"], "rank-margin-exact")
    require(not arrays["gradient/rr/x"].any() and not arrays["gradient/rr/importanceBias"].any(), "rank-margin-exact")
    require(results["argmax-ties"][0]["relabel"]["all"] == [[0, 2, 0], [2, 0, 1], [6, 0, 2]], "argmax-ties")
    require(results["argmax-ties"][0]["relabel"]["low"] == [[6, 0, 2]], "argmax-ties")
    require(results["argmax-ties-all-low"][0]["relabel"]["low"] == [[2, 0, 1], [6, 0, 2]], "argmax-ties-all-low")
    require(results["relabel-gap-exact"][0]["relabel"]["all"] == [], "relabel-gap-exact")
    require(results["relabel-gap-above"][0]["relabel"] == {"low": [], "all": [[0, 2, 0], [1, 4, 0]]}, "relabel-gap-above")
    require(results["relabel-gap-above-low"][0]["relabel"]["low"] == [[1, 4, 0], [2, 4, 0]], "relabel-gap-above-low")
    require(any(results[name][0]["relabel"]["low"] for name in results if name.startswith("random")), "random")


def make_modules():
    """(tensors, metadata) of the two files."""
    results, tensors, cases = {}, {}, []
    described = [(name, inputs, options, "random draw") for name, inputs, options in random_cases()]
    for name, inputs, options, note in list(edge_cases()) + described:
        metadata, arrays = evaluate(inputs, **options)
        results[name] = metadata, arrays
        cases.append({"name": name, "note": note, **metadata})
        for part in PARAMETERS:
            tensors[f"{name}/{part}"] = numpy.asarray(inputs[part], dtype=numpy.float64)
        tensors[f"{name}/labels"] = numpy.asarray(inputs["labels"], dtype=numpy.int32)
        for part, values in arrays.items():
            tensors[f"{name}/{part}"] = values
        if name in APART and distance_to_thresholds(metadata, arrays, inputs["labels"]) < THRESHOLD:
            raise AssertionError(f"{name}: a decision is within {THRESHOLD} of its threshold")
    check_fixture_a(results)
    check_edge_cases(results)
    counts = [
        {"beta": beta, "counts": [scn.high_count(samples, beta) for samples in range(2, 129)]}
        for beta in (0.0, 0.07, 0.1, 0.29, 0.3, 0.57, 0.7, 0.9, 1.0)
    ]
    return tensors, {"cases": cases, "highCounts": {"firstSamples": 2, "lastSamples": 128, "tables": counts}}
