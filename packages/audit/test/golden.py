"""Writes golden.json: what cleanlab and SciPy make of the same numbers. `python3 golden.py` (pip install cleanlab==2.9.0 scipy==1.17.1)."""

import json
import os

import cleanlab
import numpy
import scipy
from cleanlab.count import compute_confident_joint
from scipy.optimize import minimize
from scipy.special import log_softmax, softmax

CLASSES, SAMPLES = 4, 60
random = numpy.random.default_rng(7)
truth = random.choice(CLASSES, SAMPLES, p=[0.4, 0.3, 0.2, 0.1])
transition = numpy.array([[0.7, 0.2, 0.1, 0], [0.1, 0.8, 0, 0.1], [0.3, 0.1, 0.6, 0], [0, 0.1, 0, 0.9]])
given = numpy.array([random.choice(CLASSES, p=transition[t]) for t in truth])
logits = 1.5 * numpy.eye(CLASSES)[truth] + random.normal(size=(SAMPLES, CLASSES))
probabilities = numpy.round(softmax(logits, 1), 6)
probabilities[:, -1] = 1 - probabilities[:, :-1].sum(1)

# cleanlab's joint has rows of given labels; calibrated to their counts, as a distribution.
joint = compute_confident_joint(given, probabilities, calibrate=True)
transition_confident = (joint / joint.sum(0)).T

logs = numpy.log(numpy.maximum(probabilities, 1e-6))


def offsets_loss(b):
    return -log_softmax(logs + b, 1)[numpy.arange(SAMPLES), truth].sum() + 0.5 * (b**2).sum()


def matrix_loss(x):
    weights, b = x[: CLASSES**2].reshape(CLASSES, CLASSES), x[CLASSES**2 :]
    pull = ((weights - numpy.eye(CLASSES)) ** 2).sum() + (b**2).sum()
    return -log_softmax(logs @ weights + b, 1)[numpy.arange(SAMPLES), truth].sum() + 5 * pull


wrong = (given != truth).astype(float)
suspicion = 1 - probabilities[numpy.arange(SAMPLES), given]
bounded = numpy.clip(suspicion, 1e-4, 1 - 1e-4)
logit = numpy.log(bounded / (1 - bounded))


def platt_loss(x):
    z = x[0] * logit + x[1]
    return (numpy.logaddexp(0, z) - z * wrong).sum() + (x[0] - 1) ** 2 + x[1] ** 2


def solve(loss, start):
    return minimize(loss, start, method="BFGS", options={"gtol": 1e-9}).x


golden = {
    "versions": {"cleanlab": cleanlab.__version__, "scipy": scipy.__version__, "numpy": numpy.__version__},
    "classes": CLASSES,
    "given": given.tolist(),
    "truth": truth.tolist(),
    "probabilities": probabilities.round(9).reshape(-1).tolist(),
    "confidentTransition": transition_confident.tolist(),
    "classOffsets": solve(offsets_loss, numpy.zeros(CLASSES)).tolist(),
    "matrixScaling": solve(matrix_loss, numpy.r_[numpy.eye(CLASSES).reshape(-1), numpy.zeros(CLASSES)]).tolist(),
    "suspicionCalibration": solve(platt_loss, numpy.array([1.0, 0.0])).tolist(),
}
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "golden.json"), "w", encoding="utf-8") as file:
    json.dump(golden, file, indent=1)
    file.write("\n")
