"""Labels that are probably wrong, as a list that a person reads through."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import streamlit as st

from mtrec.data.dataset import Dataset
from mtrec.reports.label_errors import (
    DOUBT,
    FOLDS,
    PLACE,
    SUGGESTED,
    WRITTEN,
    rare,
    read_vectors,
    supports,
    suspects,
)
from mtrec.runs.store import MADE, RunInfo
from mtrec.schema import ROW, SOURCE, TEXT, USER, task_column
from mtrec.tasks import TASK_TYPES
from mtrec.wording import many, number
from pages.ui import loaded, shell
from pages.ui.text import plain

SHOWN = 100
TEXT_WIDTH, NUMBER_WIDTH, ID_WIDTH = 240, 60, 75  # pixels, before the table fills its place
MANY = 0.2  # of the labels, from which on the texts rather than the labels are to blame
NAMED = 5  # labels in a sentence
HELP = (
    "A simple model learns the labels of four fifths of the texts and says which labels the others "
    "should have, until every text has been asked about. Where it is sure of another label than "
    "what is written, one of the two is wrong."
)


@st.cache_data(max_entries=8, show_spinner=False)
def ranking(root: Path, run: str, task: str) -> tuple[pd.DataFrame, pd.Series]:
    """All labelled records of a task, the most doubtful labels first.

    Args:
        root: of the workspace.

    Returns:
        `place` among the labelled records, `written`, `suggested`, `doubt`; and how many records
        carry each label that is too rare to be judged.
    """
    from mtrec.training.reporter import SilentReporter

    store = loaded.store()
    dataset = loaded.whole_dataset(store.get(run).key)
    known, records = dataset.tasks[task], _labelled(dataset, task)
    task_type, texts = TASK_TYPES[known.type], records[TEXT].tolist()
    encoder = store.config(run).encoder
    vectors = read_vectors(
        texts,
        task_type,
        encoder,
        store.summary(run)["precision"],
        store.workspace.cache,
        SilentReporter(),
        store.fetch(run) / MADE if encoder.is_made else None,
    )
    labelled = (records[task_column(task)], known.labels, task_type, texts)
    return suspects(vectors, *labelled), rare(*labelled)


def draw(run: RunInfo, task: str, kind: str) -> None:
    """A button that looks for them; then the list, the way to the texts, and the download.

    Args:
        kind: the task's type.
    """
    st.markdown("**Labels that may be wrong**", help=HELP)
    if supports(TASK_TYPES[kind]):
        _review(run, task, kind)
    else:
        st.markdown(
            "Wrong labels cannot be looked for here: this task marks words inside its texts, and "
            "the search compares whole texts."
        )


@st.fragment
def _review(run: RunInfo, task: str, kind: str) -> None:
    dataset = loaded.open_dataset(run.key)
    records = _labelled(dataset, task)
    asked = f"label-errors-{run.run}-{task}"
    if not st.session_state.get(asked):
        st.markdown(
            "Some labels in the data may be wrong. A model learns such mistakes, and where it "
            "answers rightly all the same, that counts as an error. The labels that seem most "
            "doubtful are listed here for you to look at, once you ask for them."
        )
        st.button(
            "Look for them",
            key=f"look-{task}",
            icon=":material/search:",
            on_click=_remember,
            args=(asked,),
            help=f"Goes through {many(len(records), 'labelled text')}. This takes a few minutes "
            "where there are tens of thousands that have not been read before.",
        )
        return
    with st.spinner("Reading the texts and comparing their labels…", show_time=True):
        ranked, left_out = ranking(loaded.workspace().root, run.run, task)
    doubtful = ranked[ranked[SUGGESTED] != ranked[WRITTEN]]
    _in_words(len(doubtful), len(ranked), TASK_TYPES[kind].several)
    _left_out(left_out)
    if not doubtful.empty:
        _list(_told(doubtful.head(SHOWN), records), task, kind)
    shell.download(_told(ranked, records), f"label-errors-{task}", f"label-errors-csv-{task}")


def _remember(asked: str) -> None:
    st.session_state[asked] = True


def _labelled(dataset: Dataset, task: str) -> pd.DataFrame:
    return dataset.records.dropna(subset=[task_column(task)])


def _told(ranked: pd.DataFrame, records: pd.DataFrame) -> pd.DataFrame:
    """The ranking with the text, who wrote it, and where it stands; doubt in percent."""
    of = records.iloc[ranked[PLACE]][[TEXT, SOURCE, ROW, USER]].reset_index(drop=True)
    told = ranked[[WRITTEN, SUGGESTED]].reset_index(drop=True)
    told[DOUBT] = (100 * ranked[DOUBT].to_numpy(dtype="float64")).round(1)
    return pd.concat([of[[TEXT]], told, of[[SOURCE, ROW, USER]]], axis=1)


def _in_words(doubtful: int, judged: int, several: bool) -> None:
    """How many are doubted. Of several labels each is a question of its own, so none is likeliest.

    Args:
        several: whether a text may carry several labels.
    """
    texts = many(judged, "text")
    if not doubtful:
        st.markdown(
            f"None: in {texts} no label that is written seems unlikely, and none that is missing "
            "likely."
            if several
            else f"None: every label of {texts} is the likeliest one."
        )
        return
    doubts = (
        "a label that is written seems unlikely, or one that is missing likely"
        if several
        else "another label seems likelier than what is written"
    )
    first = f" The {SHOWN} most doubtful are shown." if doubtful > SHOWN else ""
    st.markdown(f"In **{number(doubtful)}** of {texts} {doubts}.{first}")
    if doubtful > MANY * judged:
        st.caption(
            "So many do not mean that so many labels are wrong, but that the language model can "
            "hardly tell the labels of this task by the texts. Read from the top, and stop where "
            "the suggestions no longer convince you."
        )
    st.caption(
        "This is a list to review, not a verdict: much of it will be right as it stands, most of "
        "all where texts are hard to judge. It covers all labelled texts of the task, of every "
        "part of the data. It is made from the language model as it came and not from this "
        "training, which may have learned wrong labels by heart."
    )


def _left_out(counts: pd.Series) -> None:
    """Names the labels that are too rare to be judged."""
    if counts.empty:
        return
    names = ", ".join(f"*{plain(label)}*" for label in counts.index[:NAMED])
    more = ", …" if len(counts) > NAMED else ""
    st.caption(
        f"{many(len(counts), 'label')} on fewer than {FOLDS} different texts "
        f"{'is' if len(counts) == 1 else 'are'} too rare to be judged, and left out: {names}{more} "
        f"({many(int(counts.sum()), 'text')})."
    )


def _list(table: pd.DataFrame, task: str, kind: str) -> None:
    """The most doubtful labels, with a way to the whole text and to the person who wrote it."""
    width = {column: shell.labels_width(table[column], column) for column in (WRITTEN, SUGGESTED)}
    chosen = st.dataframe(
        table,
        hide_index=True,
        placeholder="",
        key=f"label-errors-list-{task}",
        selection_mode="single-row",
        on_select="rerun",
        column_order=shell.filled(table, table.columns),
        column_config={
            TEXT: st.column_config.TextColumn("text", width=TEXT_WIDTH),
            WRITTEN: st.column_config.TextColumn(
                "written", width=width[WRITTEN], help="The label in the data."
            ),
            SUGGESTED: st.column_config.TextColumn(
                "suggested",
                width=width[SUGGESTED],
                help="The label that seems likelier; empty stands for no label.",
            ),
            DOUBT: st.column_config.NumberColumn(
                "doubt",
                width=NUMBER_WIDTH,
                format="%.0f %%",
                help="How improbable what is written seems, to a model that has not seen it.",
            ),
            SOURCE: st.column_config.TextColumn(
                "file",
                width=ID_WIDTH,
                help="The file that the text comes from, without its ending.",
            ),
            ROW: st.column_config.NumberColumn(
                "row",
                width=NUMBER_WIDTH,
                format="%d",
                help="Where it stands in that file: 1 is the first row of data, below any row of "
                "headings.",
            ),
            USER: st.column_config.TextColumn(
                "person",
                width=ID_WIDTH,
                help="Who wrote it, where that is known.",
            ),
        },
        alt=f"Labels of {task} that may be wrong",
    )
    if not chosen.selection.rows:
        st.caption(
            "Select a row to read the whole text and go to the person who wrote it, if that is "
            "known."
        )
        return
    row = table.iloc[chosen.selection.rows[0]]
    with st.container(border=True):
        st.text(row[TEXT])
        for words, labels in (("The data says", WRITTEN), ("Seems likelier", SUGGESTED)):
            said = TASK_TYPES[kind].describe(row[labels], row[TEXT])
            st.markdown(f"{words}: **{plain(said)}**")
        if pd.notna(row[USER]):
            shell.person(row[USER], f"Open {plain(row[USER])}")
