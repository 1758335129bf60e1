#!/usr/bin/env python3
"""Writes statistics.json: what scipy, statsmodels and krippendorff make of samples drawn at random, and of their edge cases.

    python3 -m venv /tmp/golden && /tmp/golden/bin/pip install -r tests/golden/requirements-statistics.txt
    /tmp/golden/bin/python tests/golden/make_statistics_golden.py

Only what depends on random numbers of our own is written out here: the generator, and the indices that it draws. The
bootstrap's intervals are scipy's on these indices. null stands for what is not defined.
"""

import importlib.metadata
import itertools
import json
import math
import pathlib
import random
import re
import unittest.mock
import warnings

import krippendorff
import numpy as np
import statsmodels.api as sm
from scipy import special, stats
from scipy.stats import _resampling
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.inter_rater import cohens_kappa
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

HERE = pathlib.Path(__file__).resolve().parent
MASK = (1 << 64) - 1


class Random:
    """xoshiro256** seeded by SplitMix64, and Lemire's numbers below a bound."""

    def __init__(self, seed):
        self.state = []
        for _ in range(4):
            seed = (seed + 0x9E3779B97F4A7C15) & MASK
            mixed = ((seed ^ (seed >> 30)) * 0xBF58476D1CE4E5B9) & MASK
            mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & MASK
            self.state.append(mixed ^ (mixed >> 31))

    def next(self):
        def rotate(word, bits):
            return ((word << bits) | (word >> (64 - bits))) & MASK

        s = self.state
        result = (rotate((s[1] * 5) & MASK, 7) * 9) & MASK
        shifted = (s[1] << 17) & MASK
        s[2] ^= s[0]
        s[3] ^= s[1]
        s[1] ^= s[2]
        s[0] ^= s[3]
        s[2] ^= shifted
        s[3] = rotate(s[3], 45)
        return result

    def below(self, bound):
        while True:
            product = self.next() * bound
            if product & MASK >= (1 << 64) % bound:
                return product >> 64


def number(value):
    value = float(value)
    return value if math.isfinite(value) else None


def numbers(values):
    return [number(value) for value in values]


# Distributions.

