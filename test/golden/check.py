"""Check the fixtures without torch or numpy: `python3 test/golden/check.py`.

Everything is recomputed in plain Python from the stored inputs: forward values by loops over the definitions, gradients
by central differences of that forward pass, label edits and optimizer updates by their rules. Says OK or fails.
"""

import json
import math
import os
import random
import sys

sys.dont_write_bytecode = True

import tensor_file  # noqa: E402

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "fixtures")
checks = 0


def load(name):
    with open(os.path.join(FOLDER, f"{name}.json"), encoding="utf-8") as file:
        metadata = json.load(file)
    return metadata, tensor_file.read(os.path.join(FOLDER, f"{name}.safetensors"))


def close(found, expected, tolerance, what):
    """|found - expected| <= tolerance * max(1, largest |expected|), element by element; NaN fails."""
    global checks
    found, expected = list(found), list(expected)
    if len(found) != len(expected):
        raise SystemExit(f"FAIL {what}: {len(found)} values for {len(expected)}")
    limit = tolerance * max([1.0] + [abs(value) for value in expected])
    for index, (a, b) in enumerate(zip(found, expected)):
        if not abs(a - b) <= limit:
            raise SystemExit(f"FAIL {what}[{index}]: {a!r} recomputed, {b!r} stored")
    checks += 1


def equal(found, expected, what):
    global checks
    if found != expected:
        raise SystemExit(f"FAIL {what}: {found!r} recomputed, {expected!r} stored")
    checks += 1


def product(shape):
    return math.prod(shape)


# --- the SCN modules ---------------------------------------------------------------------------------------------


def sigmoid(value):
    return 1 / (1 + math.exp(-value)) if value >= 0 else math.exp(value) / (1 + math.exp(value))


def softmax(row):
    largest = max(row)
    powers = [math.exp(value - largest) for value in row]
    total = sum(powers)
    return [power / total for power in powers]


def loss_of(row, label):
    largest = max(row)
    return math.log(sum(math.exp(value - largest) for value in row)) + largest - row[label]


def affine(row, weights, bias, outputs):
    return [sum(row[k] * weights[k * outputs + c] for k in range(len(row))) + bias[c] for c in range(outputs)]


def scn_forward(inputs, case, high=None):
    """All values of a case. `high` holds the groups fixed, as the gradient takes them for constants."""
    samples, features, classes = case["samples"], case["features"], case["classes"]
    rows = [inputs["x"][i * features : (i + 1) * features] for i in range(samples)]
    alpha = [sigmoid(affine(row, inputs["importanceWeights"], inputs["importanceBias"], 1)[0]) for row in rows]
    logits = [affine(row, inputs["weights"], inputs["bias"], classes) for row in rows]
    if case["weightBias"]:
        weighted = [[a * value for value in row] for a, row in zip(alpha, logits)]
    else:
        zeros = [0.0] * classes
        plain = [affine(row, inputs["weights"], zeros, classes) for row in rows]
        weighted = [[a * v + b for v, b in zip(row, inputs["bias"])] for a, row in zip(alpha, plain)]
    per_sample = [loss_of(row, label) for row, label in zip(weighted, inputs["labels"])]
    order = sorted(range(samples), key=lambda i: (-alpha[i], i))
    count = None
    if samples >= 2:
        count = min(max(int(case["beta"] * samples), 1), samples - 1)
        if high is None:
            high = [int(order.index(i) < count) for i in range(samples)]
    mean_high = mean_low = None
    regularization = 0.0
    if count is not None:
        mean_high = sum(a for a, h in zip(alpha, high) if h) / count
        mean_low = sum(a for a, h in zip(alpha, high) if not h) / (samples - count)
        regularization = max(0.0, case["margin1"] - (mean_high - mean_low))
    mean = sum(per_sample) / samples
    mix = case["lossMix"]
    return {
        "alpha": alpha,
        "order": order,
        "high": high,
        "count": count,
        "means": (mean_high, mean_low),
        "logits": logits,
        "weightedLogits": weighted,
        "probabilities": [softmax(row) for row in weighted],
        "perSample": per_sample,
        "ce": mean,
        "rr": regularization,
        "total": mean + regularization if mix is None else mix * regularization + (1 - mix) * mean,
    }


