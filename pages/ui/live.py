"""A training as it goes on: one fragment looks at its files until no run is active any more."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import streamlit as st

from mtrec.config import RunConfig
from mtrec.reports.compare import title_of
from mtrec.runs.estimate import roughly
from mtrec.runs.launcher import GB
from mtrec.runs.progress import (
    APART,
    GUESSED,
    LiveFiles,
    Progress,
    duration,
    read_epochs,
    read_guesses,
    read_progress,
    read_steps,
)
from mtrec.runs.store import QUEUED, RUNNING, STOPPED, RunInfo
from mtrec.wording import listed, many, number
from pages.ui import charts, loaded, shell, state
from pages.ui.text import ago, plain
from pages.ui.words import EPOCH_HELP, GUESSING_HELP, PACE_HELP, metric

SHOWN_POINTS = 60
# A setting in a sentence, and the value that it is to be given, if any.
SETTING = re.compile(
    r"\b((?:encoder|trunk|strategy|train|recommend|tasks)\.[\w.]*\w)(?:=([^\s,;]+))?"
)
LEARNED, KEPT_APART = "texts it learns from", "texts kept apart"
LOSS, WEIGHT, COSINE = "loss:", "weight:", "cosine:"  # begin the columns of the step table


def watch(run: RunInfo, draw: Callable[[RunInfo], None]) -> None:
    """Draws a run with `draw`, again every two seconds while any run is active; then never again.

    When a run starts, ends or is renamed, the whole page is drawn again, and with it this fragment,
    which polls no longer once nothing is active.
    """
    before = _seen(loaded.runs())
    active = any(status in (QUEUED, RUNNING) for status, _ in before.values())

    @st.fragment(run_every=state.TICK if active else None)
    def look() -> None:
        with shell.guard():
            runs = loaded.runs()
            if _seen(runs) != before:
                st.rerun()
            draw(next((each for each in runs if each.run == run.run), run))

    look()


def since(run: RunInfo) -> str:
    """How long ago a run that goes on was started, or any other was asked for."""
    if run.status == RUNNING and run.seconds is not None:
        started = datetime.now(UTC) - timedelta(seconds=run.seconds)
        return f"started {ago(started.isoformat())}"
    return f"asked for {ago(run.created)}"


def unfinished(run: RunInfo) -> None:
    """What a page that needs a finished run says about one that is not; it fills by itself."""
    if run.ended:
        message = f"There is nothing to show of the training {plain(run.name)}. {why(run)}"
        shell.empty(message, shell.TRAIN, "See what happened")
    else:
        st.markdown(f"The training {plain(run.name)} is not over yet. This page fills when it is.")
        watch(run, progress)


def why(run: RunInfo) -> str:
    """How a run ended before it was finished, in sentences, as Markdown."""
    return by_title(f"It was {run.reason}." if run.status == STOPPED else run.reason)


def by_title(sentence: str) -> str:
    """What is said of a run, as Markdown, with its settings called what the page Train does."""
    config = RunConfig()

    def called(found: re.Match[str]) -> str:
        key, value = found.groups()
        title = title_of(config, key)
        name = key if title == key else f"“{title}”"
        return f"{name} to {value}" if value else name

    return plain(SETTING.sub(called, sentence))


def progress(run: RunInfo) -> None:
    """How far a run that has not ended has come, and how long it will go on."""
    if run.status == QUEUED:
        before = listed([plain(each.name) for each in _ahead(run)]) or "its turn"
        st.info(f"Waiting for {before}; then this one starts by itself.")
        return
    folder = loaded.store().folder(run.run)
    seen, asked = read_progress(folder), LiveFiles(folder)
    if not seen.phase:
        st.progress(0.0, "Starting…")
        return
    # What was said before it was asked to end early no longer holds.
    is_old = asked.stop.exists() or (asked.finish.exists() and not seen.finishing)
    is_known = seen.eta_seconds is not None and not is_old
    left = f" · about {roughly(seen.eta_seconds)} to go" if is_known else ""
    done = f" · {seen.epoch} of at most {many(seen.epochs, 'epoch')} done" if seen.epoch else ""
    st.progress(seen.share, f"{seen.phase}{done}{left}")
    st.caption(
        f"Running for {duration(seen.seconds)}, {number(seen.done)} of {number(seen.total)} in "
        "this part. It goes on without this page.",
        help=EPOCH_HELP,
    )
    st.caption(_pace(seen), help=PACE_HELP)


def _ahead(run: RunInfo) -> list[RunInfo]:
    """The runs that end before a waiting one begins, the next first."""
    runs = loaded.runs()[::-1]  # the oldest first, which is the order of the queue
    place = next((i for i, each in enumerate(runs) if each.run == run.run), 0)
    waiting = [each for each in runs[:place] if each.status == QUEUED]
    return [*(each for each in runs if each.status == RUNNING), *waiting]


def _pace(seen: Progress) -> str:
    """How fast a run is now and what memory it holds, on one line that keeps its place."""
    speed = f"{number(seen.speed)} texts a second" if seen.speed else "no texts just now"
    memory = f"{seen.memory / GB:.1f} GB of memory, {seen.free_memory / GB:.1f} GB free"
    gpu = ""
    if seen.gpu_memory:
        gpu = f" · {seen.gpu_memory / GB:.1f} GB on the GPU, {seen.free_gpu_memory / GB:.1f} free"
    return f"{speed} · {memory}{gpu}"


def curves(run: RunInfo) -> None:
    """How well each task did on validation after each epoch, and the loss of each update.

    Above them, where the language model learned from the texts first, how well it guessed words.
    Nothing where nothing was learned and nothing is learned now.
    """
    folder = loaded.store().folder(run.run)
    epochs, steps, guesses = read_epochs(folder), read_steps(folder), read_guesses(folder)
    if not guesses.empty:
        _language(guesses)
    if run.status != RUNNING and not epochs and steps.empty:
        return
    left, right = st.columns(2)
    with left:
        _quality(epochs, run.ended)
    with right:
        _losses(steps)
    strategy(steps)


def strategy(steps: pd.DataFrame) -> None:
    """What the strategy did with the tasks, where it did anything."""
    left, right = st.columns(2)
    with left:
        _weights(steps)
    with right:
        _agreement(steps)


def _language(guesses: pd.DataFrame) -> None:
    st.markdown("**How well it guesses hidden words**", help=GUESSING_HELP)
    learned = guesses.dropna(subset=[GUESSED]).reset_index(drop=True)
    window = max(1, len(learned) // SHOWN_POINTS)
    means = learned[["step", GUESSED]].groupby(learned.index // window).mean()
    shown = pd.concat([means, guesses.loc[guesses[APART].notna(), ["step", APART]]])
    names = {"step": "update", GUESSED: LEARNED, APART: KEPT_APART}
    points = (
        f" Each point of the others is the mean of {many(window, 'update')}." if window > 1 else ""
    )
    table = shown.rename(columns=names).round(4)
    charts.show(
        charts.curves(table, "update", [LEARNED, KEPT_APART], "loss"),
        "The loss of guessing words that are hidden in the training texts, before any label is "
        "learned: lower is better. Where the texts kept apart get worse while the others get "
        "better, it learns by heart." + points,
        table,
        key="guesses",
    )


def _quality(epochs: list[dict[str, Any]], ended: bool) -> None:
    st.markdown("**How well each task is told apart**", help=EPOCH_HELP)
    if not epochs:
        st.caption(
            "It ended before its first epoch was over, so there are no figures."
            if ended
            else "The first figures come after the first epoch."
        )
        return
    rows = [
        {"epoch": each["epoch"], "task": task, "figure": name, **values}
        for each in epochs
        for task, figures in each["metrics"].items()
        for name, values in figures.items()
    ]
    table = pd.DataFrame(rows)
    headline = table.groupby("task", sort=False)["figure"].transform("first")
    shown = table[table["figure"] == headline]
    name = metric(shown["figure"].iloc[0])
    wide = shown.pivot(index="epoch", columns="task", values="value").reset_index()
    charts.show(
        charts.curves(wide, "epoch", list(shown["task"].unique()), name),
        f"{name} on validation texts, which are not learned from: higher is better. The epoch with "
        "the best mean over tasks is kept. The table has the 95 % intervals.",
        table,
        key="quality",
    )


def _losses(steps: pd.DataFrame) -> None:
    st.markdown("**How wrong the model still is**")
    losses = _part(steps, LOSS)
    if losses.empty:
        st.caption("The first figures come with the first updates.")
        return
    _over_steps(
        losses,
        steps,
        "loss",
        "The loss of each task on the texts being learned: lower is better, falling means that it "
        "learns.",
        key="losses",
    )


def _weights(steps: pd.DataFrame) -> None:
    """How much each task counted, where that changed."""
    weights = _part(steps, WEIGHT)
    if (weights.nunique() <= 1).all():
        return
    st.markdown("**How much each task counts**")
    _over_steps(
        weights,
        steps,
        "weight",
        "The weight that the strategy gave to each task's loss: where a line rises, that task has "
        "more say in what all share.",
        key="weights",
    )


def _agreement(steps: pd.DataFrame) -> None:
    """Whether tasks pull the same way, where the strategy compares them."""
    cosines = _part(steps, COSINE)
    if cosines.empty:
        return
    st.markdown("**Whether tasks pull the same way**")
    _over_steps(
        cosines,
        steps,
        "agreement",
        "How far the changes that two tasks ask for agree (their gradients' cosine): 1 is the same "
        "way, 0 has nothing to do with each other, below 0 they work against each other.",
        key="cosines",
    )


def _part(steps: pd.DataFrame, beginning: str) -> pd.DataFrame:
    """The columns of a kind, under the names of the tasks.

    They are in the order of the weights, which every task has from the first update on: a task
    then looks the same in all charts, also where that update has no label of it.
    """
    named = {
        str(column).removeprefix(beginning): column
        for column in steps.columns
        if column.startswith(beginning)
    }
    first = [name for name in _weighed(steps) if name in named]
    return pd.DataFrame({name: steps[named[name]] for name in dict.fromkeys([*first, *named])})


def _weighed(steps: pd.DataFrame) -> list[str]:
    """The tasks that have weights."""
    return [str(name).removeprefix(WEIGHT) for name in steps.columns if name.startswith(WEIGHT)]


def _over_steps(
    values: pd.DataFrame, steps: pd.DataFrame, name: str, words: str, *, key: str
) -> None:
    """A line for each column over the updates, some of them together so that lines stay calm."""
    window = max(1, len(steps) // SHOWN_POINTS)
    smooth = values.assign(update=steps["step"]).groupby(steps.index // window).mean().round(4)
    points = f" Each point is the mean of {many(window, 'update')}." if window > 1 else ""
    charts.show(
        charts.curves(smooth, "update", list(values.columns), name),
        words + points,
        smooth,
        key=key,
    )


def _seen(runs: Sequence[RunInfo]) -> dict[str, tuple[str, str]]:
    """The status and name of every run."""
    return {run.run: (run.status, run.name) for run in runs}
