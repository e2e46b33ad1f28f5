"""How far a model's sureness can be trusted, and what is right if a person takes the least sure."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from mtrec.reports.classification import (
    CONFIDENCE,
    PREDICTED,
    TRUTH,
    UNCALIBRATED,
    load_predictions,
)
from mtrec.reports.sureness import (
    HIGH,
    KEPT,
    LOW,
    RIGHT,
    N,
    coverage,
    expected_calibration_error,
    kept_for,
    reliability,
    right,
)
from mtrec.reports.wording import percent
from mtrec.runs.store import RunInfo
from mtrec.schema import VAL, Estimate
from mtrec.tasks import TASK_TYPES
from mtrec.wording import many
from pages.ui import charts, loaded
from pages.ui.text import INTERVAL_HELP
from pages.ui.words import RIGHT_HELP

FEWEST = 30  # texts, below which nothing can be told
WANTED = 0.95
TYPICAL = 0.8  # the sureness that the words pick out
PERSON = "person"  # column: the share that goes to one
SLIDER = "to-person"  # its key, and in the URL
STEP, MOST, USUAL = 5, 95, 20  # of the slider, in percent
BEFORE, AFTER, ONLY = "before correction", "after correction", "as it says"


@st.cache_data(max_entries=8, show_spinner="Reading predictions…")
def judged(run: str, task: str, split: str, kind: str) -> tuple[pd.DataFrame, int]:
    """How sure the model was of each judged answer and whether it is right.

    Returns:
        columns `confidence`, `right` and, where the run has it, `uncalibrated`; and how many texts
        with a label got no answer.
    """
    folder = loaded.store().fetch(run)
    labelled = load_predictions(folder, split, task).dropna(subset=[TRUTH])
    answered = labelled.dropna(subset=[PREDICTED])
    sure = answered.filter([CONFIDENCE, UNCALIBRATED]).reset_index(drop=True)
    sure[RIGHT] = right(answered, TASK_TYPES[kind])
    return sure, len(labelled) - len(answered)


@st.cache_data(max_entries=16, show_spinner="Measuring its sureness…")
def error_of(run: str, task: str, split: str, kind: str, column: str) -> Estimate:
    """By how much a column of `judged` and the share right differ."""
    sure, _ = judged(run, task, split, kind)
    return expected_calibration_error(sure[column].to_numpy(), sure[RIGHT].to_numpy())


def draw(run: RunInfo, task: str, split: str, kind: str) -> None:
    """Whether it is as often right as it says, and what a person's help would bring.

    Args:
        kind: the task's type.
    """
    st.markdown("**How far its sureness can be trusted**", help=RIGHT_HELP)
    sure, unanswered = judged(run.run, task, split, kind)
    if len(sure) < FEWEST:
        st.markdown(
            f"Only {many(len(sure), 'answer')} can be judged here, which is too few to tell: it "
            f"takes {FEWEST}."
        )
        return
    errors = {
        name: error_of(run.run, task, split, kind, column)
        for name, column in _columns(sure).items()
    }
    _trust(sure, errors, split)
    if unanswered:
        st.caption(
            f"{many(unanswered, 'text')} with a label got no answer at all, and "
            f"{'is' if unanswered == 1 else 'are'} left out here and below."
        )
    _handed_over(sure, split)


def _columns(sure: pd.DataFrame) -> dict[str, str]:
    """Which columns tell of its sureness, by what they are called."""
    if UNCALIBRATED not in sure or sure[UNCALIBRATED].equals(sure[CONFIDENCE]):
        return {ONLY: CONFIDENCE}
    return {BEFORE: UNCALIBRATED, AFTER: CONFIDENCE}


def _trust(sure: pd.DataFrame, errors: dict[str, Estimate], split: str) -> None:
    """How often it is right where it says so, in words and as a chart."""
    points = pd.concat(
        [
            reliability(sure[column].to_numpy(), sure[RIGHT].to_numpy()).assign(which=name)
            for name, column in _columns(sure).items()
        ],
        ignore_index=True,
    )
    for name, error in errors.items():
        st.markdown(
            f"- {_in_words(name, error, points[points['which'] == name])}", help=INTERVAL_HELP
        )
    if UNCALIBRATED not in sure:
        st.caption(
            "This training was made before sureness was corrected, so there is nothing to compare "
            "with. Train again to have it corrected."
        )
    elif BEFORE not in errors:
        st.caption(
            "The correction changed nothing: either there were too few validation texts to find "
            "one, or none was needed."
        )
    elif errors[AFTER].value >= errors[BEFORE].value:
        st.caption(
            "The correction does not help here. It was found on the validation texts by the "
            "likelihoods of all labels, word by word where words are marked, and what serves those "
            "best need not serve the sureness of whole answers."
        )
    elif split == VAL:
        st.caption(
            "The correction was found on these very texts, so it looks better here than it is. The "
            "test part is honest."
        )
    charts.show(
        charts.reliability(points, "which"),
        "Texts from the least sure to the surest, in groups of about a tenth: how sure it said it "
        "was, and in how many it was right, with the 95 % interval. On the dotted line it says "
        "what is so; below it, it is too sure of itself, above it too modest.",
        _as_table(points, {"which": "sureness", CONFIDENCE: "says (%)", RIGHT: "right (%)"}),
        key="sureness",
    )


def _in_words(name: str, error: Estimate, points: pd.DataFrame) -> str:
    """What it says, what is so, and how far the two are apart."""
    nearest = points.loc[(points[CONFIDENCE] - TYPICAL).abs().idxmin()]
    return (
        f"**{name.capitalize()}:** when it says {percent(nearest[CONFIDENCE])}, it is right in "
        f"{percent(nearest[RIGHT])} of cases ({_interval(nearest)}, "
        f"{many(nearest[N], 'text')}). Over all texts its sureness is off by "
        f"**{100 * error.value:.1f} points** on average ({_points(error)})."
    )


@st.fragment
def _handed_over(sure: pd.DataFrame, split: str) -> None:
    """What is right of the rest if the least certain texts go to a person."""
    st.markdown("**If the least certain texts go to a person**", help=RIGHT_HELP)
    asked = st.slider(
        "Share of texts that go to a person",
        0,
        MOST,
        USUAL,
        STEP,
        format="%d %%",
        key=SLIDER,
        bind="query-params",
        help="Someone reads the texts that the model is least sure of, and the model answers the "
        "rest. The more it hands over, the more of the rest is right, if its sureness is worth "
        "something.",
    )
    confidence, verdicts = sure[CONFIDENCE].to_numpy(), sure[RIGHT].to_numpy()
    chosen = coverage(confidence, verdicts, [1 - asked / 100])
    st.markdown(_rest(chosen.iloc[0]), help=INTERVAL_HELP)
    st.markdown(f":material/flag: {_goal(sure)}", help=INTERVAL_HELP)
    curve = coverage(confidence, verdicts)
    named = {PERSON: "to a person (%)", CONFIDENCE: "sure at least (%)", RIGHT: "right (%)"}
    charts.show(
        charts.coverage(_handed(curve), _handed(chosen)),
        "How often it is right in the texts it keeps, by the share that goes to a person, with the "
        "95 % interval. A line that climbs means that it knows what it does not know; a flat one "
        "that its sureness does not help to choose.",
        _as_table(_handed(curve), named),
        key="handed-over",
    )
    if split != VAL:
        st.caption(
            "To settle on a share, look at the validation part, and read here how it turns out: a "
            "share chosen because it looks good on these texts looks better than it is."
        )


def _handed(kept: pd.DataFrame) -> pd.DataFrame:
    """Coverage by what goes to a person rather than by what is kept."""
    return kept.drop(columns=KEPT).assign(**{PERSON: 1 - kept[KEPT]})


def _rest(row: pd.Series) -> str:
    return (
        f"The model answers {many(row[N], 'text')}, those it is at least "
        f"{percent(row[CONFIDENCE])} sure of, and is right in **{percent(row[RIGHT])}** of them "
        f"({_interval(row)})."
    )


def _goal(sure: pd.DataFrame) -> str:
    """How much must go to a person so that nearly all of the rest is right."""
    confidence, verdicts = sure[CONFIDENCE].to_numpy(), sure[RIGHT].to_numpy()
    kept = kept_for(confidence, verdicts, WANTED)
    if kept == 1:
        return f"It is right in {percent(WANTED)} or more as it is, if it answers all texts."
    row = None if kept is None else coverage(confidence, verdicts, [kept]).iloc[0]
    if row is None or row[N] < FEWEST:
        return (
            f"However many texts go to a person, there are no {FEWEST} left of which "
            f"{percent(WANTED)} are right."
        )
    return (
        f"To be right in {percent(WANTED)} of what it answers, **{percent(1 - row[KEPT])}** of "
        f"texts must go to a person, those it is less than {percent(row[CONFIDENCE])} sure of "
        f"({_interval(row)}, {many(row[N], 'text')} left)."
    )


def _as_table(points: pd.DataFrame, names: dict[str, str]) -> pd.DataFrame:
    """Points in percent under names for people, those that are named first."""
    names = {**names, LOW: "from (%)", HIGH: "to (%)", N: "texts"}
    shares = [column for column in names if column not in ("which", N)]
    written = points.assign(**{column: (100 * points[column]).round(1) for column in shares})
    return written[list(names)].rename(columns=names)


def _interval(row: pd.Series) -> str:
    return f"95\u00a0% interval {percent(row[LOW])} to {percent(row[HIGH])}"


def _points(error: Estimate) -> str:
    if error.low is None or error.high is None:
        return "no interval"
    return f"95\u00a0% interval {100 * error.low:.1f} to {100 * error.high:.1f}"