def edits_of(probabilities, labels, high, margin2, candidates):
    if candidates == "low" and high is None:
        return None
    edits = []
    for index, row in enumerate(probabilities):
        if candidates == "low" and high[index]:
            continue
        best = max(range(len(row)), key=lambda c: (row[c], -c))
        if row[labels[index]] < row[best] and row[best] - row[labels[index]] > margin2:
            edits.append([index, labels[index], best])
    return edits


def flat(rows):
    return [value for row in rows for value in row]


def check_modules():
    metadata, tensors = load("modules")
    for case in metadata["cases"]:
        name = case["name"]
        inputs = {
            part: list(tensors[f"{name}/{part}"][2])
            for part in ("x", "weights", "bias", "importanceWeights", "importanceBias", "labels")
        }
        found = scn_forward(inputs, case)
        for part in ("alpha", "perSample"):
            close(found[part], tensors[f"{name}/{part}"][2], 1e-12, f"{name}/{part}")
        for part in ("logits", "weightedLogits", "probabilities"):
            close(flat(found[part]), tensors[f"{name}/{part}"][2], 1e-12, f"{name}/{part}")
        equal(found["order"], list(tensors[f"{name}/order"][2]), f"{name}/order")
        equal(found["count"], case["highCount"], f"{name} highCount")
        if found["count"] is not None:
            equal(found["high"], list(tensors[f"{name}/high"][2]), f"{name}/high")
            close(found["means"], (case["meanHigh"], case["meanLow"]), 1e-12, f"{name} group means")
        for part, key in (("ce", "crossEntropy"), ("rr", "rankRegularization"), ("total", "total")):
            close([found[part]], [case[key]], 1e-12, f"{name} {key}")
        for candidates in ("low", "all"):
            edits = edits_of(found["probabilities"], inputs["labels"], found["high"], case["margin2"], candidates)
            equal(edits, case["relabel"][candidates], f"{name} relabel {candidates}")
        check_module_gradients(name, case, inputs, found["high"], tensors)
    for table in metadata["highCounts"]["tables"]:
        found = [min(max(int(table["beta"] * samples), 1), samples - 1) for samples in range(2, 129)]
        equal(found, table["counts"], f"highCounts {table['beta']}")


def check_module_gradients(name, case, inputs, high, tensors):
    # at its kink the term has no derivative: there the gradient is zero by definition
    at_kink = case["rankRegularization"] == 0 and high is not None and case["meanHigh"] - case["meanLow"] == case["margin1"]
    # the rounding error of a difference grows with the values subtracted
    tolerance = 1e-9 * max(1.0, case["crossEntropy"])
    for part in ("x", "weights", "bias", "importanceWeights", "importanceBias"):
        gradients = {"ce": [], "rr": [], "total": []}
        values = inputs[part]
        for index, value in enumerate(values):
            # a power of two, so that the steps are exact next to large values too
            width = 2.0 ** (math.floor(math.log2(max(1.0, abs(value)))) - 16)
            sides = []
            for steps in (1, -1, 2, -2):
                values[index] = value + steps * width
                sides.append(scn_forward(inputs, case, high))
            values[index] = value
            for term, gradient in gradients.items():
                near, far = sides[0][term] - sides[1][term], sides[2][term] - sides[3][term]
                gradient.append((8 * near - far) / (12 * width))
        if at_kink:
            gradients["rr"] = [0.0] * len(values)
            gradients["total"] = gradients["ce"]
        for term, gradient in gradients.items():
            close(gradient, tensors[f"{name}/gradient/{term}/{part}"][2], tolerance, f"{name}/gradient/{term}/{part}")


# --- operations --------------------------------------------------------------------------------------------------


