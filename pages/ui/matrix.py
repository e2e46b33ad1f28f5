"""What a task mixes up, in sentences and as a matrix, and the texts behind a clicked cell."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import streamlit as st

from mtrec.reports.classification import CONFIDENCE, PREDICTED, TRUTH, load_predictions
from mtrec.reports.confusion import behind_cell, compared, confusion, row_shares
from mtrec.reports.mixups import FEWEST, MOST_LABELS, Mixup, mixups, readable
from mtrec.runs.store import RunInfo
from mtrec.schema import RECORD, SOURCE, TEXT, USER
from mtrec.tasks import TASK_TYPES
from mtrec.tasks.base import NOTHING
from mtrec.wording import number
from pages.ui import charts, loaded, record, shell, state
from pages.ui.text import plain
from pages.ui.words import MIXED_UP_HELP

COUNTS, SHARES = "Counts", "Shares of each row"
NONE = "—"
ALL_TRUE, ALL_SAID = "all true", "all said"
WIDEST = 12  # labels whose columns stand beside each other on a page; more are scrolled through
NAME = 60  # characters of a label in a sentence


@st.cache_data(max_entries=8, show_spinner="Reading predictions…")
def _pairs(folder: Path, task: str, split: str, kind: str) -> pd.DataFrame:
    """The judged predictions of one task on one split, true label against predicted one.

    Beside them stands all that is true of the record, and all that was said of it.
    """
    judged = load_predictions(folder, split, task).dropna(subset=[TRUTH, PREDICTED])
    whole = judged.assign(**{ALL_TRUE: judged[TRUTH], ALL_SAID: judged[PREDICTED]})
    return compared(whole, TASK_TYPES[kind])


@st.cache_data(max_entries=64, show_spinner="Comparing answers…")
def worst(folder: Path, task: str, split: str, kind: str, order: Sequence[str]) -> Mixup | None:
    """What one task mixes up most on one split; None where nothing can be said.

    Args:
        folder: of a run.
        kind: the task's type.
        order: its labels.
    """
    found = mixups(confusion(_pairs(folder, task, split, kind), order), most=1)
    return found[0] if found else None


def told(mixup: Mixup) -> str:
    """A mix-up as Markdown."""
    return mixup.sentence(lambda label: f"*{plain(label, NAME)}*")


def draw(run: RunInfo, task: str, split: str, kind: str, order: list[str]) -> None:
    """What is mixed up, the confusion matrix, and the texts behind the cell that was clicked.

    Args:
        kind: the task's type.
        order: its labels.
    """
    pairs = _pairs(loaded.store().fetch(run.run), task, split, kind)
    counts = confusion(pairs, order)
    _sentences(counts)
    st.markdown("**Which labels are taken for which**")
    cells = st.segmented_control(
        "What the cells show",
        [COUNTS, SHARES],
        default=COUNTS,
        required=True,
        key="cells",
        bind="query-params",
        help="Counts of texts, or of each true label's texts the share that got each answer.",
    )
    shown = _looked_at(counts)
    part = (counts.index.isin(shown), counts.columns.isin(shown))
    shares = row_shares(counts).loc[part]
    values = counts.loc[part] if cells == COUNTS else shares
    picked = st.dataframe(
        charts.shaded(
            _named(values).rename_axis(index="true label"),
            _named(shares),
            "{:d}" if cells == COUNTS else "{:.0%}",
        ),
        key=f"matrix-{task}-{split}-{len(shown)}",
        selection_mode="single-cell",
        selection_default={"selection": {"cells": _cell_before(task, values)}},
        on_select="rerun",
        height="content" if len(values) <= MOST_LABELS + 1 else 600,
        alt=f"Confusion matrix of {task}",
    )
    st.caption(
        "Rows are true labels, columns are the model's answers: what stands off the diagonal is "
        "mixed up. A stronger colour means a larger share of the row. **Click a cell** to read "
        "its texts."
    )
    if NOTHING in values.index or NOTHING in values.columns:
        st.caption(
            f"**{NONE}** stands for no label: its column holds what was missed, its row what was "
            "found where none is."
        )
    shell.download(_named(counts).reset_index(), f"confusion-{task}", f"matrix-csv-{task}")
    cell = next(iter(picked.selection.cells), None)
    column = NOTHING if cell and cell[1] == NONE else cell and cell[1]
    if cell is None or column not in values.columns:
        st.session_state.pop(state.CELL, None)
        return
    truth = values.index[cell[0]]
    st.session_state[state.CELL] = (task, truth, column)
    _texts_behind(run, task, pairs, truth, column)


def _cell_before(task: str, values: pd.DataFrame) -> list[tuple[int, str]]:
    """The cell that was open when the page was left, as a table's selection."""
    left, truth, predicted = st.session_state.get(state.CELL, ("", "", ""))
    if left != task or truth not in values.index or predicted not in values.columns:
        return []
    return [(values.index.get_loc(truth), NONE if predicted == NOTHING else predicted)]


