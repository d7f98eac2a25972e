"""Operations and optimizers, forward and gradients: operations.safetensors and operations.json."""

import numpy
import torch
import torch.nn.functional as functional

CONVOLUTIONS = [
    # name, [N, H, W, C], output channels, (kh, kw), stride, (ph, pw), groups
    ("conv-5x5-s2-p2", (2, 9, 11, 3), 4, (5, 5), 2, (2, 2), 1),
    ("conv-7x7-s2-p3", (2, 13, 10, 3), 4, (7, 7), 2, (3, 3), 1),
    ("conv-3x3-s1-p1", (2, 5, 7, 4), 6, (3, 3), 1, (1, 1), 1),
    ("conv-1x1-s2", (2, 7, 6, 4), 6, (1, 1), 2, (0, 0), 1),
    ("conv-3x3-s3-p1-0", (2, 8, 10, 2), 3, (3, 3), 3, (1, 0), 1),
    ("conv-2x3-s1-p0-1", (1, 5, 4, 2), 3, (2, 3), 1, (0, 1), 1),
    ("conv-groups-2", (2, 6, 5, 4), 6, (3, 3), 1, (1, 1), 2),
    ("conv-depthwise", (2, 7, 6, 4), 4, (3, 3), 2, (1, 1), 4),
    ("conv-depthwise-multiplier-2", (2, 5, 5, 3), 6, (3, 3), 1, (1, 1), 3),
]

POOLS = [
    # name, [N, H, W, C], size, stride, padding, kind of values
    ("max-pool-3x3-s2-p1", (2, 9, 8, 3), 3, 2, 1, "random"),
    ("max-pool-3x3-s2-p1-ties", (2, 7, 8, 2), 3, 2, 1, "ties"),
    ("max-pool-3x3-s2-p1-negative", (1, 6, 7, 2), 3, 2, 1, "negative"),
    ("max-pool-2x2-s2-odd", (2, 7, 5, 3), 2, 2, 0, "random"),
    ("max-pool-3x3-s1", (1, 6, 5, 2), 3, 1, 0, "random"),
]


def leaf(values):
    return torch.tensor(values, dtype=torch.float64, requires_grad=True)


def nchw(x):
    return x.permute(0, 3, 1, 2)


def nhwc(x):
    return x.permute(0, 2, 3, 1)


def exact(values):
    """Round to float32 and back, so that a float32 engine gets the very same inputs."""
    return numpy.asarray(values).astype(numpy.float32).astype(numpy.float64)


class Collector:
    """Gathers cases: named tensors and one metadata record each."""

    def __init__(self, seed):
        self.generator = numpy.random.default_rng(seed)
        self.tensors = {}
        self.cases = []

    def draw(self, *shape):
        """Standard normal values, exact in float32."""
        return exact(self.generator.standard_normal(shape))

    def add(self, name, operation, attributes, **arrays):
        self.cases.append({"name": name, "operation": operation, **attributes})
        for part, values in arrays.items():
            if isinstance(values, torch.Tensor):
                values = values.detach().numpy()
            self.tensors[f"{name}/{part.replace('__', '/')}"] = numpy.array(values, dtype=numpy.float64)


