"""What misspelt and missing words do to a task's answers, measured when somebody asks."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from mtrec.reports import wording
from mtrec.reports.robustness import KINDS, MOST, Damage, Robustness, robustness
from mtrec.runs.store import RunInfo
from mtrec.schema import Estimate
from mtrec.tasks import TASK_TYPES
from mtrec.wording import many, number
from pages.ui import charts, loaded, shell
from pages.ui.text import INTERVAL_HELP, plain
from pages.ui.words import metric

FOUND = "robustness-"  # session key, before a run's id
ASK = "robustness-ask"
AS_WRITTEN = "as written"
HOLDS, UNTOLD = "circle", "circle-open"  # marks of what differs beyond noise, and the rest
HELP = (
    "Real texts hold slips. The test texts are damaged a little and answered again: words of four "
    "letters or more are misspelt inside (two letters swapped, one left out, one written twice), "
    "or words are left out. Labels of marked words stay with their words, and marked things are "
    "never left out. A text without a word to damage stays as it is."
)


def draw(run: RunInfo, task: str, kind: str) -> None:
    """A button that tests a finished run's model on damaged texts; then what became of a task.

    Args:
        kind: the task's type.
    """
    st.markdown("**On damaged texts**", help=HELP)
    _test(run, task, kind)


@st.fragment
def _test(run: RunInfo, task: str, kind: str) -> None:
    with shell.guard():
        if st.button(
            "Test it on damaged texts",
            key=ASK,
            icon=":material/bug_report:",
            help=f"Reads up to {number(MOST)} test texts seven times: as they are written, and "
            "with little, more and much damage of two kinds. This takes about a minute.",
        ):
            st.session_state[FOUND + run.run] = _measured(run)
        found: dict[str, Robustness] | None = st.session_state.get(FOUND + run.run)
        if found is None:
            st.caption(
                "How much worse the answers get where words are misspelt or missing, as they are "
                "in many real texts."
            )
        elif task not in found:
            st.markdown("This cannot be told: no test text has both a label and an answer.")
        else:
            _show(found[task], metric(TASK_TYPES[kind].headline))


def _measured(run: RunInfo) -> dict[str, Robustness]:
    """What damage does to every task of a run's model."""
    dataset = loaded.whole_dataset(run.key)
    model, lock = loaded.model(run)
    words = "Damaging and reading the texts…"
    bar = st.progress(0.0, words)
    with lock:
        found = robustness(dataset, model, lambda share: bar.progress(min(share, 1.0), words))
    bar.empty()
    return found


def _show(found: Robustness, name: str) -> None:
    """One task in words and as a chart.

    Args:
        name: what its headline figure is called.
    """
    st.markdown("\n".join(_in_words(found, kind, name) for kind in KINDS))
    st.caption("In brackets: the 95 % interval of the difference.", help=INTERVAL_HELP)
    points = [(AS_WRITTEN, found.clean)] + [(_label(each), each.figure) for each in found.damages]
    frame = pd.DataFrame([{"texts": label, **figure.json()} for label, figure in points])
    chart = charts.dots(frame, "texts", name)
    marks = [HOLDS, *(HOLDS if each.holds else UNTOLD for each in found.damages)]
    chart.update_traces(marker={"symbol": marks, "line": {"width": 2}})
    charts.show(
        chart,
        f"{name} on the texts as they are written and on the same texts damaged, with the 95 % "
        "interval. A filled circle differs from the first by more than noise; a hollow one cannot "
        f"be told from it. On {many(found.records, 'test text')} of this task; of all tasks at "
        f"most {number(MOST)} are read, drawn at random.",
        _table(found, name),
        key="robustness",
    )


def _in_words(found: Robustness, kind: str, name: str) -> str:
    """What one kind of damage does: by its heaviest that tells, and from where on it tells."""
    damages = [each for each in found.damages if each.kind == kind]
    told = [each for each in damages if each.holds]
    clean = f"{found.clean.value:.3f}"
    if not told:
        return (
            f"- With up to {_label(damages[-1])}, {plain(name)} cannot be told from the {clean} on "
            "the texts as they are written."
        )
    first, last = told[0], told[-1]
    words = (
        f"- With {_label(last)}, {plain(name)} is **{last.figure.value:.3f}** instead of {clean}: "
        f"{_change(last, found.clean)}, more than noise."
    )
    if first is damages[0]:
        return f"{words} Already {_percent(first.share)} of the words make a difference."
    return words if first is last else f"{words} It takes {_percent(first.share)} of them to tell."


def _change(damage: Damage, clean: Estimate) -> str:
    difference = damage.difference
    side, sign = ("less", -1) if difference.value < 0 else ("more", 1)
    words = f"{abs(wording.difference(damage.figure.value, clean.value)):.3f} {side}"
    if difference.low is None or difference.high is None:
        return words
    near, far = sorted((sign * difference.low, sign * difference.high))
    return f"{words} ({near:.3f} to {far:.3f})"


def _label(each: Damage) -> str:
    return f"{_percent(each.share)} of words {each.kind}"


def _percent(share: float) -> str:
    return f"{100 * share:.0f}\u00a0%"


def _table(found: Robustness, name: str) -> pd.DataFrame:
    """The numbers behind the chart."""
    clean = {"texts": AS_WRITTEN, **_rounded(name, found.clean)}
    damaged = [
        {
            "texts": _label(each),
            **_rounded(name, each.figure),
            "beyond noise": "yes" if each.holds else "no",
            **_rounded("difference", each.difference),
            "p": each.p_value,
            "p over all damage (Holm)": each.corrected,
            "texts changed": each.touched,
        }
        for each in found.damages
    ]
    return pd.DataFrame([clean, *damaged])


def _rounded(name: str, figure: Estimate) -> dict[str, float | None]:
    figures = {name: figure.value, f"{name} from": figure.low, f"{name} to": figure.high}
    return {each: None if value is None else round(value, 3) for each, value in figures.items()}
