"""Expected intervals, tests and fits, computed by SciPy: python inference.py writes metrics/inference.json.

Bootstraps and permutations are drawn, here as in the library, so they agree within their Monte-Carlo error; the rest
agrees to rounding. Measures are scikit-learn's, computed over resampled clips or speakers.
"""
import json
import os
import warnings

import numpy as np
from scipy import optimize, stats
from scipy.special import log_softmax, softmax
from sklearn.calibration import calibration_curve
from sklearn.metrics import balanced_accuracy_score, f1_score

warnings.filterwarnings("ignore")
random = np.random.RandomState(11)
RESAMPLES = 4000


def bca():
    for name, sample, statistic in [
        ("mean of a skewed sample", random.exponential(size=25), np.mean),
        ("variance", random.normal(size=15), np.var),
        ("mean of zeros and ones", (random.uniform(size=30) < 0.8).astype(float), np.mean),
    ]:
        for level in [0.95, 0.8]:
            result = stats.bootstrap(
                (sample,), statistic, n_resamples=199, confidence_level=level, method="BCa", random_state=3)
            yield dict(
                name=name, level=level, estimate=float(statistic(sample)),
                replicates=result.bootstrap_distribution.tolist(),
                jackknife=[float(statistic(np.delete(sample, i))) for i in range(len(sample))],
                lower=float(result.confidence_interval.low), upper=float(result.confidence_interval.high))


def shares():
    """Exact intervals of shares whose clips are all right."""
    for count, level in [(1, 0.95), (40, 0.95), (280, 0.95), (25, 0.8)]:
        interval = stats.binomtest(count, count).proportion_ci(level, method="exact")
        yield dict(right=count, count=count, level=level, lower=float(interval.low), upper=float(interval.high))


def clips(count=150, classes=4, speakers=15, strength=1.4, seed=5):
    """Clips of speakers who are recognised more or less well."""
    draw = np.random.RandomState(seed)
    speaker = draw.randint(0, speakers, count)
    targets = draw.randint(0, classes, count)
    skill = strength * (1 + 0.8 * draw.normal(size=speakers))[speaker]
    logits = draw.normal(size=(count, classes)) + skill[:, None] * np.eye(classes)[targets]
    return np.round(logits, 3), targets, speaker


def measures(logits, targets):
    logits = logits.astype(np.float32).astype(np.float64)
    probabilities, logs = softmax(logits, axis=1), log_softmax(logits, axis=1)
    predictions = logits.argmax(axis=1)
    correct, confidences = predictions == targets, probabilities.max(axis=1)
    classes = logits.shape[1]

    def area(index, c):
        positive = targets[index] == c
        ranks = stats.rankdata(probabilities[index, c])
        p, n = positive.sum(), (~positive).sum()
        return (ranks[positive].sum() - p * (p + 1) / 2) / (p * n) if p and n else np.nan

    def calibration(index):
        accuracies, means = calibration_curve(correct[index], confidences[index], n_bins=10)
        counts = np.bincount(np.searchsorted(np.linspace(0, 1, 11)[1:-1], confidences[index]), minlength=10)
        return (counts[counts > 0] / len(index) * np.abs(accuracies - means)).sum()

    squares = ((probabilities - np.eye(classes)[targets]) ** 2).sum(axis=1)
    return dict(
        accuracy=lambda i: correct[i].mean(),
        unweightedAverageRecall=lambda i: balanced_accuracy_score(targets[i], predictions[i]),
        macroF1=lambda i: f1_score(
            targets[i], predictions[i], labels=list(range(classes)), average="macro", zero_division=0),
        auc=lambda i: np.nanmean([area(i, c) for c in range(classes)]),
        logLoss=lambda i: -logs[i, targets[i]].mean(),
        brierScore=lambda i: squares[i].mean(),
        expectedCalibrationError=calibration)


def intervals(logits, targets, speaker):
    members = [np.flatnonzero(speaker == s) for s in np.unique(speaker)]
    units = dict(clips=[np.array([i]) for i in range(len(targets))], speakers=members)
    for name, statistic in measures(logits, targets).items():
        for unit, groups in units.items():
            def of(drawn):
                return statistic(np.concatenate([groups[g] for g in drawn]))
            result = stats.bootstrap(
                (np.arange(len(groups)),), of, vectorized=False, n_resamples=RESAMPLES, method="BCa", random_state=1)
            yield dict(
                measure=name, unit=unit, value=float(statistic(np.arange(len(targets)))),
                lower=float(result.confidence_interval.low), upper=float(result.confidence_interval.high))


