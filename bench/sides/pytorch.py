"""The same training step in PyTorch, as its users write it: eager, on the CPU.

Speaks JSON lines (see ../side.mjs). Set-up: {problem, threads, variants}; the problem is described in ../problem.mjs. Every
variant (all where none are named) is a network and an optimizer of its own; they differ in the order of the numbers in memory:
PyTorch's default is [N, C, H, W], channels_last is what its guides advise for convolutions. A request beyond those of every side
is `memory`: {importBytes, peakBytes}, the largest resident memory when the imports were done and so far, null where it is unknown.
"""

import inspect
import json
import math
import sys
import time

import numpy
import torch
import torch.nn.functional as functional


def peak_bytes():
    """Largest resident memory of this process so far."""
    try:
        with open("/proc/self/status") as status:
            return next(1024 * int(line.split()[1]) for line in status if line.startswith("VmHWM:"))
    except (OSError, StopIteration):
        pass
    try:
        import resource
    except ImportError:  # Windows
        return None
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


IMPORT_BYTES = peak_bytes()

FORMATS = {"default": torch.contiguous_format, "channels_last": torch.channels_last}


def read_arrays(path):
    """Arrays of a safetensors file by name."""
    kinds = {"F32": numpy.float32, "I32": numpy.int32}
    with open(path, "rb") as file:
        content = file.read()
    start = 8 + int.from_bytes(content[:8], "little")
    header = json.loads(content[8:start])
    header.pop("__metadata__", None)
    arrays = {}
    for name, entry in header.items():
        begin, end = (start + offset for offset in entry["data_offsets"])
        arrays[name] = numpy.frombuffer(content[begin:end], kinds[entry["dtype"]]).reshape(entry["shape"])
    return arrays