def convolve(x, shape, filters, filter_shape, strides, padding, groups):
    """NHWC convolution by its definition; (values, shape)."""
    batch, height, width, channels = shape
    kh, kw, inner, outputs = filter_shape
    (top, bottom), (left, right) = padding
    rows = (height + top + bottom - kh) // strides[0] + 1
    columns = (width + left + right - kw) // strides[1] + 1
    result = []
    for n in range(batch):
        for i in range(rows):
            for j in range(columns):
                totals = [0.0] * outputs
                for a in range(kh):
                    y = i * strides[0] + a - top
                    if not 0 <= y < height:
                        continue
                    for b in range(kw):
                        z = j * strides[1] + b - left
                        if not 0 <= z < width:
                            continue
                        base = ((n * height + y) * width + z) * channels
                        for o in range(outputs):
                            first = base + o // (outputs // groups) * inner
                            tap = (a * kw + b) * inner * outputs + o
                            totals[o] += sum(x[first + c] * filters[tap + c * outputs] for c in range(inner))
                result.extend(totals)
    return result, [batch, rows, columns, outputs]


def max_pool(x, shape, size, strides, padding):
    """(values, shape, index in x of each value: the first maximum in row-major order of the window)."""
    batch, height, width, channels = shape
    rows = (height + sum(padding[0]) - size[0]) // strides[0] + 1
    columns = (width + sum(padding[1]) - size[1]) // strides[1] + 1
    values, sources = [], []
    for n in range(batch):
        for i in range(rows):
            for j in range(columns):
                for c in range(channels):
                    best, source = -math.inf, -1
                    for a in range(size[0]):
                        for b in range(size[1]):
                            y, z = i * strides[0] + a - padding[0][0], j * strides[1] + b - padding[1][0]
                            if 0 <= y < height and 0 <= z < width:
                                index = ((n * height + y) * width + z) * channels + c
                                if x[index] > best:
                                    best, source = x[index], index
                    values.append(best)
                    sources.append(source)
    return values, [batch, rows, columns, channels], sources


def channel_statistics(x, channels):
    """Mean, variance divided by the count, and the count."""
    count = len(x) // channels
    means = [math.fsum(x[c::channels]) / count for c in range(channels)]
    variances = [math.fsum((value - means[c]) ** 2 for value in x[c::channels]) / count for c in range(channels)]
    return means, variances, count


def batch_norm(x, means, variances, scale, offset, epsilon):
    channels = len(means)
    factors = [s / math.sqrt(v + epsilon) for s, v in zip(scale, variances)]
    return [(x[i] - means[i % channels]) * factors[i % channels] + offset[i % channels] for i in range(len(x))]


def dot(a, b):
    return math.fsum(x * y for x, y in zip(a, b))


def check_directions(forward, values, gradients, what, tolerance=1e-8, directions=3):
    """Directional derivatives of the scalar `forward(values)` along random directions, by central differences."""
    generator = random.Random(what)
    for part, gradient in gradients.items():
        original = values[part]
        for _ in range(directions):
            direction = [generator.choice((-1.0, 1.0)) for _ in original]
            width = 2.0**-17
            values[part] = [v + width * d for v, d in zip(original, direction)]
            above = forward(values)
            values[part] = [v - width * d for v, d in zip(original, direction)]
            below = forward(values)
            values[part] = original
            close([(above - below) / (2 * width)], [dot(gradient, direction)], tolerance, f"{what} gradient of {part}")


def check_operations():
    metadata, tensors = load("operations")
    for case in metadata["cases"]:
        name = case["name"]
        arrays = {key[len(name) + 1 :]: list(entry[2]) for key, entry in tensors.items() if key.startswith(name + "/")}
        shapes = {key[len(name) + 1 :]: entry[1] for key, entry in tensors.items() if key.startswith(name + "/")}
        gradients = {key[9:]: value for key, value in arrays.items() if key.startswith("gradient/")}
        OPERATIONS[case["operation"]](name, case, arrays, shapes, gradients)


def check_convolution(name, case, arrays, shapes, gradients):
    def forward(values):
        return convolve(
            values["x"], shapes["x"], values["filter"], shapes["filter"], case["strides"], case["padding"], case["groups"]
        )

    output, shape = forward(arrays)
    equal(shape, shapes["output"], f"{name} shape")
    close(output, arrays["output"], 1e-12, f"{name} output")
    check_directions(lambda values: dot(forward(values)[0], arrays["upstream"]), arrays, gradients, name)