def distributions(rng):
    ps = [1e-300, 1e-20, 1e-5, 0.005, 0.025, 0.05, 0.3, 0.5, 0.5000001, 0.8, 0.92, 0.925, 0.93, 0.975, 0.995, 1 - 1e-9]
    zs = [0, 1e-8, 0.1, 0.5, 1, 1.96, 3, 6, 12, 30]
    dfs = [1, 1.5, 2, 3, 4.7, 5, 10, 29, 30, 57, 99.5, 100, 199, 200, 250, 1000, 30999, 1e6]
    ts = [0, 1e-6, 0.01, 0.3, 0.7, 1, 1.2, 2, 3.5, 8, 20, 37]
    binomials = [(k, n) for n in (0, 1, 2, 3, 10, 33) for k in range(n + 1)]
    binomials += [(k, n) for n in (100, 1000, 1075, 5000, 31000) for k in (0, 1, n // 5, n // 3, n // 2 - 40, n // 2, n // 2 + 1, n - 1)]
    return {
        "normal_quantile": [[p, number(stats.norm.ppf(p))] for p in ps + [rng.random() for _ in range(50)]],
        "normal": [[z, number(stats.norm.cdf(z)), number(stats.norm.cdf(-z)), number(2 * stats.norm.sf(z))] for z in zs],
        "student": [[t, df, number(2 * stats.t.sf(t, df))] for t in ts for df in dfs],
        "student_critical": [[p, df, number(stats.t.isf(p / 2, df))] for p in (1e-6, 0.001, 0.01, 0.05, 0.1, 0.32, 0.9) for df in dfs],
        "chi_squared_one": [[x, number(stats.chi2.sf(x, 1))] for x in (0, 1e-6, 0.1, 1, 3.84, 10, 50, 400)],
        "fair_binomial": [[k, n, number(stats.binom.cdf(k, n, 0.5))] for k, n in binomials],
    }


# Proportions and means.

def wilson(successes, n, confidence):
    if n == 0:
        return [0, 1]
    return numbers(proportion_confint(successes, n, alpha=1 - confidence, method="wilson"))


def sample_error(successes, n):
    return stats.sem([1.0] * successes + [0.0] * (n - successes)) if n > 1 else math.nan


def proportions(rng):
    cases = [(0, 0), (0, 1), (1, 1), (0, 2), (1, 2), (2, 2), (0, 31000), (31000, 31000), (1, 31000), (7000, 14042)]
    for _ in range(100):
        n = rng.choice([3, 10, 57, 100, 1000, 14042])
        cases.append((rng.randint(0, n), n))
    result = []
    for successes, n in cases:
        confidence = rng.choice([0.95, 0.95, 0.9, 0.99])
        result.append({"successes": successes, "n": n, "confidence": confidence,
                       "standard_error": number(sample_error(successes, n)), "interval": wilson(successes, n, confidence)})
    return result


def macro_proportions(rng):
    cases = [[], [(0, 0)], [(0, 1)], [(1, 1), (0, 1)], [(3, 4)], [(4, 4), (9, 9)], [(0, 4), (0, 0), (0, 9)]]
    for _ in range(60):
        sizes = [rng.choice([0, 1, 2, 5, 30, 250]) for _ in range(rng.randint(1, 27))]
        cases.append([(rng.randint(0, n), n) for n in sizes])
    result = []
    for groups in cases:
        own = [(s, n) for s, n in groups if n > 0]
        case = {"groups": groups, "value": None, "standard_error": None, "interval": [0, 1]}
        if own:
            p = np.array([s / n for s, n in own])
            limits = np.array([wilson(s, n, 0.95) for s, n in own])
            k = len(own)
            errors = [sample_error(s, n) for s, n in own if n > 1]
            # Zou and Donner's limits for sum c_i p_i with c_i = 1 / k.
            low = p.mean() - math.sqrt(np.sum((p - limits[:, 0])**2)) / k
            high = p.mean() + math.sqrt(np.sum((limits[:, 1] - p)**2)) / k
            case["value"] = number(p.mean())
            case["standard_error"] = number(math.sqrt(np.sum(np.square(errors))) / k) if errors else None
            case["interval"] = [max(0.0, low), min(1.0, high)]
        result.append(case)
    return result


def scores_of(rng, n):
    kind = rng.randrange(4)
    if kind == 0:
        return [float(rng.random() < 0.6) for _ in range(n)]
    if kind == 1:
        return [rng.randint(0, 10) / 10 for _ in range(n)]
    if kind == 2:
        return [rng.random() for _ in range(n)]
    return [rng.choice([0.0, 0.25])] * n


def means(rng):
    result = []
    for n in [0, 1, 2, 2, 3] + [rng.randint(2, 60) for _ in range(60)]:
        scores = scores_of(rng, n)
        case = {"scores": scores, "value": None, "standard_error": None, "interval": [None, None]}
        if n > 0:
            case["value"] = number(np.mean(scores))
        if n > 1:
            error = stats.sem(scores)
            case["standard_error"] = number(error)
            case["interval"] = ([number(np.mean(scores))] * 2 if error == 0 else
                                numbers(stats.t.interval(0.95, n - 1, loc=np.mean(scores), scale=error)))
        result.append(case)
    return result


def clustered_fit(scores, cluster):
    """The regression on a constant with errors clustered: (mean, squared error, degrees of freedom, interval)."""
    clusters = len(set(cluster))
    if clusters < 2:
        return np.mean(scores), None, 0, None
    model = sm.OLS(np.array(scores), np.ones(len(scores)))
    fit = model.fit(cov_type="cluster", cov_kwds={"groups": np.unique(cluster, return_inverse=True)[1]}, use_t=True)
    return fit.params[0], fit.bse[0]**2, clusters - 1, fit.conf_int(0.05)[0]


def clustered_means(rng):
    result = []
    for n in [1, 2, 5] + [rng.randint(2, 60) for _ in range(80)]:
        scores = scores_of(rng, n)
        clusters = rng.choice([1, 2, 5, n])
        cluster = [rng.randrange(clusters) * 7 - 3 for _ in range(n)]
        mean, variance, _, interval = clustered_fit(scores, cluster)
        if variance is not None and len(set(scores)) == 1:
            variance, interval = 0.0, [scores[0]] * 2
        result.append({"scores": scores, "cluster": cluster, "value": number(mean),
                       "standard_error": None if variance is None else number(math.sqrt(variance)),
                       "interval": [None, None] if variance is None else numbers(interval)})
    return result


def clustered_macro_fit(scores, group, cluster):
    """(mean, standard error, interval) by a regression for each group."""
    total, variances, by_df, known = 0.0, 0.0, 0.0, False
    names = sorted(set(group))
    for name in names:
        own = [i for i in range(len(scores)) if group[i] == name]
        own_scores = [scores[i] for i in own]
        mean, variance, df, _ = clustered_fit(own_scores, [cluster[i] for i in own])
        total += mean
        if df == 0:
            continue
        known = True
        if len(set(own_scores)) > 1:
            variances += variance
            by_df += variance**2 / df
    value = total / len(names)
    if not known:
        return value, None, None
    error = math.sqrt(variances) / len(names)
    if error == 0:
        return value, 0.0, [value, value]
    return value, error, stats.t.interval(0.95, variances**2 / by_df, loc=value, scale=error)


def clustered_macro_means(rng):
    result = []
    for n in [1, 2, 5] + [rng.randint(2, 60) for _ in range(60)]:
        scores = scores_of(rng, n)
        groups, clusters = rng.choice([1, 2, 5]), rng.choice([1, 2, 5, n])
        cluster = [rng.randrange(clusters) for _ in range(n)]
        group = [c % groups for c in cluster]
        value, error, interval = clustered_macro_fit(scores, group, cluster)
        result.append({"scores": scores, "group": group, "cluster": cluster, "value": number(value),
                       "standard_error": None if error is None else number(error),
                       "interval": [None, None] if interval is None else numbers(interval)})
    return result


# The bootstrap.

def scipy_bootstrap(clusters, statistic, seed, resamples, method):
    """scipy's bootstrap of cluster numbers, on the indices that our generator draws."""
    own = Random(seed)

    def draw(_, low, high, shape):
        assert low == 0
        return np.array([[own.below(high) for _ in range(shape[1])] for _ in range(shape[0])])

    with unittest.mock.patch.object(_resampling, "rng_integers", draw):
        return stats.bootstrap((np.arange(clusters),), statistic, n_resamples=resamples, vectorized=False, method=method)


def bootstraps(rng):
    result = []
    for case in range(40):
        n = rng.choice([1, 2, 3, 8, 20, 40])
        clusters = min(n, rng.choice([n, n, 3]))
        cluster = list(range(clusters)) + [rng.randrange(clusters) for _ in range(n - clusters)]
        # Sixteenths add up without rounding, whatever the order: ties are ties in both programs.
        scores = [rng.randint(0, 16) / 16 for _ in range(n)]
        name = rng.choice(["mean", "ratio"])
        seed, resamples = rng.getrandbits(64), rng.choice([50, 200])

        def statistic(drawn):
            counts = np.bincount(np.asarray(drawn, int), minlength=clusters)
            weights = counts[cluster]
            total = np.sum(weights * np.array(scores))
            if name == "mean":
                return total / np.sum(weights)
            return total / (1 + np.sum(weights * np.square(scores)))

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if clusters == 1:  # scipy wants two observations; one has nothing to vary
                value = statistic([0])
                entry = {"percentile": [value, value], "bca": [None, None], "standard_error": 0}
            else:
                percentile = scipy_bootstrap(clusters, statistic, seed, resamples, "percentile")
                bca = scipy_bootstrap(clusters, statistic, seed, resamples, "BCa")
                entry = {"percentile": numbers(percentile.confidence_interval),
                         "bca": numbers(bca.confidence_interval), "standard_error": number(percentile.standard_error)}
        result.append({"scores": scores, "cluster": cluster, "statistic": name, "seed": seed, "resamples": resamples,
                       "value": number(statistic(range(clusters))), **entry})
    return result


def joint_bootstrap(scores, group, cluster, seed, resamples):
    """[model][resample], and the same draws as C++ makes."""
    scores = np.array(scores)
    n = scores.shape[1]
    group = group or [0] * n
    cluster = cluster or list(range(n))
    members = {}
    for g, c in zip(group, cluster):
        members.setdefault(g, set()).add(c)
    own = Random(seed)
    result = [[] for _ in scores]
    for _ in range(resamples):
        counts = {}
        for g in sorted(members):
            names = sorted(members[g])
            for _ in names:
                drawn = names[own.below(len(names))]
                counts[drawn] = counts.get(drawn, 0) + 1
        weights = np.array([counts.get(c, 0) for c in cluster])
        for model, row in enumerate(scores):
            group_means = []
            for g in sorted(members):
                mask = np.array(group) == g
                group_means.append(np.sum(weights[mask] * row[mask]) / np.sum(weights[mask]))
            result[model].append(float(sum(group_means) / len(group_means)))
    return result


def rank_intervals(resampled, confidence):
    """By counting, for each resample, who is better and who is not worse."""
    resampled = np.array(resampled)
    models, resamples = resampled.shape
    left_out = math.floor((1 - confidence) / 2 * resamples + 1e-9)
    result = []
    for model in range(models):
        best = np.sort(1 + np.sum(resampled > resampled[model], axis=0))
        worst = np.sort(np.sum(resampled >= resampled[model], axis=0))
        result.append([int(best[left_out]), int(worst[resamples - 1 - left_out])])
    return result


# Pairs.

def mcnemar_p(first, second):
    table = [[0, first], [second, 0]]
    exact = mcnemar(table, exact=True).pvalue if first + second else 1.0
    corrected = 1.0 if first == second else mcnemar(table, exact=False, correction=True).pvalue
    return [number(exact), number(corrected)]


def mcnemars(rng):
    cases = [(0, 0), (0, 1), (1, 0), (1, 1), (5, 0), (3, 3), (10, 11), (100, 60), (1000, 1000), (5000, 4700), (15500, 15500), (40, 2000)]
    cases += [(rng.randint(0, 60), rng.randint(0, 60)) for _ in range(80)]
    return [[b, c, *mcnemar_p(b, c)] for b, c in cases]


def size_classes(differences):
    classes = []
    for difference in sorted(differences, key=abs):
        if difference == 0:
            continue
        if not classes or abs(difference) > classes[-1][0] * (1 + 1e-12):
            classes.append([abs(difference), 0, 0])
        classes[-1][1] += 1
        classes[-1][2] += difference > 0
    return classes


def random_sign_flips(differences, seed, permutations):
    classes = size_classes(differences)
    own = Random(seed)

    def total(positives):
        return sum(size * (2 * p - count) for (size, count, _), p in zip(classes, positives))

    limit = abs(total([c[2] for c in classes])) - 1e-12 * sum(size * count for size, count, _ in classes)
    extreme = 0
    for _ in range(permutations):
        positives = []
        for _, count, _ in classes:
            words = [own.next() for _ in range(count // 64)]
            if count % 64:
                words.append(own.next() & ((1 << count % 64) - 1))
            positives.append(sum(word.bit_count() for word in words))
        extreme += abs(total(positives)) >= limit
    return (1 + extreme) / (1 + permutations)


def sign_flips(rng):
    result = []
    cases = [[0.0], [0.0, 0.0], [0.5], [-0.5, 0.5], [1.0] * 9, [1.0, -1.0, 0.0, 1.0, 1.0]]
    for _ in range(50):
        pool = rng.choice([[-1.0, 0.0, 1.0], [-0.25, 0.25, 0.5, -1.0, 0.75], None])
        n = rng.randint(1, 12)
        cases.append([rng.choice(pool) if pool else rng.uniform(-1, 1.5) for _ in range(n)])
    for differences in cases:
        if any(differences) and len(differences) > 1:
            # scipy takes the doubled smaller tail; the distribution is symmetric, so it is ours.
            p = stats.permutation_test((np.array(differences),), np.sum, permutation_type="samples", n_resamples=np.inf,
                                       vectorized=False).pvalue
        else:
            p = 1.0
        result.append({"differences": differences, "seed": 1, "permutations": 10, "p_value": number(p), "exact": True})
    for _ in range(10):
        n = rng.randint(150, 400)
        differences = [rng.choice([-0.5, -0.25, 0.25, 0.5, 0.125, 0.0625, 0.0]) + rng.choice([0.0, 1 / 3]) for _ in range(n)]
        differences = [d - rng.choice([0.1, 0.12]) for d in differences]
        seed, permutations = rng.getrandbits(64), 200
        result.append({"differences": differences, "seed": seed, "permutations": permutations,
                       "p_value": random_sign_flips(differences, seed, permutations), "exact": False})
    return result


def holm(rng):
    cases = [[], [0.03], [0.01, 0.01, 0.01], [1.0, 0.0], [0.04, 0.03, 0.02, 0.01]]
    cases += [[rng.random()**rng.choice([1, 3, 8]) for _ in range(rng.randint(2, 40))] for _ in range(40)]
    return [[p, numbers(multipletests(p, method="holm")[1]) if p else []] for p in cases]


# Whole comparisons.

def differences_of(a, b, group, cluster):
    d = [x - y for x, y in zip(a, b)]
    if group:
        value, error, interval = clustered_macro_fit(d, group, cluster or list(range(len(d))))
        return {"value": number(value), "standard_error": None if error is None else number(error),
                "interval": [None, None] if interval is None else numbers(interval)}
    value, variance, _, interval = clustered_fit(d, cluster or list(range(len(d))))
    if variance is not None and len(set(d)) == 1:
        variance, interval = 0.0, [d[0], d[0]]
    return {"value": number(value), "standard_error": None if variance is None else number(math.sqrt(variance)),
            "interval": [None, None] if variance is None else numbers(interval)}


def comparisons(rng):
    result = []
    for case in range(24):
        models, n = rng.choice([2, 3, 5]), rng.choice([5, 30, 70])
        binary = case % 3 != 0
        clusters = rng.choice([n, n // 3 + 1])
        cluster = list(range(clusters)) + [rng.randrange(clusters) for _ in range(n - clusters)]
        group = [c % 3 for c in cluster] if case % 2 else []
        if clusters == n:
            cluster = [] if case % 4 < 2 else cluster
        ability = [rng.uniform(0.2, 0.9) for _ in range(models)]
        ability[1] = ability[0] if case % 5 == 0 else ability[1]
        if binary:
            scores = [[float(rng.random() < a) for _ in range(n)] for a in ability]
        else:
            scores = [[rng.randint(0, 16) / 16 for _ in range(n)] for _ in ability]
        if case % 5 == 0:
            scores[1] = list(scores[0])
        seed, resamples = rng.getrandbits(64), 80
        resampled = joint_bootstrap(scores, group, cluster, seed, resamples)
        pairs = []
        for i, j in itertools.combinations(range(models), 2):
            pair = differences_of(scores[i], scores[j], group, cluster)
            pair["bootstrap"] = numbers(np.percentile(np.array(resampled[i]) - np.array(resampled[j]), [2.5, 97.5]))
            if binary:
                first = sum(a > b for a, b in zip(scores[i], scores[j]))
                second = sum(a < b for a, b in zip(scores[i], scores[j]))
                pair["discordant"] = [first, second]
                pair["mcnemar"], pair["mcnemar_corrected"] = mcnemar_p(first, second)
            pairs.append(pair)
        if binary:
            for pair, adjusted in zip(pairs, multipletests([p["mcnemar"] for p in pairs], method="holm")[1]):
                pair["mcnemar_holm"] = number(adjusted)
        result.append({"scores": scores, "group": group, "cluster": cluster, "seed": seed, "resamples": resamples,
                       "resampled": resampled, "ranks": rank_intervals(resampled, 0.95), "pairs": pairs})
    return result


# Agreement.

def correlations(rng):
    cases = [([], []), ([1], [2]), ([1, 2], [2, 1]), ([1, 2], [3, 3]), ([1, 2, 3], [1, 2, 3]), ([1, 1, 1], [1, 2, 3]),
             ([1, 2, 3, 4], [4, 3, 2, 1]), ([1, 1, 2], [1, 1, 2])]
    swapped = list(range(50))
    swapped[3], swapped[4] = swapped[4], swapped[3]
    cases += [(list(range(50)), list(range(50))), (list(range(50)), swapped), (list(range(50)), swapped[::-1]),
              (list(range(172)), list(range(172)))]
    for n in [2, 3, 4, 5, 8, 12, 20, 32, 33, 34, 60, 120]:
        for _ in range(3):
            x = [rng.random() for _ in range(n)]
            cases.append((x, [value + rng.choice([0.2, 1, 5]) * rng.random() for value in x]))
            levels = rng.choice([2, 3, 5, 10])
            x = [rng.randint(1, levels) for _ in range(n)]
            cases.append((x, [min(levels, max(1, value + rng.randint(-2, 2))) for value in x]))
    result = []
    for x, y in cases:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            kendall = stats.kendalltau(x, y)
            spearman = stats.spearmanr(x, y) if len(x) > 1 else (math.nan, math.nan)
        entry = {"x": x, "y": y, "kendall": numbers(kendall), "spearman": numbers(spearman)}
        if len(x) == 2:  # no degree of freedom is left
            entry["spearman"][1] = None
        result.append(entry)
    return result


def alphas(rng):
    cases = [[[1]], [[1, 2], [None, None]], [[1, 1], [1, 1]], [[1, None], [2, None]], [[None, None, None]] * 2]
    for _ in range(60):
        raters, units, levels = rng.randint(2, 5), rng.randint(2, 30), rng.choice([2, 3, 5, 10])
        missing = rng.choice([0, 0.1, 0.5])
        truth = [rng.randint(1, levels) for _ in range(units)]
        cases.append([[None if rng.random() < missing else min(levels, max(1, value + rng.choice([0, 0, 0, -1, 1, 2])))
                       for value in truth] for _ in range(raters)])
    result = []
    for ratings in cases:
        entry = {"ratings": ratings}
        for level in ("nominal", "ordinal", "interval"):
            data = np.array([[np.nan if v is None else v for v in row] for row in ratings], float)
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    entry[level] = number(krippendorff.alpha(reliability_data=data, level_of_measurement=level))
            except ValueError:  # nothing that could disagree
                entry[level] = None
        result.append(entry)
    return result


def kappas(rng):
    cases = [([], [], 2), ([0, 0], [0, 0], 2), ([0, 1], [0, 1], 2), ([0, 1], [1, 0], 3)]
    for _ in range(40):
        categories, n = rng.choice([2, 3, 5]), rng.randint(3, 60)
        first = [rng.randrange(categories) for _ in range(n)]
        cases.append((first, [v if rng.random() < 0.6 else rng.randrange(categories) for v in first], categories))
    result = []
    for first, second, categories in cases:
        entry = {"first": first, "second": second, "categories": categories}
        table = np.zeros((categories, categories))
        for a, b in zip(first, second):
            table[a, b] += 1
        for name, wt in (("none", None), ("linear", "linear"), ("quadratic", "quadratic")):
            with np.errstate(all="ignore"):
                entry[name] = number(cohens_kappa(table, wt=wt, return_results=False)) if first else None
        result.append(entry)
    return result


def main():
    wanted = dict(re.findall(r"^([a-z]+)==(\S+)$", (HERE / "requirements-statistics.txt").read_text(), re.MULTILINE))
    for name, version in wanted.items():
        if importlib.metadata.version(name) != version:
            raise SystemExit(f"this is {name} {importlib.metadata.version(name)}; install {name}=={version}")
    generator = Random(42)
    golden = {
        "made_with": wanted,
        "random": {"seed": 42, "next": [str(generator.next()) for _ in range(5)],
                   "below": [[bound, generator.below(bound)] for bound in (1, 2, 3, 1000, 31000, (1 << 63) + 1) for _ in range(5)]},
    }
    for seed, make in enumerate((distributions, proportions, macro_proportions, means, clustered_means, clustered_macro_means,
                                 bootstraps, mcnemars, sign_flips, holm, comparisons, correlations, alphas, kappas)):
        golden[make.__name__] = make(random.Random(seed))
    sections = [f"{json.dumps(name)}: {json.dumps(content)}" for name, content in golden.items()]
    (HERE / "statistics.json").write_text("{\n" + ",\n".join(sections) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
