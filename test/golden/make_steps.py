"""Twenty training steps of the small network for each preset: steps-<preset>.safetensors and .json."""

import numpy
import torch

import network
import scn_reference as scn

SAMPLES, BATCH, STEPS = 64, 16, 20
SUBTRACT, DIVIDE = 128, 64
LEARNING_RATE, BETA1, BETA2, ADAM_EPSILON = 2e-3, 0.9, 0.999, 1e-8

# The seeds were searched for runs whose decisions keep well away from their thresholds (see `margins` in the JSON).
PRESETS = {
    "paper": {
        "seed": 1073,
        "margin1": 0.15,
        "candidates": "low",
        "weightDecay": 0.0,
        "warmUp": 16,
        "importanceGap": 0.13,
    },
    "official-code": {
        "seed": 303,
        "margin1": 0.07,
        "candidates": "all",
        "weightDecay": 1e-4,
        "warmUp": 12,
        "importanceGap": 0.06,
    },
}
BETA, MARGIN2, REGULARIZER_WEIGHT = 0.7, 0.2, 1.0
RELU_CLEARANCE, DECISION_CLEARANCE = 1e-6, 1e-5


def make_data(generator):
    """64 images [64, 12, 12, 1] of bytes, one smooth pattern per class plus noise, and labels with about a third wrong."""
    classes = network.CLASSES
    coarse = generator.standard_normal((classes, 4, 4))
    patterns = numpy.kron(coarse, numpy.ones((3, 3)))
    true = generator.permutation(numpy.arange(SAMPLES) % classes)
    values = 40 * patterns[true] + 35 * generator.standard_normal((SAMPLES, 12, 12)) + SUBTRACT
    images = numpy.clip(numpy.rint(values), 0, 255).astype(numpy.uint8)[..., None]
    wrong = generator.random(SAMPLES) < 0.35
    labels = numpy.where(wrong, (true + generator.integers(1, classes, SAMPLES)) % classes, true)
    batches = [generator.permutation(SAMPLES).reshape(-1, BATCH) for _ in range(STEPS * BATCH // SAMPLES)]
    return images, true, labels.astype(numpy.int32), numpy.concatenate(batches)


def normalize_images(images):
    """(byte - 128) / 64, exact in float32."""
    return (torch.tensor(images, dtype=torch.float64) - SUBTRACT) / DIVIDE


def warm_up(state, pixels, labels, steps, importance_gap):
    """Fit the state to the true labels for a few full-batch steps, so that the recorded run starts from a network with
    opinions: one with random weights predicts the same class for nearly every image. Ends on float32 values."""
    parameters = [state[name].requires_grad_() for name in network.PARAMETERS if not name.startswith("importance/")]
    optimizer = torch.optim.Adam(parameters, lr=0.02)
    labels = torch.tensor(labels, dtype=torch.int64)
    for _ in range(steps):
        outputs = network.forward(state, pixels, training=True)
        optimizer.zero_grad()
        scn.cross_entropy(outputs["weightedLogits"], labels).mean().backward()
        optimizer.step()
    with torch.no_grad():
        # the importance head: pre-activations around 0.4 whose spread makes mean high - mean low about importance_gap,
        # near margin1 (for a normal spread s that difference is 1.66 s alpha (1 - alpha) = 0.4 s)
        features = network.forward(state, pixels, training=True)["features"]
        spread = (features @ state["importance/weights"]).std()
        state["importance/weights"].mul_(importance_gap / 0.4 / spread)
        state["importance/bias"].copy_(0.4 - features.mean(dim=0) @ state["importance/weights"])
    return {name: value.detach().float().double() for name, value in state.items()}


def distances(outputs, probabilities, labels, high_count, mean_gap, margin1):
    """Smallest distance of each kind of decision of a step from its threshold."""
    windows = outputs["poolInput"].unfold(2, 2, 2).unfold(3, 2, 2).reshape(-1, 4).sort(dim=1).values
    positive = windows[windows[:, 3] > 0]
    alpha = outputs["alpha"].detach().sort(descending=True).values
    ranked = probabilities.sort(dim=1).values
    gap = ranked[:, -1] - probabilities.gather(1, labels[:, None]).reshape(-1)
    return {
        "reluInput": min(x.abs().min().item() for x in outputs["reluInputs"]),
        "poolTopTwo": (positive[:, 3] - positive[:, 2]).min().item(),
        "importanceTie": (alpha[:-1] - alpha[1:]).min().item(),
        "groupCut": (alpha[high_count - 1] - alpha[high_count]).item(),
        "rankMargin": abs(margin1 - mean_gap),
        "relabelGap": (gap - MARGIN2).abs().min().item(),
        "argmaxTopTwo": (ranked[:, -1] - ranked[:, -2]).min().item(),
    }


def make_steps(preset):
    """(tensors, metadata) of the two files of a preset; asserts that the run is a usable reference:
    a float32 engine must be able to take every decision as this run did."""
    options = PRESETS[preset]
    generator = numpy.random.default_rng([2022, options["seed"]])
    images, true, given, batches = make_data(generator)
    pixels = normalize_images(images)
    state = network.initial_state(generator)
    state = warm_up(state, pixels, true, options["warmUp"], options["importanceGap"])
    parameters = {name: state[name].requires_grad_() for name in network.PARAMETERS}
    # weight_decay of torch.optim.Adam is the coupled L2 term: gradient + weightDecay * parameter
    optimizer = torch.optim.Adam(
        parameters.values(), lr=LEARNING_RATE, betas=(BETA1, BETA2), eps=ADAM_EPSILON, weight_decay=options["weightDecay"]
    )
    current = torch.tensor(given, dtype=torch.int64)
    columns, records, margins = {}, [], {}

    def append(name, value):
        value = value.detach().numpy().copy()
        columns.setdefault(name, []).append(value)

    def append_state():
        for name, value in state.items():
            append(f"state/{name}", value)
        for name, parameter in parameters.items():
            slots = optimizer.state.get(parameter, {})
            append(f"state/{name}:m", slots.get("exp_avg", torch.zeros_like(parameter)))
            append(f"state/{name}:v", slots.get("exp_avg_sq", torch.zeros_like(parameter)))

    for step in range(STEPS):
        append_state()
        samples = batches[step]
        labels = current[torch.tensor(samples)].clone()
        outputs = network.forward(state, pixels[torch.tensor(samples)], training=True)
        alpha = outputs["alpha"]
        per_sample = scn.cross_entropy(outputs["weightedLogits"], labels)
        cross_entropy = per_sample.mean()
        high = scn.high_group(alpha, BETA)
        regularization, mean_high, mean_low = scn.rank_regularization(alpha, high, options["margin1"])
        loss = scn.total_loss(cross_entropy, regularization, REGULARIZER_WEIGHT)
        optimizer.zero_grad()
        loss.backward()
        probabilities = torch.softmax(outputs["weightedLogits"].detach(), dim=1)
        edits = scn.relabel(probabilities, labels, high, MARGIN2, options["candidates"])

        append("alpha", alpha)
        append("probabilities", probabilities)
        append("rawProbabilities", torch.softmax(outputs["logits"], dim=1))
        append("perSample", per_sample)
        append("high", high.to(torch.uint8))
        for name, parameter in parameters.items():
            append(f"gradient/{name}", parameter.grad)
        relabels = [[int(samples[index]), source, target] for index, source, target in edits]
        records.append(
            {
                "step": step,
                "samples": samples.tolist(),
                "labels": labels.tolist(),
                "loss": loss.item(),
                "crossEntropy": cross_entropy.item(),
                "rankRegularization": regularization.item(),
                "meanHigh": mean_high.item(),
                "meanLow": mean_low.item(),
                "relabels": relabels,
            }
        )
        found = distances(
            outputs, probabilities, labels, int(high.sum()), (mean_high - mean_low).item(), options["margin1"]
        )
        if step == 0:
            found["firstGradient"] = min(parameter.grad.abs().min().item() for parameter in parameters.values())
        for kind, value in found.items():
            margins[kind] = min(value, margins.get(kind, value))
            if value <= (RELU_CLEARANCE if kind == "reluInput" else DECISION_CLEARANCE):
                raise AssertionError(f"{preset}: {kind} comes within {value:.2e} of its threshold in step {step}")

        optimizer.step()
        for sample, _, target in relabels:
            current[sample] = target
    append_state()

    require_active(preset, records)
    with torch.no_grad():
        final = network.forward(state, pixels, training=False)
    tensors = {name: numpy.stack(values) for name, values in columns.items()}
    tensors["images"] = images
    tensors["evaluation/alpha"] = final["alpha"].numpy()
    tensors["evaluation/probabilities"] = torch.softmax(final["weightedLogits"], dim=1).numpy()
    metadata = {
        "preset": preset,
        "samples": SAMPLES,
        "batchSize": BATCH,
        "classes": network.CLASSES,
        "image": {"height": 12, "width": 12, "channels": 1, "subtract": SUBTRACT, "divide": DIVIDE},
        "batchNorm": {"epsilon": network.EPSILON, "momentum": network.MOMENTUM},
        "optimizer": {
            "name": "adam",
            "learningRate": LEARNING_RATE,
            "beta1": BETA1,
            "beta2": BETA2,
            "epsilon": ADAM_EPSILON,
            "weightDecay": options["weightDecay"],
            "decoupled": False,
        },
        "scn": {
            "beta": BETA,
            "margin1": options["margin1"],
            "margin2": MARGIN2,
            "candidates": options["candidates"],
            "regularizerWeight": REGULARIZER_WEIGHT,
            "highCount": scn.high_count(BATCH, BETA),
        },
        "parameters": [{"name": name, "shape": list(shape)} for name, shape in network.PARAMETERS.items()],
        "statistics": [{"name": name, "shape": list(shape)} for name, shape in network.STATISTICS.items()],
        "margins": margins,
        "labels": given.tolist(),
        "finalLabels": current.tolist(),
        "steps": records,
    }
    return tensors, metadata


def require_active(preset, records):
    """The run must exercise the modules."""
    edits = sum(len(record["relabels"]) > 0 for record in records)
    active = sum(record["rankRegularization"] > 0 for record in records)
    if edits < 5 or not 5 <= active <= STEPS - 5:
        raise AssertionError(f"{preset}: labels edited in {edits} steps, rank regularization active in {active}")
    targets = {target for record in records for _, _, target in record["relabels"]}
    if len(targets) < 4:
        raise AssertionError(f"{preset}: labels are edited to {len(targets)} classes only")
    late = sum(len(record["relabels"]) > 0 for record in records[STEPS // 2 :])
    if late == 0:
        raise AssertionError(f"{preset}: no label is edited in the second half")