def _sentences(counts: pd.DataFrame) -> None:
    """The worst mix-ups in words."""
    st.markdown("**What is mixed up**", help=MIXED_UP_HELP)
    if found := mixups(counts):
        st.markdown("\n".join(f"- The model {told(each)}." for each in found))
    elif mixups(counts, fewest=1):
        st.markdown(
            f"Labels are mixed up here, but only such as have fewer than {FEWEST} cases: too few "
            "to say that one is taken for another more than by chance."
        )
    else:
        st.markdown("Nothing: every answer on this part is right.")


def _looked_at(counts: pd.DataFrame) -> list[str]:
    """The labels that the matrix shows: of many, only those mixed up most, unless all are asked."""
    every = [*dict.fromkeys([*counts.index, *counts.columns])]
    few = readable(counts, WIDEST)
    if len(few) == len(every):
        return every
    labels = sum(label != NOTHING for label in every)
    asked = st.toggle(
        f"All {labels} labels",
        key="all-labels",
        bind="query-params",
        help="Shows every label of the task. Otherwise only the labels of the pairs that are mixed "
        "up most are shown, so that the matrix can be read at a glance.",
    )
    if asked:
        return every
    st.caption(
        f"Of {labels} labels only those that are mixed up most are shown, so the rows shown do not "
        "hold all of a label's texts. The download holds every label."
    )
    return few


def _named(matrix: pd.DataFrame) -> pd.DataFrame:
    """With a sign where there is no label."""
    return matrix.rename(index={NOTHING: NONE}, columns={NOTHING: NONE})


def cell_told(truth: str, predicted: str) -> str:
    """What the texts of a cell have in common, as Markdown."""
    true, said = plain(truth), plain(predicted)
    if predicted == NOTHING:
        return f"truly {true}, missed"
    if truth == NOTHING:
        return f"{said}, found where none is"
    return f"truly {true}, {'rightly' if truth == predicted else 'wrongly'} taken for {said}"


def _texts_behind(run: RunInfo, task: str, pairs: pd.DataFrame, truth: str, predicted: str) -> None:
    """The texts of one cell, with a way to the person who wrote the selected one."""
    found = behind_cell(pairs, truth, predicted)
    if found.empty:
        st.markdown("No text stands in this cell.")
        return
    st.markdown(
        f"**{number(len(found))} × {cell_told(truth, predicted)}**, the surest answers first"
    )
    records = loaded.open_dataset(run.key).records
    table = records.loc[found[RECORD], [RECORD, TEXT, USER, SOURCE]].reset_index(drop=True)
    table.insert(1, CONFIDENCE, 100 * found[CONFIDENCE].to_numpy())
    activity = [SOURCE] if records[SOURCE].nunique() > 1 else []  # else the same in every row
    before = np.flatnonzero(found[RECORD] == st.session_state.get(state.TEXT))
    chosen = st.dataframe(
        table,
        hide_index=True,
        placeholder="",
        key=f"behind-{task}-{truth}-{predicted}",
        selection_mode="single-row",
        selection_default={"selection": {"rows": before.tolist()}},
        on_select="rerun",
        column_order=shell.filled(table, [TEXT, USER, CONFIDENCE, *activity]),
        column_config={
            TEXT: st.column_config.TextColumn("text", width=300),
            USER: st.column_config.TextColumn("person"),
            CONFIDENCE: st.column_config.NumberColumn(
                "sureness", format="%.0f %%", help="How sure the model was of its answer."
            ),
            SOURCE: st.column_config.TextColumn("activity"),
        },
        alt="Texts behind the clicked cell",
    )
    shell.download(table, f"{task}-cell", f"behind-csv-{task}")
    if not chosen.selection.rows:
        st.session_state.pop(state.TEXT, None)
        st.caption(
            "Select a row to read the whole text and all its labels, to see why the model answers "
            "so, and to go to the person who wrote it, if that is known."
        )
        return
    place = chosen.selection.rows[0]
    row = found.iloc[place]
    st.session_state[state.TEXT] = row[RECORD]
    record.draw(
        run,
        row[RECORD],
        task,
        row[ALL_TRUE],
        row[ALL_SAID],
        f"behind-{task}",
        (truth, predicted),
    )
