"""The part of a document about how sure the model is of its answers in one task."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from mtrec.reports.classification import CONFIDENCE, UNCALIBRATED
from mtrec.reports.document.answers import Answers
from mtrec.reports.document.html import NO_BREAK, Html, Span, barred, bullets, paragraph, table, tag
from mtrec.reports.document.words import Words
from mtrec.reports.sureness import (
    HIGH,
    KEPT,
    LOW,
    RIGHT,
    ROUNDING,
    N,
    coverage,
    expected_calibration_error,
    kept_for,
    reliability,
)
from mtrec.reports.wording import percent
from mtrec.schema import VAL, Estimate
from mtrec.stats import wilson
from mtrec.wording import many, number

FEWEST = 30  # answers, below which nothing can be told
WANTED = (0.9, 0.95, 0.99)  # shares right


def section(answers: Answers, split: str, words: Words) -> Iterator[Html]:
    """Whether it is as often right as it says, and what must go to a person."""
    sure = answers.sure
    if len(sure) < FEWEST:
        yield paragraph(
            f"Only {many(len(sure), 'answer')} can be judged here, which is too few to tell: it "
            f"takes {FEWEST}."
        )
        return
    before = UNCALIBRATED in sure and not sure[UNCALIBRATED].equals(sure[CONFIDENCE])
    columns = {"Before correction": UNCALIBRATED, "After correction": CONFIDENCE}
    named = columns if before else {"As it says": CONFIDENCE}
    yield paragraph(words.right, class_="note")
    errors = {
        name: expected_calibration_error(sure[column].to_numpy(), sure[RIGHT].to_numpy())
        for name, column in named.items()
    }
    yield bullets(_off_by(name, error) for name, error in errors.items())
    yield from _remarks(answers, split, [error.value for error in errors.values()])
    yield _reliability(sure, "after correction" if before else "as it says")
    yield tag("h3", "If the least certain texts go to a person")
    yield _to_a_person(answers)


def _off_by(name: str, error: Estimate) -> str:
    return (
        f"{name}, its sureness is off by {100 * error.value:.1f} points on average "
        f"({_points(error)})."
    )


def _remarks(answers: Answers, split: str, errors: list[float]) -> Iterator[Html]:
    """What to know of the correction. `errors`: by how much it is off before and after, if both."""
    if UNCALIBRATED not in answers.sure:
        said = "This training was made before sureness was corrected."
    elif len(errors) == 1:
        said = (
            "The correction changed nothing: either there were too few validation texts to find "
            "one, or none was needed."
        )
    elif errors[1] >= errors[0]:
        said = (
            "The correction does not help here. It was found on the validation texts by the "
            "likelihoods of all labels, word by word where words are marked, and what serves those "
            "best need not serve the sureness of whole answers."
        )
    elif split == VAL:
        said = (
            "The correction was found on these very texts, so it looks better here than it is. The "
            "test part is honest."
        )
    else:
        said = "The correction was found on the validation part, not on these texts."
    yield paragraph(said, class_="note")
    if unanswered := len(answers.labelled) - len(answers.answered):
        yield paragraph(
            f"{many(unanswered, 'text')} with a label got no answer at all, and "
            f"{'is' if unanswered == 1 else 'are'} left out here.",
            class_="note",
        )


def _reliability(sure: pd.DataFrame, which: str) -> Html:
    points = reliability(sure[CONFIDENCE].to_numpy(), sure[RIGHT].to_numpy())
    rows = [
        [
            percent(row[CONFIDENCE]),
            barred(percent(row[RIGHT]), Estimate(row[RIGHT], row[LOW], row[HIGH]), row[CONFIDENCE]),
            _interval(row),
            number(row[N]),
        ]
        for _, row in points.iterrows()
    ]
    caption = (
        f"Sureness {which}: texts in groups from the least sure to the surest. The bar is how "
        "often it was right, the thin line the 95 % interval, the upright tick what it said. A bar "
        "that ends short of its tick means too sure, one that passes it too modest."
    )
    head = ("It says", "It is right", "95 % interval", "Texts")
    return table(caption, head, rows, numbers=(3,))


def _to_a_person(answers: Answers) -> Html:
    """What must be handed over so that so much of the rest is right."""
    sure, before = answers.sure, answers.sure_before
    confidence, verdicts = sure[CONFIDENCE].to_numpy(), sure[RIGHT].to_numpy()
    has_earlier = before is not None and len(before) >= FEWEST
    rows: list[list[object]] = []
    for wanted in WANTED:
        row = _kept(confidence, verdicts, wanted)
        if row is None:
            cells: list[object] = [percent(wanted), Span(f"out of reach with {FEWEST} left", 4)]
        else:
            limit = "none needed" if row[KEPT] == 1 else f"below {percent(row[CONFIDENCE])}"
            right = f"{percent(row[RIGHT])} ({_interval(row)})"
            cells = [percent(wanted), percent(1 - row[KEPT]), limit, right, number(row[N])]
        if before is not None and has_earlier:
            cells.append(_as_chosen_before(before, confidence, verdicts, wanted))
        rows.append(cells)
    head = ["Wanted right", "To a person", "Its sureness", "Right in the rest", "Texts left"]
    caption = (
        "Someone answers the texts that the model is least sure of, so that so much of the rest is "
        "right."
    )
    if has_earlier:
        head.append("With the limit found on validation")
        caption += (
            " These shares are read off these very texts, so they look a little better than they "
            "are. The last column takes the limit from the validation part and tells how it turned "
            "out here, which says better what to expect of new texts."
        )
    else:
        caption += (
            " The shares are read off these very texts, so on others a little less may be right."
        )
    return table(caption, head, rows, numbers=(4,))


def _kept(confidence: np.ndarray, verdicts: np.ndarray, wanted: float) -> pd.Series | None:
    """The largest part, the surest answers, of which so much is right; None of too few."""
    kept = kept_for(confidence, verdicts, wanted)
    row = None if kept is None else coverage(confidence, verdicts, [kept]).iloc[0]
    return None if row is None or row[N] < FEWEST else row


def _as_chosen_before(
    before: pd.DataFrame, confidence: np.ndarray, verdicts: np.ndarray, wanted: float
) -> str:
    """How a limit that was found on other texts turns out on these."""
    limit = _limit(before[CONFIDENCE].to_numpy(), before[RIGHT].to_numpy(), wanted)
    if limit is None:
        return "out of reach there"
    kept = verdicts[confidence >= limit]
    if len(kept) < FEWEST:
        return f"leaves fewer than {FEWEST} texts"
    low, high = wilson(kept.sum(), np.array(len(kept)))
    handed = 1 - len(kept) / len(verdicts)
    return (
        f"{percent(handed)} to a person, right in {percent(kept.mean())} of the rest "
        f"({percent(float(low))}{NO_BREAK}to{NO_BREAK}{percent(float(high))})"
    )


def _limit(confidence: np.ndarray, verdicts: np.ndarray, wanted: float) -> float | None:
    """The lowest sureness from which on so much is right; below any where all may be kept.

    Unlike `kept_for` it keeps all that are equally sure or none, since a limit cannot tell them
    apart.
    """
    order = np.argsort(-confidence, kind="stable")
    sure, counts = confidence[order], np.arange(1, len(order) + 1)
    shares = np.cumsum(verdicts[order]) / counts
    is_last = np.append(sure[1:] < sure[:-1], True)
    reached = np.flatnonzero(is_last & (counts >= FEWEST) & (shares >= wanted - ROUNDING))
    if not len(reached):
        return None
    return -np.inf if reached[-1] == len(sure) - 1 else float(sure[reached[-1]])


def _interval(row: pd.Series) -> str:
    return f"{percent(row[LOW])}{NO_BREAK}to{NO_BREAK}{percent(row[HIGH])}"


def _points(error: Estimate) -> str:
    if error.low is None or error.high is None:
        return "no interval"
    return f"95{NO_BREAK}% interval {100 * error.low:.1f} to {100 * error.high:.1f}"
