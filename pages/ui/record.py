"""What stands behind one record: its labels, why the model answers so, and texts like it.

Texts come from anywhere: whatever looks like HTML or Markdown in them is shown letter for letter.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from dataclasses import dataclass, replace
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import streamlit as st

from mtrec.data.dataset import Dataset
from mtrec.errors import InputError
from mtrec.reports.classification import CONFIDENCE, PREDICTED, TASK, TRUTH, load_answers
from mtrec.runs.store import RunInfo
from mtrec.schema import TEXT, USER
from mtrec.tasks import TASK_TYPES
from mtrec.tasks.base import NOTHING, TaskType, Unit
from mtrec.tasks.relation import MARK
from mtrec.wording import many, number
from pages.ui import drawn, hiding, loaded, shell
from pages.ui.charts import SHADE
from pages.ui.text import plain

if TYPE_CHECKING:
    from mtrec.reports.attribution import Attribution
    from mtrec.reports.nearest import Learned

WHY, LIKE = "record-why-", "record-like-"  # session keys; run, record and task stand behind them
NEAREST = 5
AGAINST = "230, 145, 56"  # orange, beside the blue of `SHADE`
FAINTEST, STRONGEST = 0.1, 0.6  # of the strongest word's share, to be marked; of its colour
NOTICED = 0.05  # what shares may fail to explain before it is said first
SIGNS = {True: ("+", SHADE, "solid"), False: ("−", AGAINST, "dashed")}
FOR, WORD, SHARE = "for or against", "word", "share"
WHY_HELP = (
    "Marks the words that moved the model's answer most, compared with the same text whose words "
    "are all hidden. It takes about a second, and some more where the model has to be opened first."
)
LIKE_HELP = (
    "Lists the texts of the training part with a label of this task that the trained model takes "
    "for most like this one. The first time these texts have to be read, which may take half a "
    "minute; then it is quick."
)
HINT = (
    "This is a hint about the model, not a cause in the world: it says which words this model went "
    "by, not why the label is right. Words act together, so changing one may change the answer "
    "less, or more, than its mark suggests."
)


@st.cache_resource(
    max_entries=8, show_spinner=False, hash_funcs={RunInfo: operator.attrgetter("run")}
)
def _learned(run: RunInfo, task: str) -> Learned:
    """What a run's model learned a task from."""
    from mtrec.reports.nearest import learned_from

    records = loaded.whole_dataset(run.key).records
    model, lock = loaded.model(run)
    with lock:
        return learned_from(model, records, task, loaded.store().workspace.cache)


@dataclass(frozen=True)
class Asked:
    """What the model is to explain of a record.

    Attributes:
        label: which label; None for whatever it is surest of.
        span: where words are marked, which ones: the first, and the one behind the last.
        is_missed: whether the data says so and the model does not.
    """

    label: str | None = None
    span: tuple[int, int] | None = None
    is_missed: bool = False


def draw(
    run: RunInfo,
    record: str | int,
    task: str,
    truth: str | None,
    predicted: str | None,
    key: str,
    cell: tuple[str, str] | None = None,
) -> None:
    """The card of one record, as one task of a finished run sees it.

    Args:
        record: its id.
        truth, predicted: labels as a recipe writes them; None where there is none, or nothing is
            said.
        key: unique on the page.
        cell: of the confusion matrix that the record is shown for: a true and a predicted label.
    """
    with st.container(border=True), shell.guard():
        dataset = loaded.open_dataset(run.key)
        row = _row(dataset, int(record))
        text, kind = str(row[TEXT]), dataset.tasks[task].type
        read = str(loaded.whole_dataset(run.key).records.loc[int(record), TEXT])
        _labels(text, kind, truth, predicted)
        every_task(run, int(record), text, dataset, key)
        asked = _asked(TASK_TYPES[kind], truth, predicted, cell)
        _why(run, int(record), read, task, kind, asked, key)
        _like(run, int(record), read, task, kind, key)
        if pd.notna(row[USER]):
            shell.person(row[USER], f"Open {plain(row[USER])}")


def _row(dataset: Dataset, record: int) -> pd.Series:
    if record in dataset.records.index:
        return dataset.records.loc[record]
    raise InputError(
        "There is no such text in the data",
        expected=f"a number from 0 to {len(dataset.records) - 1}",
        found=str(record),
        where=dataset.key,
    )


def _labels(text: str, kind: str, truth: str | None, predicted: str | None) -> None:
    """The text, what the data says of it and what the model says."""
    if truth is not None and predicted is not None:
        drawn.truth_and_prediction(text, kind, truth, predicted)
        return
    known = predicted if truth is None else truth
    if known is None:
        st.text(text)
    else:
        drawn.text_with(text, kind, known)
    for whose, value, none in (
        ("The data says", truth, "it has no label here"),
        ("The model says", predicted, "it gives no answer here"),
    ):
        told = none if value is None else f"**{plain(TASK_TYPES[kind].describe(value, text))}**"
        st.markdown(f"{whose}: {told}")


