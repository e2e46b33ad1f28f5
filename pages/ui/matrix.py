"""The confusion matrix of a task, and the texts behind the cell that was clicked."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from mtrec.reports.classification import CONFIDENCE, PREDICTIONS, TASK, TRUTH
from mtrec.reports.confusion import behind_cell, confusion, row_shares
from mtrec.runs.store import RunInfo
from mtrec.schema import RECORD, SOURCE, SPLIT, TEXT, USER
from pages.ui import charts, shell, state
from pages.ui.text import number, plain

COUNTS, SHARES = "Counts", "Shares of each row"
MOST_ROWS = 25  # a longer matrix scrolls


@st.cache_data(max_entries=8, show_spinner="Reading predictions…")
def predictions_of(run: str, task: str, split: str) -> pd.DataFrame:
    """The judged predictions of one task on one split."""
    path = state.store().fetch(run) / PREDICTIONS
    filters = [(TASK, "==", task), (SPLIT, "==", split)]
    return pd.read_parquet(path, filters=filters).dropna(subset=[TRUTH])


def draw(run: RunInfo, task: str, split: str, order: list[str]) -> None:
    """The confusion matrix, and the texts behind the cell that was clicked."""
    st.markdown("**Which labels are taken for which**")
    judged = predictions_of(run.run, task, split)
    counts = confusion(judged, order)
    shown = st.segmented_control(
        "What the cells show",
        [COUNTS, SHARES],
        default=COUNTS,
        required=True,
        key="cells",
        bind="query-params",
        help="Counts of texts, or of each true label's texts the share that got each answer.",
    )
    shares = row_shares(counts)
    values = counts if shown == COUNTS else shares
    picked = st.dataframe(
        charts.shaded(
            values.rename_axis(index="true label"), shares, "{:d}" if shown == COUNTS else "{:.0%}"
        ),
        key=f"matrix-{task}-{split}",
        selection_mode="single-cell",
        on_select="rerun",
        height="content" if len(order) <= MOST_ROWS else 600,
        alt=f"Confusion matrix of {task}",
    )
    st.caption(
        "Rows are true labels, columns are the model's answers: what stands off the diagonal is "
        "mixed up. A stronger colour means a larger share of the row. **Click a cell** to read "
        "its texts."
    )
    shell.download(counts.reset_index(), f"confusion-{task}", f"matrix-csv-{task}")
    if picked.selection.cells:
        row, column = picked.selection.cells[0]
        if column in counts.columns:
            _texts_behind(run, task, judged, counts.index[row], column)


def _texts_behind(
    run: RunInfo, task: str, judged: pd.DataFrame, truth: str, predicted: str
) -> None:
    """The texts of one cell, with a way to the person who wrote the selected one."""
    found = behind_cell(judged, truth, predicted)
    verdict = "rightly" if truth == predicted else "wrongly"
    st.markdown(
        f"**{number(len(found))} × truly {plain(truth)}, {verdict} taken for {plain(predicted)}**, "
        "the surest answers first"
    )
    if found.empty:
        return
    records = state.open_dataset(run.key).records
    table = records.loc[found[RECORD], [RECORD, TEXT, USER, SOURCE]].reset_index(drop=True)
    table.insert(1, CONFIDENCE, 100 * found[CONFIDENCE].to_numpy())
    chosen = st.dataframe(
        table,
        hide_index=True,
        placeholder="",
        key=f"behind-{task}-{truth}-{predicted}",
        selection_mode="single-row",
        on_select="rerun",
        column_order=[TEXT, USER, CONFIDENCE, SOURCE],
        column_config={
            TEXT: st.column_config.TextColumn("text", width="large"),
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
        st.caption("Select a row to read the whole text and go to the person who wrote it.")
        return
    row = table.iloc[chosen.selection.rows[0]]
    with st.container(border=True):
        st.text(row[TEXT])
        if pd.notna(row[USER]):
            st.page_link(
                shell.PEOPLE,
                label=f"Open {plain(row[USER])}",
                icon=":material/person:",
                query_params={state.PERSON: row[USER]},
            )