def check_pool(name, case, arrays, shapes, gradients):
    output, shape, sources = max_pool(arrays["x"], shapes["x"], case["size"], case["strides"], case["padding"])
    equal(shape, shapes["output"], f"{name} shape")
    equal(output, arrays["output"], f"{name} output")
    gradient = [0.0] * len(arrays["x"])
    for source, upstream in zip(sources, arrays["upstream"]):
        gradient[source] += upstream
    close(gradient, gradients["x"], 1e-12, f"{name} gradient")


def check_batch_norm(name, case, arrays, shapes, gradients):
    channels = shapes["x"][-1]

    def forward(values):
        if case["training"]:
            means, variances, _ = channel_statistics(values["x"], channels)
        else:
            means, variances = arrays["mean"], arrays["variance"]
        return batch_norm(values["x"], means, variances, values["scale"], values["offset"], case["epsilon"])

    close(forward(arrays), arrays["output"], 1e-12, f"{name} output")
    if case["training"]:
        means, variances, count = channel_statistics(arrays["x"], channels)
        close(means, arrays["batchMean"], 1e-12, f"{name} mean")
        close(variances, arrays["batchVariance"], 1e-12, f"{name} variance")
        momentum = case["momentum"]
        new = [(1 - momentum) * old + momentum * mean for old, mean in zip(arrays["mean"], means)]
        close(new, arrays["newMean"], 1e-12, f"{name} running mean")
        unbiased = [value * count / (count - 1) for value in variances]
        new = [(1 - momentum) * old + momentum * value for old, value in zip(arrays["variance"], unbiased)]
        close(new, arrays["newVariance"], 1e-12, f"{name} running variance")
    check_directions(lambda values: dot(forward(values), arrays["upstream"]), arrays, gradients, name)


def check_cross_entropy(name, case, arrays, shapes, gradients):
    classes = shapes["logits"][1]

    def forward(values):
        losses = []
        for start in range(0, len(values["logits"]), classes):
            row, target = values["logits"][start : start + classes], values["targets"][start : start + classes]
            losses.append(math.fsum(t * loss_of(row, c) for c, t in enumerate(target)))
        return losses

    close(forward(arrays), arrays["output"], 1e-12, f"{name} output")
    rows = [arrays["logits"][start : start + classes] for start in range(0, len(arrays["logits"]), classes)]
    close(flat(softmax(row) for row in rows), arrays["probabilities"], 1e-12, f"{name} probabilities")
    check_directions(lambda values: dot(forward(values), arrays["upstream"]), arrays, gradients, name)


def adam_step(value, gradient, m, v, step, options):
    """One element after step `step` (from 1); (value, m, v)."""
    rate, decay = options["learningRate"], options["weightDecay"]
    if options["decoupled"]:
        value *= 1 - rate * decay
    else:
        gradient += decay * value
    m = options["beta1"] * m + (1 - options["beta1"]) * gradient
    v = options["beta2"] * v + (1 - options["beta2"]) * gradient * gradient
    corrected_m = m / (1 - options["beta1"] ** step)
    corrected_v = v / (1 - options["beta2"] ** step)
    return value - rate * corrected_m / (math.sqrt(corrected_v) + options["epsilon"]), m, v


def check_adam(name, case, arrays, shapes, gradients):
    steps, size = shapes["gradient"]
    for step in range(steps):
        now, then = slice(step * size, (step + 1) * size), slice((step + 1) * size, (step + 2) * size)
        columns = (arrays["parameter"][now], arrays["gradient"][now], arrays["m"][now], arrays["v"][now])
        found = [adam_step(*element, step + 1, case) for element in zip(*columns)]
        for index, part in enumerate(("parameter", "m", "v")):
            close([row[index] for row in found], arrays[part][then], 1e-14, f"{name} {part} after step {step}")


