"""What a setting of λ gains and loses against the pinned one, in words, cards and a table."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from mtrec.data.dataset import DatasetSummary
from mtrec.wording import many, number
from pages.ui import forms, state, trust, trying
from pages.ui.outcomes import interval, metric_of, title
from pages.ui.text import INTERVAL_HELP, plain
from pages.ui.words import metric, metric_help

if TYPE_CHECKING:
    from mtrec.runs.store import RunInfo
    from mtrec.tradeoffs.changes import Change
    from mtrec.tradeoffs.stacked import Lambdas

PINNED = "pinned"  # in the URL: the setting that others are compared with, as `pin` writes it
CARD = 230  # pixels
HELP = (
    "The language model reads the texts once and does not learn here; what answers the tasks above "
    "it learns anew with every setting, on the training part, with the same luck. So it is quick, "
    "and what changes is due to the weights. The figures are of the validation part."
)
NOISE_HELP = (
    f"The 95 % interval of the figure, and that of its change. {INTERVAL_HELP} A change is grey "
    "where its interval holds 0: it may be chance. The intervals of all changes hold at once, 95 "
    "times out of 100, since one looks at all of them."
)


def draw(
    dataset: DatasetSummary, known: trying.Ready, chosen: Lambdas, runs: Sequence[RunInfo]
) -> None:
    """What the chosen setting comes to against the pinned one, in words and figures.

    Args:
        runs: those of the dataset, which say how far it can be trusted.
    """
    from mtrec.tradeoffs.changes import changes

    if not any(chosen.values()):
        st.warning(
            "Every task has λ 0, so nothing would be learned. Give one task a λ above 0.",
            icon=":material/info:",
        )
        return
    before = pinned(chosen)
    found = changes(known.outcomes([before, chosen]), before=0, now=1)
    st.markdown(verdict(dataset, found, same=before == chosen))
    with st.container(horizontal=True):
        for each in found:
            card(dataset, each, same=before == chosen)
    instrument = known.instrument
    of = (
        f"a sample of {number(instrument.records)} of {many(instrument.of, 'training text')}"
        if instrument.records < instrument.of
        else many(instrument.of, "training text")
    )
    tastes = instrument.tastes
    people = (
        f" Recommendations are those to a sample of {number(tastes.people)} of "
        f"{many(tastes.of, 'person', 'people')}."
        if tastes is not None and tastes.people < tastes.of
        else ""
    )
    against = ", ".join(f"{plain(task)} {value:g}" for task, value in before.items())
    st.caption(
        f"Learned from {of}.{people} Compared with the pinned setting: {against}. The language "
        "model rests here, so a full training can come out otherwise. "
        f"{trust.told(dataset, known, runs)}",
        help=HELP,
    )
    with st.expander("The same as a table"):
        st.dataframe(table(dataset, found), hide_index=True, key="changes")


def pin(lambdas: Lambdas) -> None:
    """Keeps the setting that others are compared with from now on."""
    state.hold(PINNED, ",".join(f"{task}:{value:g}" for task, value in lambdas.items()))


def pinned(tasks: Collection[str]) -> Lambdas:
    """The setting that others are compared with; all alike where none of these tasks is pinned."""
    said = re.findall(rf"([\w-]+):({forms.LAMBDA})(?:,|$)", state.held(PINNED) or "")
    known = {task: float(value) for task, value in said}
    fits = known.keys() == {*tasks} and any(known.values())
    return {task: known[task] if fits else 1.0 for task in tasks}


def verdict(dataset: DatasetSummary, found: list[Change], same: bool) -> str:
    """What the setting changes, in a sentence."""
    if same:
        return "This is the pinned setting. Move a weight to see what changes."
    told = [each for each in found if each.is_told]
    gains = [plain(title(dataset, each.name)) for each in told if each.difference.value > 0]
    losses = [plain(title(dataset, each.name)) for each in told if each.difference.value < 0]
    parts = [
        f"{word}: **{', '.join(names)}**"
        for word, names in (("Better", gains), ("Worse", losses))
        if names
    ]
    if not parts:
        return "**No distinguishable change** against the pinned setting."
    rest = len(found) - len(told)
    others = "the other" if rest == 1 else f"the other {rest}"
    ends = f" No distinguishable change in {others}." if rest else ""
    return f"{'. '.join(parts)}.{ends}"


def card(dataset: DatasetSummary, each: Change, same: bool) -> None:
    """One figure, its change against the pinned setting, and the noise of both."""
    name = metric_of(dataset, each.name)
    with st.container(border=True, width=CARD):
        st.metric(
            plain(title(dataset, each.name)),
            f"{each.now.value:.3f}",
            delta=None if same else f"{each.difference.value:+.3f}",
            delta_color="normal" if each.is_told else "off",
            help=metric_help(name),
        )
        change = "" if same else f"  \nchange {interval(each.difference, '+')}"
        st.caption(f"{metric(name)}  \n{interval(each.now)}{change}", help=NOISE_HELP)


def table(dataset: DatasetSummary, found: list[Change]) -> pd.DataFrame:
    """Every figure under both settings."""
    return pd.DataFrame(
        [
            {
                "what": title(dataset, each.name),
                "figure": metric(metric_of(dataset, each.name)),
                "pinned": f"{each.before.value:.3f} ({interval(each.before)})",
                "now": f"{each.now.value:.3f} ({interval(each.now)})",
                "change": f"{each.difference.value:+.3f} ({interval(each.difference, '+')})",
                "beyond the noise": "yes" if each.is_told else "no",
            }
            for each in found
        ]
    )
