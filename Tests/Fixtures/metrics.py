"""Expected classification metrics, computed by scikit-learn: python metrics.py writes metrics/metrics.json.

Each case holds scores (logits or probabilities) and targets; the values are those of scikit-learn with
zero_division=0 and every label listed. AUC is the mean over the classes that have both positives and negatives. The
calibration error is made of scikit-learn's calibration_curve (10 uniform bins) and the counts of its bins.
"""
import json
import os
import warnings

import numpy as np
from scipy.special import log_softmax, softmax
from sklearn import metrics
from sklearn.calibration import calibration_curve

warnings.filterwarnings("ignore")


def calibration_error(correct, confidences):
    accuracies, means = calibration_curve(correct, confidences, n_bins=10, strategy="uniform")
    bins = np.searchsorted(np.linspace(0, 1, 11)[1:-1], confidences)
    counts = np.bincount(bins, minlength=10)
    return (counts[counts > 0] / len(confidences) * np.abs(accuracies - means)).sum()


def brier_score(targets, probabilities):
    probabilities = probabilities.astype(np.float64)
    squares = ((np.eye(probabilities.shape[1])[targets] - probabilities) ** 2).sum(axis=1).mean()
    score = squares / 2 if probabilities.shape[1] < 3 else squares
    # scikit-learn takes one column for the probability of the second of two classes.
    if probabilities.shape[1] > 1:
        labels = list(range(probabilities.shape[1]))
        assert abs(score - metrics.brier_score_loss(targets, probabilities, labels=labels)) < 1e-9
    return score


def case(name, targets, logits=None, probabilities=None):
    targets = np.asarray(targets)
    given = logits if logits is not None else probabilities
    given = np.asarray(given, dtype=np.float32)
    classes = given.shape[1]
    labels = list(range(classes))
    if logits is not None:
        scores = softmax(given.astype(np.float64), axis=1)
        loss = -log_softmax(given.astype(np.float64), axis=1)[np.arange(len(targets)), targets].mean()
    else:
        scores = given
        present = np.clip(given, np.finfo(np.float32).eps, 1 - np.finfo(np.float32).eps).astype(np.float64)
        loss = -np.log(present)[np.arange(len(targets)), targets].mean()
        if len(set(targets)) > 1:
            assert abs(loss - metrics.log_loss(targets, given, labels=labels)) < 1e-6
    predictions = given.argmax(axis=1)
    precision, recall, f1, support = metrics.precision_recall_fscore_support(
        targets, predictions, labels=labels, zero_division=0)
    macro = metrics.precision_recall_fscore_support(
        targets, predictions, labels=labels, average="macro", zero_division=0)
    areas = {c: metrics.roc_auc_score(targets == c, scores[:, c]) for c in labels if 0 < (targets == c).sum() < len(targets)}
    # Where every class occurs, scikit-learn's own multiclass average says the same.
    if len(areas) == classes > 2 and np.allclose(scores.sum(axis=1), 1):
        assert abs(np.mean(list(areas.values())) - metrics.roc_auc_score(targets, scores, multi_class="ovr")) < 1e-9
    return dict(
        brierScore=float(brier_score(targets, np.asarray(scores))),
        expectedCalibrationError=float(calibration_error(
            targets == predictions, np.asarray(scores, dtype=np.float64)[np.arange(len(targets)), predictions])),
        name=name, kind="logits" if logits is not None else "probabilities",
        targets=targets.tolist(), scores=[[float(v) for v in row] for row in given],
        loss=float(loss), accuracy=metrics.accuracy_score(targets, predictions),
        unweightedAverageRecall=metrics.balanced_accuracy_score(targets, predictions),
        macroPrecision=macro[0], macroRecall=macro[1], macroF1=macro[2],
        auc=float(np.mean(list(areas.values()))) if areas else None,
        aucLeavesOut=[c for c in labels if c not in areas],
        precision=precision.tolist(), recall=recall.tolist(), f1=f1.tolist(), support=support.tolist(),
        confusion=metrics.confusion_matrix(targets, predictions, labels=labels).tolist())


def cases():
    random = np.random.RandomState(7)
    draw = lambda rows, classes: np.round(random.normal(size=(rows, classes)) * 2, 4)
    toward = lambda scores, targets: scores + 2 * np.eye(scores.shape[1])[targets]
    seven = random.randint(0, 7, 60)
    yield case("seven classes", seven, logits=toward(draw(60, 7), seven))
    yield case("two classes", random.randint(0, 2, 25), logits=draw(25, 2))
    absent = random.choice([0, 2, 3], 30)
    yield case("classes absent from the targets", absent, logits=toward(draw(30, 5), absent))
    # Rows drawn from five: equal rows tie. (Rows that are permutations of each other would tie but for rounding.)
    yield case("ties", random.randint(0, 4, 40), logits=draw(5, 4)[random.randint(0, 5, 40)])
    eighths = np.array([random.multinomial(8, [0.25] * 4) for _ in range(40)]) / 8
    yield case("tied probabilities", random.randint(0, 4, 40), probabilities=eighths)
    yield case("all scores equal", random.randint(0, 3, 12), logits=np.zeros((12, 3)))
    yield case("one class in the targets", np.full(9, 1), logits=draw(9, 3))
    yield case("one class in all", np.zeros(4, dtype=int), logits=draw(4, 1))
    yield case("one clip", [2], logits=draw(1, 4))
    yield case("everything predicted as one class", random.randint(0, 4, 20), logits=np.tile([0, 9, 0, 0], (20, 1)))
    # So large that a softmax without its maximum taken off would overflow, yet no two saturate to a tie.
    yield case("large logits", random.randint(0, 3, 15), logits=draw(15, 3) * 4 + 900)
    yield case("probabilities", seven, probabilities=softmax(toward(draw(60, 7), seven), axis=1))
    yield case("certain probabilities", [0, 1, 2, 1, 0], probabilities=np.eye(3)[[0, 1, 2, 2, 0]])
    yield case("perfect", seven, logits=12 * np.eye(7)[seven])
    yield case("two classes, confident and wrong", [0, 1, 1, 0, 1], logits=[[-9, 9], [9, -9], [1, 2], [2, 1], [0, 0]])
    # Confidences on the edges of bins, as exact as 32 bits are.
    edges = np.array([[i / 10, 1 - i / 10] for i in range(11)] * 2)
    yield case("confidences on edges", [0, 1] * 11, probabilities=edges)


here = os.path.dirname(os.path.abspath(__file__))
os.makedirs(os.path.join(here, "metrics"), exist_ok=True)
with open(os.path.join(here, "metrics", "metrics.json"), "w") as file:
    json.dump(list(cases()), file, indent=None, separators=(",", ":"))
    file.write("\n")
