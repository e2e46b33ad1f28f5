"""Train: choose what to learn and how much each task counts, start, watch, and compare runs."""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd
import streamlit as st

from mtrec.config import RunConfig, for_dataset, parse_config
from mtrec.data.dataset import DatasetSummary
from mtrec.runs import launcher
from mtrec.runs.store import FINISHED, RunInfo
from mtrec.schema import ADAPTED, TEST, TRAIN
from mtrec.strategies import STRATEGIES
from pages.ui import forms, live, shell, state
from pages.ui.text import ago, duration, number, plain
from pages.ui.words import LAMBDA_HELP, METHODS, STAGES, STATUS, metric

CHOICES = {"strategy.name": list(STRATEGIES)}
METHOD, EPOCHS = "encoder.method", "train.epochs"
LISTS = (ADAPTED, "ndcg@10")  # the figure of recommendations that the list of runs shows
APART = (METHOD, EPOCHS)  # drawn first, not among the folded settings


def settings(dataset: DatasetSummary) -> tuple[RunConfig, str]:
    """Draws every setting and gives the config they make, and the run's name."""
    defaults = RunConfig()
    left, right = st.columns(2)
    with left:
        method = st.radio(
            "How much of the language model learns",
            list(METHODS),
            captions=list(METHODS.values()),
            index=list(METHODS).index(defaults.encoder.method),
            key=METHOD,
            bind="query-params",
            help="The language model reads the texts. What answers the tasks on top of it always "
            "learns.",
        )
        epochs = forms.field(
            type(defaults.train).model_fields["epochs"], EPOCHS, defaults.train.epochs
        )
        name = st.text_input(
            "Name of the run",
            value="",
            placeholder=f"{dataset.name} {method}",
            key="run-name",
            help="How you will recognise it in lists. Left empty, it is named as shown.",
        )
    with right:
        lambdas = {task: weight(task, dataset) for task in dataset.tasks}
        if not dataset.tasks:
            st.markdown("This dataset has no labels: only recommendations are learned.")
    with st.expander("All other settings"):
        rest = forms.fields(defaults, leave_out=APART, choices=CHOICES)
    rest["encoder"]["method"] = method
    rest["train"]["epochs"] = epochs
    rest["tasks"] = {task: {"lambda": value} for task, value in lambdas.items()}
    return for_dataset(parse_config(rest, "the settings above"), dataset.tasks), name.strip()


def weight(task: str, dataset: DatasetSummary) -> float:
    """The slider of one task's λ."""
    strategy = STRATEGIES[st.session_state.get("strategy.name", RunConfig().strategy.name)]
    count = dataset.tasks[task].labelled(TRAIN)
    return forms.lambda_slider(
        task,
        f"λ of {plain(task)}",
        disabled=not strategy.reads_lambda,
        reason=strategy.reason,
        words=f"{LAMBDA_HELP} It has {number(count)} texts to learn from.",
    )


def missing(dataset: DatasetSummary, config: RunConfig) -> str | None:
    """What stands in the way of a start, in a sentence; None where nothing does."""
    counts = {task: dataset.tasks[task].labelled(TRAIN) for task in dataset.tasks}
    learned = [task for task, each in config.tasks.items() if each.enabled and each.lambda_ > 0]
    if dataset.tasks and not learned:
        return "Every task has λ 0, so nothing would be learned. Give one task a λ above 0."
    if dataset.tasks and not any(counts[task] for task in learned):
        return "No text in the training part carries a label of a task with λ above 0."
    if not dataset.tasks and not (dataset.interactions and config.recommend.enabled):
        return "This dataset has neither labels nor acts, so there is nothing to learn."
    return None


def start(dataset: DatasetSummary) -> None:
    """The settings and the button that starts, or what it lacks."""
    st.subheader(f"A new training on {plain(dataset.name)}")
    config, name = settings(dataset)
    lacking = missing(dataset, config)
    if st.button(
        "Start training",
        type="primary",
        disabled=lacking is not None,
        key="start",
        icon=":material/play_arrow:",
        help="It runs in a process of its own: you can leave or close this page.",
    ):
        with st.spinner("Starting…"):
            run = launcher.submit(state.store(), dataset.key, config, name)
        state.choose(run=state.run_label(state.store().get(run)))
    if lacking:
        st.warning(lacking, icon=":material/info:")


def follow(run: RunInfo) -> None:
    """The chosen run as it goes on, or how it ended."""
    st.subheader(plain(run.name))
    st.markdown(f"{STATUS[run.status]} · started {ago(run.created)}")
    if not run.ended:
        live.progress(run)
        st.button(
            "Stop",
            key="stop",
            icon=":material/stop:",
            on_click=stop,
            args=(run,),
            help="Ends this training within seconds. There will be no report.",
        )
    elif run.reason:
        st.warning(plain(run.reason), icon=":material/info:")
    live.curves(run)
    if run.ended:
        with st.container(horizontal=True, vertical_alignment="center"):
            if run.status == FINISHED:
                st.page_link(shell.REPORT, label="Read its report", icon=":material/lab_profile:")
            st.button(
                "Train again with these settings",
                key="again",
                icon=":material/replay:",
                on_click=again,
                args=(run,),
                help="Puts this run's settings into the controls above; then change what you like.",
            )


def listing(runs: list[RunInfo], tasks: Collection[str]) -> None:
    """Every run of the dataset; a click on a row makes it the chosen one."""
    st.subheader("All trainings of this dataset")
    table = pd.DataFrame(
        [
            {
                "run": run.name,
                "state": run.status,
                "started": ago(run.created),
                "took": duration(run.seconds) if run.ended and run.seconds else "",
                **test_figures(run, tasks),
                "remark": run.reason,
            }
            for run in runs
        ]
    )
    st.dataframe(
        table,
        hide_index=True,
        placeholder="",
        key="run-list",
        selection_mode="single-row",
        on_select=lambda: open_row(runs),
        alt="Training runs of this dataset",
    )
    st.caption(
        "Click the box at the left of a row to see that run above. Figures are on the test part; "
        "their intervals are on the page Report."
    )


def test_figures(run: RunInfo, tasks: Collection[str]) -> dict[str, str]:
    """The headline figures of a run on the test part, under names for people."""
    figures = {}
    for key, value in run.metrics.items():
        split, what, name = key.split("/")
        if split == TEST and (what in tasks or (what, name) == LISTS):
            figures[f"{STAGES.get(what, what)}: {metric(name)}"] = f"{value:.3f}"
    return figures


def open_row(runs: list[RunInfo]) -> None:
    """Makes the run of the selected row the chosen one."""
    rows = st.session_state["run-list"].selection.rows
    if rows:
        state.wish(run=state.run_label(runs[rows[0]]))


def stop(run: RunInfo) -> None:
    """Asks a run to stop."""
    with shell.guard():
        launcher.stop(state.store(), run.run)


def again(run: RunInfo) -> None:
    """Puts the settings of a run into the controls."""
    with shell.guard():
        forms.remember(state.store().config(run.run))


shell.title("Train")
notice = st.empty()
dataset, run = state.dataset(), state.run()
if dataset is None:
    shell.empty("There is no data to learn from yet.", shell.DATA, "Bring data")
else:
    start(dataset)
    runs = [each for each in state.runs() if each.dataset == dataset.name]
    if run is not None:
        live.watch(run, follow)
    if runs:
        listing(runs, dataset.tasks)
shell.gpu_notice(notice)