def every_task(run: RunInfo, record: int, text: str, dataset: Dataset, key: str) -> None:
    """What the data and the model say of the text, task by task."""
    said = load_answers(loaded.store().fetch(run.run), record)
    kinds = [TASK_TYPES[dataset.tasks[task].type] for task in said[TASK]]

    def told(column: str) -> list[str | None]:
        return [
            kind.describe(value, text) if isinstance(value, str) else None
            for kind, value in zip(kinds, said[column], strict=True)
        ]

    st.dataframe(
        pd.DataFrame(
            {
                TASK: said[TASK].to_numpy(),
                TRUTH: told(TRUTH),
                PREDICTED: told(PREDICTED),
                CONFIDENCE: 100 * said[CONFIDENCE].to_numpy(dtype="float64"),
            }
        ),
        hide_index=True,
        placeholder="",
        key=f"{key}-tasks",
        column_config={
            TASK: st.column_config.TextColumn("task"),
            TRUTH: st.column_config.TextColumn(
                "the data says",
                width=shell.LABELS_WIDTH,
                help="Empty where the text has no label of this task.",
            ),
            PREDICTED: st.column_config.TextColumn(
                "the model says",
                width=shell.LABELS_WIDTH,
                help="Empty where this task has nothing to judge in the text.",
            ),
            CONFIDENCE: st.column_config.NumberColumn(
                "sureness", format="%.0f %%", help="How sure the model was of its answer."
            ),
        },
        alt="What every task says of this text",
    )
    st.caption("Every task of this training about this one text.")


def _asked(
    kind: TaskType, truth: str | None, predicted: str | None, cell: tuple[str, str] | None
) -> Asked:
    """What there is to explain of a record: what its cell is about, if it is shown for one."""
    if truth is None or predicted is None or cell is None:
        return Asked()
    true, said = cell
    is_missed = said == NOTHING
    return Asked(true if is_missed else said, kind.words_behind(truth, predicted, cell), is_missed)


@st.fragment
def _why(
    run: RunInfo, record: int, text: str, task: str, kind: str, asked: Asked, key: str
) -> None:
    """A button; then the words, marked by how much each moved the answer."""
    with shell.guard():
        kept = f"{WHY}{run.run}-{record}-{task}-{asked}"
        if kept not in st.session_state:
            place = st.empty()
            if not place.button(
                "Why this answer?", key=f"{key}-why", icon=":material/help:", help=WHY_HELP
            ):
                return
            model, lock = loaded.model(run)
            from mtrec.reports.attribution import attribute

            with st.spinner("Looking at every word…"), lock:
                st.session_state[kept] = attribute(model, task, text, asked.label, asked.span)
            place.empty()
        found: Attribution | None = st.session_state[kept]
        if found is not None and loaded.presenting():
            found = replace(found, words=[hiding.dotted(word) for word in found.words])
        _words(found, TASK_TYPES[kind], asked.is_missed, key)


def _words(found: Attribution | None, kind: TaskType, is_missed: bool, key: str) -> None:
    if found is None:
        st.markdown("The model gives no answer here, so there is nothing to explain.")
        return
    asks = "What speaks for and against" if is_missed else "Why the model says"
    st.markdown(f"**{asks} {_about(found)}**", help=WHY_HELP)
    words = [MARK.sub("", word) if kind.unit is Unit.MARKS else word for word in found.words]
    st.html(html(words, found.shares))
    towards, away = ("up the scale", "down the scale") if kind.ordered else ("for it", "against it")
    verb = "pushed it" if kind.ordered else "spoke"
    st.caption(
        f"Blue, **+** and a solid line: {verb} {towards}. Orange, **−** and a dashed line: {verb} "
        f"{away}. A stronger colour counted more; what is not marked counted little or nothing."
    )
    st.caption(f"{HINT} {_exactness(found)}")
    passed = sum(
        MARK.sub("", word) != "" and not is_read
        for word, is_read in zip(found.words, found.is_read.tolist(), strict=True)
    )
    if passed:
        st.caption(
            f"{many(passed, 'word')} counted for nothing: the text is longer than this model "
            "reads, or holds signs that it does not know."
        )
    with st.expander("The same as a table"):
        _shares(words, found.shares, towards, away, key)


def _about(found: Attribution) -> str:
    """The answer that is explained, as Markdown within bold type."""
    label = f"“{plain(found.label)}”"
    if found.span is None:
        return label
    return f"{label} at “{plain(' '.join(found.words[slice(*found.span)]), 80)}”"


def _exactness(found: Attribution) -> str:
    share = f"{max(100 * found.inexact, 0.1):.1f}\u00a0%"
    if found.inexact > NOTICED:
        return f"**These marks are rough**: they leave {share} of what the words did unexplained."
    return f"The marks add up to what the words did together, to within {share}."


def html(words: Sequence[str], shares: np.ndarray) -> str:
    """Words as HTML: those that counted have a sign, a line, and a colour by their share."""
    strongest = float(np.abs(shares).max(initial=0))
    marked = [
        _word(word, share / strongest if strongest else 0.0)
        for word, share in zip(words, shares.tolist(), strict=True)
        if word
    ]
    return f'<div style="{drawn.TEXT_STYLE}">{" ".join(marked)}</div>'


