"""Ask a trained model about a text of one's own: every task answers, and says how sure it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from mtrec.reports.predict import predict
from mtrec.runs.store import RunInfo
from mtrec.tasks import TASK_TYPES
from mtrec.tasks.base import TaskType, Unit
from pages.ui import drawn, loaded, shell
from pages.ui.text import plain

if TYPE_CHECKING:
    from mtrec.models.multitask import MultiTaskModel

TEXT, ANSWER = "try-text", "try-answer-"  # session keys; a run's id stands behind the second
LONGEST = 5000  # characters of a text
QUOTED = 300  # characters of it above the answers
SHOWN = 5  # labels of a task, the likeliest first
SHARE = "share"
SURENESS_HELP = (
    "How likely the model holds it that all of its answer is right: of several labels or marked "
    "words, every one. How far that can be trusted is measured on texts whose answer is known."
)


@dataclass(frozen=True)
class Answer:
    """What a model said of one text.

    Attributes:
        said: as `predict` writes it, by task.
        kinds: the types of the tasks.
        is_cut: whether the text is longer than the model reads.
    """

    text: str
    said: dict[str, dict[str, Any]]
    kinds: dict[str, str]
    is_cut: bool


def draw(run: RunInfo) -> None:
    """A text to ask a finished run's model about, and what was answered last."""
    st.markdown(
        "**Try it**",
        help="The model reads a text of yours and every task answers. Nothing of it is stored or "
        "learned.",
    )
    _ask(run)


@st.fragment
def _ask(run: RunInfo) -> None:
    with shell.guard():
        with st.form("try"):
            written = st.text_area(
                "A text of your own",
                key=TEXT,
                max_chars=LONGEST,
                placeholder="Write or paste a text as people would leave it",
                help="Best a text like those in the data. Line breaks and repeated spaces count as "
                "one space.",
            )
            asked = st.form_submit_button(
                "Ask the model",
                key="try-ask",
                help="Every task of this training answers, usually within a second. The first time "
                "the model has to be opened, which takes longer.",
            )
        text = " ".join(written.split())
        if asked and text:
            model, lock = loaded.model(run)
            with st.spinner("Reading the text…"), lock:
                st.session_state[ANSWER + run.run] = _answer(model, text)
        elif asked:
            st.warning("There is no text yet: write one, then ask.", icon=":material/edit:")
        answer = st.session_state.get(ANSWER + run.run)
        if answer is not None:
            _show(answer)


def _answer(model: MultiTaskModel, text: str) -> Answer:
    (said,) = predict(model, [text])
    (read,) = model.encoder.tokenize([text]).ids
    whole = model.encoder.tokenizer(text, truncation=False, verbose=False)["input_ids"]
    kinds = {name: spec.type for name, spec in model.tasks.items()}
    return Answer(text, said["tasks"], kinds, is_cut=len(whole) > len(read))


def _show(answer: Answer) -> None:
    """What every task said, under the text that it is about."""
    st.markdown(f"What the model says of: “{plain(answer.text, QUOTED)}”")
    if answer.is_cut:
        st.warning(
            "The text is longer than this model reads: what stands at its end counted for nothing.",
            icon=":material/content_cut:",
        )
    for task, said in answer.said.items():
        with st.container(border=True):
            st.markdown(f"**{plain(task)}**")
            _task(task, TASK_TYPES[answer.kinds[task]], answer.text, said)


def _task(task: str, task_type: TaskType, text: str, said: dict[str, Any]) -> None:
    """One task's answer, how sure it is, and its likeliest labels."""
    if said["label"] is None:
        st.markdown(_silence(task_type))
        return
    words, table = st.columns([2, 3])
    with words:
        if task_type.unit is not Unit.MARKS:
            st.markdown(f"The model says: **{plain(task_type.describe(said['label'], text))}**")
        if task_type.unit is not Unit.TEXT:
            drawn.text_with(text, task_type.type, said["label"])
        whole = " of all of it" if task_type.several or task_type.unit is Unit.WORDS else ""
        st.markdown(f"It is **{_percent(said['confidence'])}** sure{whole}.", help=SURENESS_HELP)
    with table:
        _shares(task, task_type, said["scores"])


def _silence(task_type: TaskType) -> str:
    """Why a task has no answer."""
    if task_type.unit is Unit.MARKS:
        return (
            "No answer: this task tells how two things in a text relate, so mark them, each once: "
            "the first as `<e1>…</e1>`, the second as `<e2>…</e2>`."
        )
    return "No answer: the model finds nothing in this text that it could judge here."


def _shares(task: str, task_type: TaskType, scores: dict[str, float]) -> None:
    """The likeliest labels, and how their shares are meant."""
    percent = 100 * pd.Series(scores, dtype="float64")
    likeliest = percent.sort_values(ascending=False, kind="stable").head(SHOWN)
    st.dataframe(
        likeliest.rename_axis("label").rename(SHARE).reset_index(),
        hide_index=True,
        key=f"try-shares-{task}",
        column_config={
            "label": st.column_config.TextColumn("label", width=190),
            SHARE: st.column_config.ProgressColumn(
                "how likely", width=110, format="%.1f %%", min_value=0, max_value=100
            ),
        },
        alt=f"How likely each label of {task} is",
    )
    rest = f"The {SHOWN} likeliest of {len(scores)} labels. " if len(scores) > SHOWN else ""
    st.caption(rest + _meaning(task_type))


def _meaning(task_type: TaskType) -> str:
    if task_type.unit is Unit.WORDS:
        return (
            "How likely it is that the text names such a thing at all. It may name several, so "
            "these do not add up to 100\u00a0%."
        )
    if task_type.several:
        return "Each label is judged by itself, so these do not add up to 100\u00a0%."
    return "One of the labels is right, so all of them add up to 100\u00a0%."


def _percent(share: float) -> str:
    """In whole percent; a model is never wholly sure, nor wholly unsure."""
    return f"{min(max(round(100 * share), 1), 99)}\u00a0%"
