"""Runs on the page Train: the chosen one as it goes on or ended, and the list of all."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import pandas as pd
import streamlit as st

from mtrec.data.dataset import DatasetSummary
from mtrec.runs import launcher
from mtrec.runs.estimate import how_far_off, worked
from mtrec.runs.export import exported_bytes
from mtrec.runs.progress import LiveFiles, duration, read_log, read_progress
from mtrec.runs.store import FINISHED, LONGEST_NAME, MODEL, RUNNING, STOPPED, WARNINGS, RunInfo
from mtrec.schema import ADAPTED, TEST
from mtrec.wording import many
from pages.ui import forms, live, loaded, shell, state
from pages.ui.text import moment, plain
from pages.ui.words import STAGES, STATUS, STATUS_ICONS, metric, metric_help

LISTS = (ADAPTED, "ndcg@10")  # the figure of recommendations that the list of runs shows
RECOMMENDED = "lists"
LOG_SHOWN = 15  # lines of the end of a log
ABOUT, AFTER = ("run", "state"), ("took", "asked for", "remark")  # beside the figures
WIDTHS = {"run": 120, "state": 75, "took": 75, "asked for": 115, "remark": 400}  # pixels
POPOVER = 320  # pixels of a text in a box that opens, which would be as wide as one line of it
LETTER, WIDEST = 8, 220  # pixels: of a letter, and of the longest names of runs


def follow(run: RunInfo) -> None:
    """The chosen run as it goes on, or how it ended."""
    st.subheader(plain(run.name))
    with st.container(horizontal=True, vertical_alignment="center"):
        state_of = f"{STATUS_ICONS[run.status]} {STATUS[run.status]}"
        st.markdown(f"{state_of} · {live.since(run)}", width="content")
        _rename_box(run)
        if run.ended:
            _delete_box(run)
    if not run.ended:
        live.progress(run)
        _ways_to_end(run)
    else:
        if run.reason:
            said = st.info if run.status == STOPPED else st.warning
            said(live.why(run), icon=":material/info:")
        _ways_on(run)
    told = how_far_off(loaded.store(), run)
    if told is not None:
        st.caption(told)
    summary = loaded.store().summary(run.run)
    for note in summary.get("notes", []):
        show = st.warning if note in summary.get(WARNINGS, []) else st.info
        show(live.by_title(note))
    live.curves(run)
    _log(run)


def _ways_on(run: RunInfo) -> None:
    """What can be done with a run that ended."""
    with st.container(horizontal=True, vertical_alignment="center"):
        if run.status == FINISHED:
            st.page_link(shell.REPORT, label="Read its report", icon=":material/lab_profile:")
            _download_model(run)
        else:
            st.button(
                "Go on",
                key="resume",
                icon=":material/play_arrow:",
                on_click=_resume,
                args=(run,),
                help="Takes this training up where it stood when it was last kept, at most a "
                "minute or so before it ended; it comes to what it would have come to in one go. "
                "It waits for its turn while another training runs.",
            )
        if st.button(
            "Train again with these settings",
            key="again",
            icon=":material/replay:",
            on_click=_again,
            args=(run,),
            help="Puts this run's settings into the controls above; then change what you like.",
        ):
            st.rerun()  # the controls stand outside of the fragment that this is drawn in


def _log(run: RunInfo) -> None:
    """The end of what the run wrote down for developers, folded, and all of it as a file."""
    lines = read_log(loaded.store().folder(run.run))
    if not lines:
        return
    with st.expander("The log, for developers"):
        if loaded.presenting():
            st.caption("It may quote texts, so it is not shown in presentation mode.")
            return
        if len(lines) > LOG_SHOWN:
            st.caption(f"The last {LOG_SHOWN} of {many(len(lines), 'line')}.")
        st.code("\n".join(lines[-LOG_SHOWN:]), language=None, wrap_lines=True)
        st.download_button(
            "Download the log",
            data=lambda: "\n".join(lines),
            file_name="log.txt",
            mime="text/plain",
            key="log",
            icon=":material/download:",
            on_click="ignore",
            help="Everything that this training wrote down.",
        )


def listing(dataset: DatasetSummary) -> None:
    """Every run of the dataset; a click on a row makes it the chosen one."""
    store = loaded.store()
    runs = [each for each in loaded.runs() if each.dataset == dataset.name]
    st.subheader("All trainings of this dataset")
    table = pd.DataFrame(
        [
            {
                "run": run.name,
                "state": STATUS[run.status],
                **_test_figures(run, dataset.tasks),
                "took": duration(worked(store, run)) if run.ended and run.seconds else None,
                "asked for": moment(run.created),
                "remark": run.reason or None,
            }
            for run in runs
        ]
    )
    st.dataframe(
        table,
        hide_index=True,
        placeholder="",
        column_order=shell.filled(table, [*ABOUT, *table.columns.drop([*ABOUT, *AFTER]), *AFTER]),
        column_config=_columns(table),
        key="run-list",
        selection_mode="single-row",
        on_select=lambda: _open_row(runs),
        alt="Training runs of this dataset",
    )
    st.caption(
        "Click the box at the left of a row to see that run above. Figures are on the test part, "
        "and point at the head of a column to read what they are; their intervals are on the page "
        "Report."
    )


def _test_figures(run: RunInfo, tasks: Collection[str]) -> dict[str, str]:
    """The headline figures of a run on the test part, under the keys that it keeps them by."""
    figures = {}
    for key, value in run.metrics.items():
        split, what, name = key.split("/")
        if split == TEST and (what in tasks or (what, name) == LISTS):
            figures[key] = f"{value:.3f}"
    return figures


def _columns(table: pd.DataFrame) -> dict[str, Any]:
    """How wide each column is, since what comes later may be longer, and what figures are.

    A name gets what it needs, as far as that leaves room for others, and stays in sight.
    """
    longest = int(table["run"].str.len().max())
    widths = WIDTHS | {"run": min(max(WIDTHS["run"], LETTER * longest), WIDEST)}
    columns = {
        name: st.column_config.TextColumn(width=width, pinned=name == "run")
        for name, width in widths.items()
    }
    for key in table.columns.difference(list(WIDTHS)):
        _, what, name = key.split("/")
        columns[key] = st.column_config.TextColumn(
            RECOMMENDED if (what, name) == LISTS else what,
            width=75,
            help=f"{STAGES.get(what, what)}: {metric(name)}. {metric_help(name)}",
        )
    return columns


def _open_row(runs: list[RunInfo]) -> None:
    """Makes the run of the selected row the chosen one."""
    rows = st.session_state["run-list"].selection.rows
    if rows:
        state.wish(run=state.run_label(runs[rows[0]]))


def _download_model(run: RunInfo) -> None:
    """Saves what a run learned, where it learned tasks."""
    store = loaded.store()
    if not (store.folder(run.run) / MODEL).exists():
        return
    st.download_button(
        "Download the model",
        data=lambda: exported_bytes(store, run),
        file_name="model.zip",
        mime="application/zip",
        key="model",
        icon=":material/download:",
        on_click="ignore",
        help="A zip file with the model and how to use it, for your developers: mtrec answers from "
        "it on another machine, and other programs can open the language model inside.",
    )


def _rename_box(run: RunInfo) -> None:
    """A field for another name, behind a button; it closes once the name has changed."""
    with st.popover(
        "Rename",
        icon=":material/edit:",
        key=f"rename-{run.run}-{run.name}",
        help="Gives this training another name.",
    ):
        st.text_input(
            "New name",
            value=run.name,
            max_chars=LONGEST_NAME,
            key=f"name-{run.run}",
            help="How this training is called in lists. Links to it by its old name still hold.",
        )
        st.button(
            "Rename it",
            key="rename",
            on_click=_rename,
            args=(run,),
            help="Keeps the new name; nothing else of this training changes.",
        )


def _rename(run: RunInfo) -> None:
    """Calls a run what its field says, and keeps it the chosen one."""
    with shell.guard():
        renamed = loaded.store().rename(run.run, st.session_state[f"name-{run.run}"])
        state.wish(run=state.run_label(renamed))


def _delete_box(run: RunInfo) -> None:
    """A way to delete a run, behind a button of its own: it must not stay open for the next run."""
    with st.popover(
        "Delete",
        icon=":material/delete:",
        key=f"delete-{run.run}",
        help="Deletes this training and what it learned.",
    ):
        st.markdown(
            f"This deletes **{plain(run.name, 40)}** for good: its model, its report and its "
            "recommendations. The data stays.",
            width=POPOVER,
        )
        st.button(
            "Delete for good",
            key=f"delete-run-{run.run}",
            on_click=_delete,
            args=(run,),
            help="There is no way back.",
        )


def _delete(run: RunInfo) -> None:
    """Deletes a run; the page goes on with the newest one left."""
    with shell.guard():
        loaded.store().delete(run.run)
        state.wish(run=None)


def _ways_to_end(run: RunInfo) -> None:
    """Buttons that end a run early; once one is pressed it rests, and a word says what comes."""
    folder = loaded.store().folder(run.run)
    asked = LiveFiles(folder)
    stopping, finishing = asked.stop.exists(), asked.finish.exists()
    learned = run.status == RUNNING and read_progress(folder).learning_is_over
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "Stop",
            key="stop",
            icon=":material/stop:",
            disabled=stopping,
            on_click=_stop,
            args=(run, False),
            help="Ends this training within seconds. There will be no report, but it can go on "
            "later from where it stands.",
        )
        if run.status == RUNNING:
            st.button(
                "Finish now",
                key="finish",
                icon=":material/done:",
                disabled=stopping or finishing or learned,
                on_click=_stop,
                args=(run, True),
                help="Learns no more, and makes reports and recommendations with the best it "
                "has learned so far.",
            )
        # Beside the buttons, so that nothing below moves when it comes.
        if stopping:
            st.caption("It was asked to stop and does so within seconds.")
        elif finishing:
            st.caption("It was asked to finish: it learns no more, and makes reports now.")
        elif learned:
            st.caption("It has learned all it will from texts, and makes reports now.")


def _stop(run: RunInfo, keep: bool) -> None:
    """Asks a run to stop, or to finish with what it has learned."""
    with shell.guard():
        launcher.stop(loaded.store(), run.run, keep)


def _resume(run: RunInfo) -> None:
    """Puts a run that ended too early back in the queue."""
    with shell.guard():
        launcher.resume(loaded.store(), run.run)


def _again(run: RunInfo) -> None:
    """Puts the settings of a run into the controls."""
    with shell.guard():
        config = loaded.store().config(run.run)
        forms.remember(config.model_copy(update={"strategy": config.strategy.filled()}))