class Network:
    """Weights and running statistics by name, and the layers over them."""

    def __init__(self, states, batch_norm, memory_format):
        self.batch_norm = batch_norm
        self.states = {name: self.place(values, memory_format) for name, values in states.items()}
        for name, tensor in self.states.items():
            tensor.requires_grad_(not name.endswith(("/bn/mean", "/bn/variance")))

    @staticmethod
    def place(values, memory_format):
        """Filters as [out, in, height, width], dense weights as [out, in]."""
        tensor = torch.tensor(values)
        if tensor.dim() == 4:
            return tensor.permute(3, 2, 0, 1).contiguous(memory_format=memory_format)
        return tensor.t().contiguous() if tensor.dim() == 2 else tensor

    def convolution(self, x, layer, stride=1):
        filters = self.states[f"{layer}/filter"]
        x = functional.conv2d(x, filters, stride=stride, padding=(filters.shape[-1] - 1) // 2)
        return functional.batch_norm(
            x,
            self.states[f"{layer}/bn/mean"],
            self.states[f"{layer}/bn/variance"],
            self.states[f"{layer}/bn/scale"],
            self.states[f"{layer}/bn/offset"],
            training=True,
            momentum=1 - self.batch_norm["kept"],
            eps=self.batch_norm["epsilon"],
        )

    def linear(self, x, layer):
        return functional.linear(x, self.states[f"{layer}/weights"], self.states[f"{layer}/bias"])

    def parameters(self):
        return [tensor for tensor in self.states.values() if tensor.requires_grad]

    def statistics(self):
        return [tensor for tensor in self.states.values() if not tensor.requires_grad]


def relu(x):
    return functional.relu(x, inplace=True)


def face_cnn(network, x, options):
    x = functional.max_pool2d(relu(network.convolution(x, "conv1", stride=2)), 2)
    x = functional.max_pool2d(relu(network.convolution(x, "conv2")), 2)
    x = relu(network.convolution(x, "conv3"))
    return relu(network.convolution(x, "conv4")).mean(dim=(2, 3))


def basic_block(network, x, layer, stride):
    inner = relu(network.convolution(x, f"{layer}/conv1", stride))
    residual = network.convolution(inner, f"{layer}/conv2")
    if f"{layer}/projection/filter" in network.states:
        x = network.convolution(x, f"{layer}/projection", stride)
    residual += x
    return relu(residual)


def resnet18(network, x, options):
    stem = options["stem"]
    x = relu(network.convolution(x, "conv1", stride=1 if stem == "3x3" else 2))
    if stem == "7x7-s2-pool":
        x = functional.max_pool2d(x, 3, stride=2, padding=1)
    for stage in range(1, 5):
        for block in range(2):
            x = basic_block(network, x, f"layer{stage}/{block}", 2 if stage > 1 and block == 0 else 1)
    return x.mean(dim=(2, 3))


def small(network, x, options):
    x = relu(network.convolution(x, "conv1"))
    x = basic_block(network, x, "layer1/0", 1)
    return basic_block(network, x, "layer2/0", 2).mean(dim=(2, 3))


BACKBONES = {"face-cnn": face_cnn, "resnet18": resnet18, "small": small}


def rank_regularization(alpha, rank):
    """Groups by (alpha descending, index ascending); the order is a constant of the step."""
    order = torch.sort(alpha.detach(), descending=True, stable=True).indices
    high, low = order[: rank["highCount"]], order[rank["highCount"] :]
    return rank["weight"] * functional.relu(rank["margin"] - (alpha[high].mean() - alpha[low].mean()))


def make_optimizer(parameters, options):
    """Adam by its fastest implementation on the CPU: one kernel for all parameters where this PyTorch has it."""
    fused = {"fused": True} if torch.__version__ >= "2.4" and "fused" in inspect.signature(torch.optim.Adam).parameters else {}
    betas = (options["beta1"], options["beta2"])
    return torch.optim.Adam(parameters, lr=options["learningRate"], betas=betas, eps=options["epsilon"], **fused)


class Training:
    """One network in training; `step` is one step on the next batch."""

    def __init__(self, problem, arrays, memory_format):
        self.problem = problem
        states = {name[len("state/") :]: values for name, values in arrays.items() if name.startswith("state/")}
        self.network = Network(states, problem["batchNorm"], memory_format)
        self.optimizer = make_optimizer(self.network.parameters(), problem["optimizer"])
        images = torch.tensor(arrays["images"]).permute(0, 1, 4, 2, 3)
        self.images = [batch.contiguous(memory_format=memory_format) for batch in images]
        self.labels = list(torch.tensor(arrays["labels"].astype(numpy.int64)))
        self.weight = torch.ones(problem["batchSize"])
        self.done = 0

    def step(self):
        """Objective from before the update. What `train()` reads of a step is read here too."""
        model, rank = self.problem["model"], self.problem["rank"]
        batch = self.done % len(self.images)
        self.done += 1
        features = BACKBONES[model["name"]](self.network, self.images[batch], model["options"])
        logits = self.network.linear(features, "classifier")
        outputs = [torch.softmax(logits.detach(), dim=1)]
        if rank:
            alpha = torch.sigmoid(self.network.linear(features, "importance")).reshape(-1)
            logits = alpha[:, None] * logits
            outputs += [torch.softmax(logits.detach(), dim=1), alpha.detach()]
        per_sample = functional.cross_entropy(logits, self.labels[batch], reduction="none")
        objective = (per_sample * self.weight).sum() / self.weight.sum()
        if rank:
            objective = objective + rank_regularization(alpha, rank)
        self.optimizer.zero_grad(set_to_none=True)
        objective.backward()
        self.optimizer.step()
        for output in [*outputs, per_sample.detach()]:
            output.numpy()
        return objective.item()


def answer(request, trainings):
    if request["do"] == "setUp":
        torch.set_num_threads(request["threads"])
        arrays = read_arrays(request["problem"]["arrays"])
        for name in request.get("variants", FORMATS):
            trainings[name] = Training(request["problem"], arrays, FORMATS[name])
        return {
            "name": "pytorch",
            "version": torch.__version__,
            "threads": torch.get_num_threads(),
            "variants": list(trainings),
        }
    if request["do"] == "memory":
        return {"importBytes": IMPORT_BYTES, "peakBytes": peak_bytes()}
    training = trainings[request["variant"]]
    if request["do"] == "steps":
        milliseconds, objectives = [], []
        for _ in range(request["count"]):
            start = time.perf_counter()
            objectives.append(training.step())
            milliseconds.append(1000 * (time.perf_counter() - start))
        return {"milliseconds": milliseconds, "objectives": objectives}
    values = torch.cat([tensor.reshape(-1) for tensor in training.network.statistics()]).double()
    return {"rms": math.sqrt((values * values).mean().item())}


def main():
    trainings = {}
    for line in sys.stdin:
        try:
            reply = answer(json.loads(line), trainings)
        except Exception as error:  # whatever it is, the harness must hear of it
            reply = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(reply), flush=True)


main()