def mcnemar():
    for b, c in [(0, 0), (1, 0), (5, 5), (3, 9), (9, 3), (0, 12), (40, 61), (700, 801), (2100, 2100)]:
        n, k = b + c, min(b, c)
        exact = stats.binomtest(b, n, 0.5).pvalue if n else 1.0
        mid = 2 * stats.binom.cdf(k, n, 0.5) - stats.binom.pmf(k, n, 0.5)
        yield dict(onlyFirst=b, onlySecond=c, exact=float(exact), mid=float(mid))


def permutations(logits, targets, speaker):
    other = np.round(logits + 0.9 * random.normal(size=logits.shape), 3)
    few = 9
    for name, count, unit in [("few clips", few, "clips"), ("clips", len(targets), "clips"),
                              ("speakers", len(targets), "speakers")]:
        a = (logits[:count].argmax(axis=1) == targets[:count]).astype(float)
        b = (other[:count].argmax(axis=1) == targets[:count]).astype(float)
        if unit == "speakers":
            a, b = [np.bincount(speaker[:count], weights=v) for v in (a, b)]
        result = stats.permutation_test(
            (a, b), lambda x, y, axis: (x - y).sum(axis=axis) / count, permutation_type="samples", vectorized=True,
            n_resamples=100_000, alternative="two-sided", random_state=2)
        yield dict(name=name, count=count, unit=unit, difference=float(result.statistic), pValue=float(result.pvalue))
    yield other.tolist()


def runs():
    for count in [2, 3, 5, 10, 31]:
        values = np.round(random.normal(0.9, 0.02, size=count), 4)
        for level in [0.95, 0.99]:
            low, high = stats.t.interval(level, count - 1, loc=values.mean(), scale=stats.sem(values))
            yield dict(values=values.tolist(), level=level, mean=values.mean(), deviation=values.std(ddof=1),
                       lower=float(low), upper=float(high))


def temperatures():
    for name, scale in [("overconfident", 4.0), ("underconfident", 0.3), ("nearly calibrated", 1.0)]:
        logits, targets, _ = clips(count=90, classes=5, seed=int(scale * 10), strength=1.5)
        given = np.round(logits * scale, 3).astype(np.float32)
        loss = lambda t: -log_softmax(given.astype(np.float64) / t, axis=1)[np.arange(len(targets)), targets].mean()
        fit = optimize.minimize_scalar(
            lambda x: loss(np.exp(x)), bounds=(np.log(0.02), np.log(50)), method="bounded", options=dict(xatol=1e-10))
        yield dict(name=name, logits=[[float(v) for v in row] for row in given], targets=targets.tolist(),
                   temperature=float(np.exp(fit.x)), before=float(loss(1)), after=float(fit.fun))


def risk_coverage():
    """The area under the risk-coverage curve by its definition, and with ties by averaging over their orders."""
    import itertools
    confidences = random.permutation(np.linspace(0.2, 1, 40))
    errors = (random.uniform(size=40) > confidences).astype(float)
    order = np.argsort(-confidences)
    risks = np.cumsum(errors[order]) / np.arange(1, 41)
    yield dict(name="distinct", confidences=confidences.tolist(), correct=(errors == 0).tolist(), area=risks.mean())
    confidences, errors = np.array([0.9, 0.6, 0.6, 0.6, 0.6, 0.3]), np.array([0, 1, 0, 0, 1, 1.0])
    areas = [(np.cumsum([0] + [errors[1 + i] for i in o] + [1]) / np.arange(1, 7)).mean()
             for o in itertools.permutations(range(4))]
    yield dict(name="tied", confidences=confidences.tolist(), correct=(errors == 0).tolist(), area=np.mean(areas))


logits, targets, speaker = clips()
*tests, other = permutations(logits, targets, speaker)
result = dict(
    normal=[[p, float(stats.norm.ppf(p))] for p in [1e-12, 0.001, 0.025, 0.3, 0.5, 0.8, 0.975, 0.9999]],
    bca=list(bca()), shares=list(shares()), logits=logits.tolist(), other=other, targets=targets.tolist(), speakers=[f"s{s}" for s in speaker],
    intervals=list(intervals(logits, targets, speaker)), mcnemar=list(mcnemar()), permutations=tests,
    runs=list(runs()), temperatures=list(temperatures()), riskCoverage=list(risk_coverage()))
here = os.path.dirname(os.path.abspath(__file__))
with open(os.path.join(here, "metrics", "inference.json"), "w") as file:
    json.dump(result, file, separators=(",", ":"))
    file.write("\n")
