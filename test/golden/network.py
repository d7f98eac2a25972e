"""The small network of the golden training runs, in PyTorch, float64.

Arrays are kept as they are stored: images [N, H, W, C], filters [kh, kw, in, out], dense weights [in, out].
"""

import math

import numpy
import torch
import torch.nn.functional as functional

import scn_reference as scn

CLASSES = 7
EPSILON = 1e-5
MOMENTUM = 0.1

PARAMETERS = {
    "conv1/filter": (5, 5, 1, 4),
    "conv1/bn/scale": (4,),
    "conv1/bn/offset": (4,),
    "conv2/filter": (3, 3, 4, 8),
    "conv2/bn/scale": (8,),
    "conv2/bn/offset": (8,),
    "conv3/filter": (3, 3, 8, 8),
    "conv3/bn/scale": (8,),
    "conv3/bn/offset": (8,),
    "classifier/weights": (8, CLASSES),
    "classifier/bias": (CLASSES,),
    "importance/weights": (8, 1),
    "importance/bias": (1,),
}
STATISTICS = {f"{layer}/bn/{part}": (size,) for layer, size in (("conv1", 4), ("conv2", 8), ("conv3", 8)) for part in ("mean", "variance")}


def initial_state(generator):
    """Parameters and running statistics as {name: tensor}; every value is exact in float32."""
    values = {}
    for name, shape in PARAMETERS.items():
        draw = generator.standard_normal(shape)
        if name.endswith("filter"):
            values[name] = draw * math.sqrt(2 / (shape[0] * shape[1] * shape[2]))
        elif name.endswith("scale"):
            values[name] = 1 + 0.2 * draw
        elif name.endswith("weights"):
            values[name] = 0.5 * draw
        else:
            values[name] = 0.1 * draw
    for name, shape in STATISTICS.items():
        values[name] = numpy.ones(shape) if name.endswith("variance") else numpy.zeros(shape)
    return {name: torch.tensor(value.astype(numpy.float32).astype(numpy.float64)) for name, value in values.items()}


def convolution(x, filters, stride, padding):
    return functional.conv2d(x, filters.permute(3, 2, 0, 1), stride=stride, padding=padding)


def forward(state, images, training):
    """Features, importance, raw and weighted logits, and the inputs of every ReLU and of the pooling.

    In training, batch statistics are used and the running statistics in `state` are updated in place:
    running = 0.9 running + 0.1 batch, the batch variance being unbiased there (divided by count - 1).
    """
    relu_inputs = []

    def normalize(x, layer):
        return functional.batch_norm(
            x,
            state[f"{layer}/bn/mean"],
            state[f"{layer}/bn/variance"],
            state[f"{layer}/bn/scale"],
            state[f"{layer}/bn/offset"],
            training=training,
            momentum=MOMENTUM,
            eps=EPSILON,
        )

    def relu(x):
        relu_inputs.append(x.detach())
        return torch.relu(x)

    x = images.permute(0, 3, 1, 2)
    x = relu(normalize(convolution(x, state["conv1/filter"], 2, 2), "conv1"))
    pool_input = x.detach()
    x = functional.max_pool2d(x, 2, 2)
    skip = relu(normalize(convolution(x, state["conv2/filter"], 1, 1), "conv2"))
    x = relu(normalize(convolution(skip, state["conv3/filter"], 1, 1), "conv3") + skip)
    features = x.mean(dim=(2, 3))
    alpha = scn.importance(features, state["importance/weights"], state["importance/bias"])
    logits = scn.classifier_logits(features, state["classifier/weights"], state["classifier/bias"])
    return {
        "features": features,
        "alpha": alpha,
        "logits": logits,
        "weightedLogits": alpha[:, None] * logits,
        "reluInputs": relu_inputs,
        "poolInput": pool_input,
    }
