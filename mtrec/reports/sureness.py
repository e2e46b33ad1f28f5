"""How far a model's sureness can be trusted, and what is gained if a person takes the least sure.

Throughout, N records: `confidence` `(N,)` in [0, 1] is how sure the model was that all it said of a
record is right, and `right` `(N,)` is whether it was. Nothing is missing in either. Intervals take
the records as independent of each other.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mtrec.reports.classification import CONFIDENCE, PREDICTED, TRUTH
from mtrec.schema import Estimate
from mtrec.stats import DRAWS, bootstrap_statistic, interval, wilson
from mtrec.tasks.base import TaskType

RIGHT, LOW, HIGH, N, KEPT = "right", "low", "high", "n", "kept"
SHARES = tuple(percent / 100 for percent in range(100, 0, -5))
ROUNDING = 1e-9  # of sums of shares

Array = NDArray[np.float64]
Floats = NDArray[np.floating]
Verdicts = NDArray[np.bool_]


def right(predictions: pd.DataFrame, task_type: TaskType) -> Verdicts:
    """Whether all that was said of each record is right, `(N,)`, in the order of the rows.

    With several labels or spans in a record, none is missed and none is too many.

    Args:
        predictions: columns `truth` and `predicted`, one row per record, none missing.
    """
    said = predictions[[TRUTH, PREDICTED]]
    different = said.drop_duplicates()
    verdicts = [
        all(true == predicted for true, predicted in task_type.compare(*row))
        for row in different.itertuples(index=False, name=None)
    ]
    merged = said.merge(different.assign(**{RIGHT: verdicts}), on=[TRUTH, PREDICTED], how="left")
    return merged[RIGHT].to_numpy(dtype=np.bool_)


def reliability(confidence: Floats, right: Verdicts, bins: int = 10) -> pd.DataFrame:
    """How often the model was right where it was so and so sure: a reliability diagram's points.

    As in Guo et al. (2017), *On Calibration of Modern Neural Networks*, arXiv:1706.04599, section
    2, but with bins of equally many records, so that each point rests on as many. Records of equal
    confidence share a bin; where many are equally sure, or there are few, there are fewer bins.

    Returns:
        One row per bin, the least sure first: mean `confidence`, the share `right` with its Wilson
        interval `low` to `high`, and `n` records.
    """
    rank = pd.Series(confidence).rank(method="average").to_numpy() - 0.5
    number = (rank * bins / max(len(rank), 1)).astype(np.int64)
    records = pd.DataFrame(
        {CONFIDENCE: np.asarray(confidence, dtype=np.float64), RIGHT: right.astype(np.float64)}
    )
    groups = records.groupby(number, sort=True)
    table = groups.mean()
    table[N] = groups.size()
    return _with_interval(table.reset_index(drop=True))


def expected_calibration_error(
    confidence: Floats, right: Verdicts, bins: int = 15, draws: int = DRAWS, seed: int = 0
) -> Estimate:
    """By how much confidence and the share right differ, on average over records.

    ECE = Σ_b n_b / N · |acc(b) - conf(b)| over the bins b ((m - 1) / M, m / M] of the confidences,
    where acc is the share right and conf the mean confidence of a bin's n_b records: Guo et al.
    (2017), arXiv:1706.04599, equation 3. torchmetrics' norm `l1` is the same but for a confidence
    of exactly 1 or a bin's edge.

    Noise alone makes the error greater than 0, and a bootstrap sample adds noise to noise, so its
    draws lie above what they are to estimate, and their percentiles would leave out a perfect
    model's 0. Hence three parts, all of the same draws: the upper end is their 97.5 % percentile;
    the lower is 0 where noise of this size, the draws' bins about those found, explains the error;
    elsewhere it is the basic bootstrap's, twice the error less the upper end (Davison and Hinkley,
    1997, *Bootstrap Methods and their Application*, section 5.2). Of samples of 100, 500 and 3,000
    records, well and badly calibrated, 92 to 97 % of the intervals held the truth.

    Args:
        bins: how many, M, of equal width.
        draws: bootstrap samples of the records.

    Raises:
        ValueError: there are no records.
    """
    size = len(confidence)
    if not size:
        raise ValueError("the calibration error of no records is not defined")
    edges = np.linspace(0, 1, bins + 1)
    inside = np.clip(np.searchsorted(edges, confidence, side="left") - 1, 0, bins - 1)
    gaps = np.zeros((size, bins))
    gaps[np.arange(size), inside] = (right - np.asarray(confidence, dtype=np.float64)) / size
    found = gaps.sum(axis=0)  # (bins,)
    value = float(np.abs(found).sum())
    if size < 2:
        return Estimate(value)
    drawn = bootstrap_statistic(lambda counts: counts @ gaps, size, draws, seed)  # (draws, bins)
    errors, noise = (interval(np.abs(each).sum(axis=1)) for each in (drawn, drawn - found))
    if errors is None or noise is None:
        return Estimate(value)
    high = max(errors[1], value)
    return Estimate(value, 0.0 if value <= noise[1] else max(0.0, 2 * value - high), high)


def coverage(confidence: Floats, right: Verdicts, shares: Sequence[float] = SHARES) -> pd.DataFrame:
    """What share is right of the records the model keeps, if a person takes the least sure.

    The risk-coverage curve of El-Yaniv and Wiener (2010), *On the Foundations of Noise-free
    Selective Classification*, JMLR 11, where the risk is 1 - `right`. Of records of equal
    confidence any may be kept, so each counts as right with the mean of them all.

    Args:
        shares: of the records that are kept; one at least is.

    Returns:
        One row per share: `kept`, the least `confidence` among the records kept, the share `right`
        of them with its Wilson interval `low` to `high`, and `n`, how many they are; no row where
        there are no records.
    """
    sure, gained = _surest_first(confidence, right)
    if not len(sure):
        shares = ()
    wanted = np.asarray(shares, dtype=np.float64)
    counts = np.clip(np.floor(wanted * len(sure) + 0.5), 1, None).astype(np.int64)
    table = pd.DataFrame({KEPT: wanted, N: counts, CONFIDENCE: sure[counts - 1]})
    table[RIGHT] = gained[counts - 1] / counts
    return _with_interval(table)


def kept_for(confidence: Floats, right: Verdicts, wanted: float) -> float | None:
    """The largest share of records, the surest ones, of which the share right is `wanted` or more.

    It is read off the same records, so on others a little less may be right.

    Returns:
        None where no share reaches it.
    """
    gained = _surest_first(confidence, right)[1]
    counts = np.arange(1, len(gained) + 1)
    reached = counts[gained >= wanted * counts - ROUNDING * counts]
    return float(reached[-1] / len(gained)) if len(reached) else None


def _surest_first(confidence: Floats, right: Verdicts) -> tuple[Array, Array]:
    """Confidences from the greatest to the least, and how many of the first 1 … N are right."""
    sure = np.asarray(confidence, dtype=np.float64)
    order = np.argsort(-sure, kind="stable")
    expected = pd.Series(right.astype(np.float64)).groupby(sure).transform("mean").to_numpy()
    return sure[order], np.cumsum(expected[order], dtype=np.float64)


def _with_interval(table: pd.DataFrame) -> pd.DataFrame:
    """With the interval of `right` in front of `n`, which comes last."""
    counts = table.pop(N)
    successes = (table[RIGHT] * counts).to_numpy()
    table[LOW], table[HIGH] = wilson(successes, counts.to_numpy())
    table[N] = counts
    return table