def check_sgd(name, case, arrays, shapes, gradients):
    steps, size = shapes["gradient"]
    momentum = case["momentum"]
    for step in range(steps):
        for index in range(size):
            now, then = step * size + index, (step + 1) * size + index
            value = arrays["parameter"][now]
            gradient = arrays["gradient"][now] + case["weightDecay"] * value
            if momentum > 0:
                velocity = momentum * arrays["velocity"][now] + gradient
                close([velocity], [arrays["velocity"][then]], 1e-14, f"{name} velocity after step {step}")
                gradient = gradient + momentum * velocity if case["nesterov"] else velocity
            value -= case["learningRate"] * gradient
            close([value], [arrays["parameter"][then]], 1e-14, f"{name} parameter after step {step}")


OPERATIONS = {
    "conv2d": check_convolution,
    "maxPool2d": check_pool,
    "batchNorm": check_batch_norm,
    "softmaxCrossEntropy": check_cross_entropy,
    "adam": check_adam,
    "sgd": check_sgd,
}


# --- training steps ----------------------------------------------------------------------------------------------


class Run:
    """The stored run of a preset."""

    def __init__(self, preset):
        self.metadata, self.tensors = load(f"steps-{preset}")
        self.parameters = [entry["name"] for entry in self.metadata["parameters"]]
        self.shapes = {e["name"]: e["shape"] for e in self.metadata["parameters"] + self.metadata["statistics"]}

    def row(self, name, step):
        _, shape, values = self.tensors[name]
        size = product(shape[1:])
        return list(values[step * size : (step + 1) * size])

    def state(self, step):
        return {name: self.row(f"state/{name}", step) for name in self.shapes}

    def forward(self, state, record, high=None, training=True):
        """Outputs of a batch and, in training, the new running statistics."""
        meta = self.metadata
        height, width = meta["image"]["height"], meta["image"]["width"]
        epsilon, momentum = meta["batchNorm"]["epsilon"], meta["batchNorm"]["momentum"]
        images, size = self.tensors["images"][2], height * width
        new = {}

        def normalize(x, layer):
            scale, offset = state[f"{layer}/bn/scale"], state[f"{layer}/bn/offset"]
            if not training:
                return batch_norm(x, state[f"{layer}/bn/mean"], state[f"{layer}/bn/variance"], scale, offset, epsilon)
            means, variances, count = channel_statistics(x, len(scale))
            unbiased = [value * count / (count - 1) for value in variances]
            for part, values in (("mean", means), ("variance", unbiased)):
                old = state[f"{layer}/bn/{part}"]
                new[f"{layer}/bn/{part}"] = [(1 - momentum) * a + momentum * b for a, b in zip(old, values)]
            return batch_norm(x, means, variances, scale, offset, epsilon)

        def conv(x, shape, layer, stride, padding):
            name = f"{layer}/filter"
            pads = [[padding, padding], [padding, padding]]
            return convolve(x, shape, state[name], self.shapes[name], [stride, stride], pads, 1)

        def relu(x):
            return [max(value, 0.0) for value in x]

        x = []
        for sample in record["samples"]:
            pixels = images[sample * size : (sample + 1) * size]
            x.extend((byte - meta["image"]["subtract"]) / meta["image"]["divide"] for byte in pixels)
        x, shape = conv(x, [len(record["samples"]), height, width, 1], "conv1", 2, 2)
        x, shape, _ = max_pool(relu(normalize(x, "conv1")), shape, [2, 2], [2, 2], [[0, 0], [0, 0]])
        x, shape = conv(x, shape, "conv2", 1, 1)
        skip = relu(normalize(x, "conv2"))
        x, shape = conv(skip, shape, "conv3", 1, 1)
        x = relu(a + b for a, b in zip(normalize(x, "conv3"), skip))
        samples, rows, columns, channels = shape
        positions = rows * columns
        features = []
        for n in range(samples):
            part = x[n * positions * channels : (n + 1) * positions * channels]
            features.extend(math.fsum(part[c::channels]) / positions for c in range(channels))
        case = {
            "samples": samples,
            "features": channels,
            "classes": meta["classes"],
            "beta": meta["scn"]["beta"],
            "margin1": meta["scn"]["margin1"],
            "lossMix": None,
            "weightBias": True,
        }
        inputs = {
            "x": features,
            "weights": state["classifier/weights"],
            "bias": state["classifier/bias"],
            "importanceWeights": state["importance/weights"],
            "importanceBias": state["importance/bias"],
            "labels": record["labels"],
        }
        return scn_forward(inputs, case, high), new