def add_convolutions(collector):
    for name, shape, channels, size, stride, padding, groups in CONVOLUTIONS:
        x = leaf(collector.draw(*shape))
        filters = leaf(collector.draw(*size, shape[3] // groups, channels))
        output = nhwc(
            functional.conv2d(nchw(x), filters.permute(3, 2, 0, 1), stride=stride, padding=padding, groups=groups)
        )
        upstream = torch.tensor(collector.draw(*output.shape))
        dx, dfilter = torch.autograd.grad(output, [x, filters], upstream)
        collector.add(
            name,
            "conv2d",
            {
                "strides": [stride, stride],
                "padding": [[padding[0], padding[0]], [padding[1], padding[1]]],
                "groups": groups,
            },
            x=x,
            filter=filters,
            upstream=upstream,
            output=output,
            gradient__x=dx,
            gradient__filter=dfilter,
        )


def add_pools(collector):
    for name, shape, size, stride, padding, kind in POOLS:
        values = collector.draw(*shape)
        if kind == "ties":
            values = collector.generator.integers(-1, 3, shape).astype(numpy.float64)
        elif kind == "negative":
            values = exact(-numpy.abs(values) - 0.5)
        x = leaf(values)
        output = nhwc(functional.max_pool2d(nchw(x), size, stride, padding))
        upstream = torch.tensor(collector.draw(*output.shape))
        (dx,) = torch.autograd.grad(output, [x], upstream)
        collector.add(
            name,
            "maxPool2d",
            {"size": [size, size], "strides": [stride, stride], "padding": [[padding, padding], [padding, padding]]},
            x=x,
            upstream=upstream,
            output=output,
            gradient__x=dx,
        )


def add_batch_norms(collector):
    for name, shape, training in (
        ("batch-norm-training", (4, 3, 5, 6), True),
        ("batch-norm-training-rank-2", (7, 5), True),
        ("batch-norm-evaluation", (4, 3, 5, 6), False),
    ):
        channels = shape[-1]
        x = leaf(exact(2 * collector.draw(*shape) + 3 * collector.draw(channels)))
        scale = leaf(exact(1 + collector.draw(channels) / 2))
        offset = leaf(collector.draw(channels))
        mean = torch.tensor(collector.draw(channels))
        variance = torch.tensor(exact(numpy.abs(collector.draw(channels)) + 0.25))
        running_mean, running_variance = mean.clone(), variance.clone()
        order = (lambda value: nchw(value)) if len(shape) == 4 else (lambda value: value)
        back = (lambda value: nhwc(value)) if len(shape) == 4 else (lambda value: value)
        output = back(
            functional.batch_norm(
                order(x), running_mean, running_variance, scale, offset, training=training, momentum=0.1, eps=1e-5
            )
        )
        upstream = torch.tensor(collector.draw(*shape))
        dx, dscale, doffset = torch.autograd.grad(output, [x, scale, offset], upstream)
        arrays = {
            "x": x,
            "scale": scale,
            "offset": offset,
            "mean": mean,
            "variance": variance,
            "upstream": upstream,
            "output": output,
            "gradient__x": dx,
            "gradient__scale": dscale,
            "gradient__offset": doffset,
        }
        if training:
            rows = x.detach().reshape(-1, channels)
            arrays["batchMean"] = rows.mean(dim=0)
            arrays["batchVariance"] = rows.var(dim=0, unbiased=False)
            arrays["newMean"] = running_mean
            arrays["newVariance"] = running_variance
        collector.add(name, "batchNorm", {"training": training, "momentum": 0.1, "epsilon": 1e-5}, **arrays)


def add_cross_entropies(collector):
    # sixteenths: rows that sum to one exactly
    soft = collector.generator.multinomial(16, [1 / 7] * 7, 6) / 16
    hard = numpy.eye(5)[collector.generator.integers(0, 5, 4)]
    cases = [
        ("cross-entropy-soft", 2 * collector.draw(6, 7), soft),
        ("cross-entropy-hard-large", exact(300 * collector.draw(4, 5)), hard),
    ]
    for name, values, targets in cases:
        logits = leaf(values)
        targets = leaf(targets)
        per_sample = -(targets * torch.log_softmax(logits, dim=1)).sum(dim=1)
        upstream = torch.tensor(collector.draw(len(values)))
        dlogits, dtargets = torch.autograd.grad(per_sample, [logits, targets], upstream)
        collector.add(
            name,
            "softmaxCrossEntropy",
            {},
            logits=logits,
            targets=targets,
            upstream=upstream,
            output=per_sample,
            probabilities=torch.softmax(logits, dim=1),
            gradient__logits=dlogits,
            gradient__targets=dtargets,
        )


def add_optimizers(collector):
    steps, size = 5, 7
    adam = {"learningRate": 0.002, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8}
    sgd = {"learningRate": 0.05}
    cases = [
        ("adam", "adam", dict(adam, weightDecay=0.0, decoupled=False)),
        ("adam-coupled", "adam", dict(adam, weightDecay=0.01, decoupled=False)),
        ("adam-decoupled", "adam", dict(adam, weightDecay=0.01, decoupled=True)),
        ("adam-large-epsilon", "adam", dict(adam, beta1=0.8, beta2=0.95, epsilon=0.01, weightDecay=0.0, decoupled=False)),
        ("sgd", "sgd", dict(sgd, momentum=0.0, nesterov=False, weightDecay=0.01)),
        ("sgd-momentum", "sgd", dict(sgd, momentum=0.9, nesterov=False, weightDecay=0.01)),
        ("sgd-nesterov", "sgd", dict(sgd, momentum=0.9, nesterov=True, weightDecay=0.01)),
    ]
    for name, operation, attributes in cases:
        parameter = leaf(collector.draw(size))
        gradients = collector.draw(steps, size)
        gradients[:, 0] = 0  # an element that never gets a gradient
        gradients[:, 1] *= 2.0**-24  # one whose gradient is of the size of epsilon
        gradients[1:, 2] = 0  # one that gets a single gradient
        if operation == "adam":
            kind = torch.optim.AdamW if attributes["decoupled"] else torch.optim.Adam
            optimizer = kind(
                [parameter],
                lr=attributes["learningRate"],
                betas=(attributes["beta1"], attributes["beta2"]),
                eps=attributes["epsilon"],
                weight_decay=attributes["weightDecay"],
            )
            slots = {"m": "exp_avg", "v": "exp_avg_sq"}
        else:
            optimizer = torch.optim.SGD(
                [parameter],
                lr=attributes["learningRate"],
                momentum=attributes["momentum"],
                nesterov=attributes["nesterov"],
                weight_decay=attributes["weightDecay"],
            )
            slots = {"velocity": "momentum_buffer"} if attributes["momentum"] > 0 else {}
        arrays = {"parameter": [parameter.detach().numpy().copy()]}
        arrays.update({slot: [numpy.zeros(size)] for slot in slots})
        for step in range(steps):
            parameter.grad = torch.tensor(gradients[step])
            optimizer.step()
            arrays["parameter"].append(parameter.detach().numpy().copy())
            for slot, key in slots.items():
                arrays[slot].append(optimizer.state[parameter][key].numpy().copy())
        collector.add(name, operation, attributes, gradient=gradients, **arrays)


def make_operations():
    """(tensors, metadata) of the two files."""
    collector = Collector([2023, 1])
    add_convolutions(collector)
    add_pools(collector)
    add_batch_norms(collector)
    add_cross_entropies(collector)
    add_optimizers(collector)
    for name, values in collector.tensors.items():
        if not numpy.isfinite(values).all():
            raise AssertionError(f"{name} is not finite")
    return collector.tensors, {"cases": collector.cases}