def _word(word: str, share: float) -> str:
    """One word.

    Args:
        share: from -1, the strongest against, to 1.
    """
    if abs(share) < FAINTEST:
        return escape(word)
    sign, colour, line = SIGNS[share > 0]
    style = (
        f"background: rgba({colour}, {STRONGEST * abs(share):.2f}); color: inherit; "
        f"border-radius: 0.3em; padding: 0.1em 0.2em; border-bottom: 2px {line} rgb({colour})"
    )
    return f'<mark style="{style}"><small>{sign}</small>{escape(word)}</mark>'


def _shares(words: Sequence[str], shares: np.ndarray, towards: str, away: str, key: str) -> None:
    """The words that counted, the strongest first, as shares of all that counted."""
    moved = float(np.abs(shares).sum())
    table = pd.DataFrame(
        {
            WORD: list(words),
            FOR: np.where(shares > 0, f"+ {towards}", f"− {away}"),
            SHARE: 100 * np.abs(shares) / moved if moved else np.zeros(len(shares)),
        }
    )
    table = table[(table[SHARE] > 0) & (table[WORD] != "")]
    st.dataframe(
        table.sort_values(SHARE, ascending=False, kind="stable"),
        hide_index=True,
        key=f"{key}-words",
        column_config={
            WORD: st.column_config.TextColumn("word"),
            FOR: st.column_config.TextColumn("which way", help="Which way the word moved it."),
            SHARE: st.column_config.NumberColumn(
                "how much",
                format="%.1f %%",
                help="Of all that words did, whichever way; together 100 %.",
            ),
        },
        alt="How much each word moved the answer",
    )


@st.fragment
def _like(run: RunInfo, record: int, text: str, task: str, kind: str, key: str) -> None:
    """A button; then the training texts that the model takes for most like this one."""
    with shell.guard():
        kept = f"{LIKE}{run.run}-{record}-{task}"
        if kept not in st.session_state:
            place = st.empty()
            if not place.button(
                "Similar texts it learned from",
                key=f"{key}-like",
                icon=":material/search:",
                help=LIKE_HELP,
            ):
                return
            st.session_state[kept] = _nearest(run, record, text, task)
            place.empty()
        found, among = st.session_state[kept]
        how = loaded.hidden(run.key)
        _list(found if how is None else how.frame(found), among, TASK_TYPES[kind], task, key)


def _nearest(
    run: RunInfo, record: int, text: str, task: str
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """The training records most like a text, and among how many they were found."""
    model, lock = loaded.model(run)
    from mtrec.reports.nearest import nearest, states_of

    with st.spinner("Reading what it learned from…", show_time=True):
        learned = _learned(run, task)
        with lock:
            (like,) = states_of(model, [text], task)
    found = nearest(learned, like, NEAREST, without=record)
    among = {"compared": len(learned.records), "total": learned.total, "usual": learned.usual}
    return found, among


def _list(found: pd.DataFrame, among: dict[str, Any], kind: TaskType, task: str, key: str) -> None:
    from mtrec.reports.nearest import LABEL, SIMILARITY

    if found.empty:
        st.markdown("There is no other training text with a label of this task.")
        return
    st.markdown("**Similar texts it learned from**", help=LIKE_HELP)
    told = [
        kind.describe(label, text) for label, text in zip(found[LABEL], found[TEXT], strict=True)
    ]
    st.dataframe(
        found.assign(**{LABEL: told}),
        hide_index=True,
        placeholder="",
        key=f"{key}-nearest",
        column_order=shell.filled(found, [TEXT, LABEL, SIMILARITY, USER]),
        column_config={
            TEXT: st.column_config.TextColumn("text", width="medium"),
            LABEL: st.column_config.TextColumn(
                "the data says",
                width=shell.LABELS_WIDTH,
                help=f"Its label of {plain(task)}, which the model learned from.",
            ),
            SIMILARITY: st.column_config.NumberColumn(
                "similarity",
                format="%.2f",
                help="The cosine between the two texts as the trained model sees them: 1 is the "
                "same, 0 is nothing in common.",
            ),
            USER: st.column_config.TextColumn("person", help="Who wrote it, where that is known."),
        },
        alt="Training texts most like this one",
    )
    st.caption(_among(among))


def _among(among: dict[str, Any]) -> str:
    """Where the list comes from, and how its figures are to be read."""
    compared, total, usual = among["compared"], among["total"], among["usual"]
    whole = f"all {number(total)}"
    drawn_from = (
        whole
        if compared == total
        else f"{number(compared)}, drawn by chance out of {number(total)},"
    )
    beside = f" Two of them taken by chance are alike by {usual:.2f}." if usual is not None else ""
    return (
        f"The most alike of {drawn_from} training texts with a label of this task.{beside} They "
        "show what the model takes for alike; whether it answers as it does because of them is "
        "not said by this."
    )