def check_steps(preset):
    run = Run(preset)
    meta = run.metadata
    equal(meta["scn"]["regularizerWeight"], 1, f"{preset} regularizer weight")
    labels = list(meta["labels"])
    for record in meta["steps"]:
        step = record["step"]
        what = f"{preset} step {step}"
        state = run.state(step)
        equal([labels[sample] for sample in record["samples"]], record["labels"], f"{what} labels")
        found, statistics = run.forward(state, record)
        high = found["high"]
        equal(high, run.row("high", step), f"{what} high")
        for part, name in (("alpha", "alpha"), ("perSample", "perSample")):
            close(found[part], run.row(name, step), 1e-11, f"{what} {name}")
        close(flat(found["probabilities"]), run.row("probabilities", step), 1e-11, f"{what} probabilities")
        raw = flat(softmax(row) for row in found["logits"])
        close(raw, run.row("rawProbabilities", step), 1e-11, f"{what} raw probabilities")
        scalars = [found["total"], found["ce"], found["rr"], *found["means"]]
        stored = [record[key] for key in ("loss", "crossEntropy", "rankRegularization", "meanHigh", "meanLow")]
        close(scalars, stored, 1e-11, f"{what} loss")
        edits = edits_of(found["probabilities"], record["labels"], high, meta["scn"]["margin2"], meta["scn"]["candidates"])
        edits = [[record["samples"][index], source, target] for index, source, target in edits]
        equal(edits, record["relabels"], f"{what} relabels")
        for sample, source, target in edits:
            equal(labels[sample], source, f"{what} label before the edit")
            labels[sample] = target
        for name, values in statistics.items():
            close(values, run.row(f"state/{name}", step + 1), 1e-12, f"{what} {name}")
        for name in run.parameters:
            before = (f"state/{name}", f"gradient/{name}", f"state/{name}:m", f"state/{name}:v")
            columns = [run.row(column, step) for column in before]
            after = [adam_step(*element, step + 1, meta["optimizer"]) for element in zip(*columns)]
            for index, slot in enumerate(("", ":m", ":v")):
                expected = run.row(f"state/{name}{slot}", step + 1)
                close([row[index] for row in after], expected, 1e-13, f"{what} {name}{slot}")
        if step in (0, meta["steps"][-1]["step"]):
            gradients = {name: run.row(f"gradient/{name}", step) for name in run.parameters}

            def forward(values, record=record, high=high):
                return run.forward(values, record, high)[0]["total"]

            check_narrow_directions(forward, state, gradients, what)
    equal(labels, meta["finalLabels"], f"{preset} final labels")
    record = {"samples": list(range(meta["samples"])), "labels": labels}
    found, _ = run.forward(run.state(len(meta["steps"])), record, training=False)
    for part, values in (("alpha", found["alpha"]), ("probabilities", flat(found["probabilities"]))):
        close(values, run.tensors[f"evaluation/{part}"][2], 1e-11, f"{preset} evaluation {part}")


def check_narrow_directions(forward, state, gradients, what):
    """One direction a parameter, with a step that no ReLU input crosses zero by (they keep 1e-6 away from it)."""
    generator = random.Random(what)
    for name, gradient in gradients.items():
        original = state[name]
        direction = [generator.choice((-1.0, 1.0)) for _ in original]
        width = 2.0**-24
        sides = []
        for sign in (1, -1):
            state[name] = [v + sign * width * d for v, d in zip(original, direction)]
            sides.append(forward(state))
        state[name] = original
        close([(sides[0] - sides[1]) / (2 * width)], [dot(gradient, direction)], 2e-7, f"{what} gradient of {name}")


def main():
    check_operations()
    check_modules()
    for preset in ("paper", "official-code"):
        check_steps(preset)
    print(f"OK: {checks} comparisons")


if __name__ == "__main__":
    main()
