"""Outputs of ResNet-18 and IR-50 in PyTorch, with weights from a formula: what importSafetensors is held to.

    /usr/bin/python3 packages/models/test/torch/generate.py

writes nets.json beside this file: names and shapes of the weights in the order of the state dict, and the first features of
one image. Weights and image are not stored; numbers() below and in import-safetensors.test.ts make the same ones.
"""
import json
import pathlib

import numpy as np
import torch
from torch import nn


def numbers(name: str, count: int) -> np.ndarray:
    """Numbers in [-0.5, 0.5), the same in every language: a hash of the name (FNV-1a) and a linear sequence, in uint32."""
    seed = 2166136261
    for character in name.encode():
        seed = (seed ^ character) * 16777619 % 2**32
    i = np.arange(count, dtype=np.uint64)
    state = (seed + i * 2654435761) % 2**32
    state ^= state >> 15
    state = state * 2246822519 % 2**32
    state ^= state >> 13
    return state.astype(np.float64) / 2**32 - 0.5


def weight(name: str, shape: torch.Size) -> torch.Tensor:
    u = numbers(name, int(np.prod(shape))).reshape(tuple(shape))
    if len(shape) >= 2:
        values = u * np.sqrt(12 / np.prod(shape[1:]))
    elif name.endswith('running_var') or name.endswith('weight'):
        values = 1 + u
    else:
        values = 0.2 * u
    return torch.tensor(values.astype(np.float32))


class BasicBlock(nn.Module):
    def __init__(self, inside, channels, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inside, channels, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.downsample = None
        if stride != 1 or inside != channels:
            self.downsample = nn.Sequential(
                nn.Conv2d(inside, channels, 1, stride, bias=False), nn.BatchNorm2d(channels)
            )

    def forward(self, x):
        y = self.bn2(self.conv2(torch.relu(self.bn1(self.conv1(x)))))
        return torch.relu(y + (x if self.downsample is None else self.downsample(x)))


class ResNet18(nn.Module):
    """torchvision's resnet18, with its names."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        inside = 64
        for stage, channels in enumerate([64, 128, 256, 512]):
            blocks = [BasicBlock(inside, channels, 1 if stage == 0 else 2), BasicBlock(channels, channels, 1)]
            setattr(self, f'layer{stage + 1}', nn.Sequential(*blocks))
            inside = channels
        self.fc = nn.Linear(512, 1000)

    def forward(self, x):
        x = self.maxpool(torch.relu(self.bn1(self.conv1(x))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return {'body': x.mean((2, 3))}


class ImprovedResidual(nn.Module):
    def __init__(self, inside, channels, stride):
        super().__init__()
        if inside == channels:
            self.shortcut_layer = nn.MaxPool2d(1, stride)
        else:
            self.shortcut_layer = nn.Sequential(
                nn.Conv2d(inside, channels, 1, stride, bias=False), nn.BatchNorm2d(channels)
            )
        self.res_layer = nn.Sequential(
            nn.BatchNorm2d(inside),
            nn.Conv2d(inside, channels, 3, 1, 1, bias=False),
            nn.PReLU(channels),
            nn.Conv2d(channels, channels, 3, stride, 1, bias=False),
            nn.BatchNorm2d(channels),
        )

    def forward(self, x):
        return self.res_layer(x) + self.shortcut_layer(x)


class Ir50(nn.Module):
    """IR-50 as in the PyTorch libraries for faces, with their names."""

    def __init__(self):
        super().__init__()
        self.input_layer = nn.Sequential(nn.Conv2d(3, 64, 3, 1, 1, bias=False), nn.BatchNorm2d(64), nn.PReLU(64))
        units, inside = [], 64
        for count, channels in [(3, 64), (4, 128), (14, 256), (3, 512)]:
            for unit in range(count):
                units.append(ImprovedResidual(inside, channels, 2 if unit == 0 else 1))
                inside = channels
        self.body = nn.Sequential(*units)
        self.output_layer = nn.Sequential(
            nn.BatchNorm2d(512), nn.Dropout(), nn.Flatten(), nn.Linear(512 * 7 * 7, 512), nn.BatchNorm1d(512)
        )

    def forward(self, x):
        x = self.body(self.input_layer(x))
        return {'body': x.mean((2, 3)), 'embedding': self.output_layer(x)}


nets = {}
for name, net, size in [('resnet18', ResNet18(), 224), ('ir50', Ir50(), 112)]:
    state = net.state_dict()
    net.load_state_dict(
        {key: weight(key, value.shape) if value.dtype == torch.float32 else value for key, value in state.items()}
    )
    net.eval()
    image = torch.tensor(numbers('image', size * size * 3).reshape(1, size, size, 3).astype(np.float32))
    with torch.no_grad():
        outputs = net(image.permute(0, 3, 1, 2))
    nets[name] = {
        'size': size,
        'weights': [[key, list(value.shape)] for key, value in state.items()],
        'features': {key: value[0, :32].tolist() for key, value in outputs.items()},
    }
    print(name, {key: (float(value.abs().max()), value[0, :3].tolist()) for key, value in outputs.items()})

path = pathlib.Path(__file__).with_name('nets.json')
path.write_text(json.dumps({'torch': torch.__version__, **nets}, separators=(',', ':')) + '\n')
