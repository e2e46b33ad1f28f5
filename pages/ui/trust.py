"""How far what is tried here tells what full trainings come to, and what came of those so far."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from mtrec.config import PRESETS, RunConfig, with_settings
from mtrec.data.dataset import DatasetSummary
from mtrec.runs import launcher
from mtrec.runs.store import FINISHED, RunInfo
from mtrec.schema import VAL, Estimate
from mtrec.strategies import STRATEGIES
from mtrec.tradeoffs.simplex import spread
from mtrec.tradeoffs.trust import FEWEST, Trained, Trust, settings_of, trust
from mtrec.wording import many
from pages.ui import loaded, shell, state, trying
from pages.ui.outcomes import interval, metric_of, title
from pages.ui.text import plain

if TYPE_CHECKING:
    from mtrec.tradeoffs.stacked import Lambdas

SETTINGS, SEEDS = 8, (0, 1)  # of a check; more settings where there are many tasks
PRESET = "trust-preset"
LATEST = 10  # trainings of which it is told what came
ALIKE_HELP = (
    "Settings are put in order by what was tried here, and by what full trainings of them came to; "
    "1 is the same order, 0 is no better than chance. Nothing can be expected to be more alike "
    "than two full trainings that differ in luck alone. In brackets the 95 % interval: a few "
    "settings say little."
)
CAME_HELP = (
    "What the setting comes to here, with the language model at rest, and what the training came "
    "to on the same validation texts. A training in which the language model learns usually comes "
    "to more; what counts is whether the order of settings is the same."
)


def draw(dataset: DatasetSummary, known: trying.Ready, runs: Sequence[RunInfo]) -> None:
    """How alike the orders are where that was measured, a way to measure it, and what came.

    Args:
        runs: those of the dataset, the newest first, as everywhere here.
    """
    found = measured(dataset, known, runs)
    if found:
        table(dataset, found)
    else:
        st.markdown("**Not measured yet** on these data: it takes full trainings.")
    check(dataset, known, runs)
    came(dataset, known, runs)


def told(dataset: DatasetSummary, known: trying.Ready, runs: Sequence[RunInfo]) -> str:
    """How far it can be trusted, in a sentence."""
    found = [each for each in measured(dataset, known, runs) if each.alike is not None]
    if not found:
        return "How far this can be trusted on these data was not measured."
    orders = ", ".join(
        f"{plain(title(dataset, each.name))} {each.alike.value:.2f}"
        + (f" of at most {each.ceiling.value:.2f}" if each.ceiling else "")
        for each in found
        if each.alike is not None
    )
    return f"Measured over {found[0].settings} settings, the order is as alike as: {orders}."


def measured(dataset: DatasetSummary, known: trying.Ready, runs: Sequence[RunInfo]) -> list[Trust]:
    """How alike the orders are, over the trainings that differ in λ and seed alone, if enough."""
    groups = [
        (len(settings), trained)
        for trained in trainings(dataset, runs).values()
        for settings in [settings_of(trained)]
        if len(settings) >= FEWEST
    ]
    if not groups:
        return []
    trained = max(groups, key=lambda each: each[0])[1]
    return trust(trained, known.outcomes(settings_of(trained)))


def trainings(dataset: DatasetSummary, runs: Sequence[RunInfo]) -> dict[str, list[Trained]]:
    """Finished trainings by a weighted sum, by all of their settings but λ and seed."""
    found: dict[str, list[Trained]] = defaultdict(list)
    for run, config, lambdas in _sums(dataset, runs):
        if config.encoder.method == "frozen":
            continue
        figures = {
            task: run.metrics[name]
            for task in dataset.tasks
            for name in [_validated(dataset, task)]
            if name in run.metrics
        }
        rest = config.model_copy(
            update={
                "tasks": {
                    task: each.model_copy(update={"lambda_": 1.0})
                    for task, each in config.tasks.items()
                },
                "train": config.train.model_copy(update={"seed": 0}),
            }
        )
        found[rest.model_dump_json()].append(Trained(lambdas, config.train.seed, figures))
    return found


def table(dataset: DatasetSummary, found: list[Trust]) -> None:
    """How alike the orders are, figure by figure."""
    st.markdown(f"**Measured over {many(found[0].settings, 'setting')}**", help=ALIKE_HELP)
    st.dataframe(
        pd.DataFrame(
            [
                {
                    "figure": title(dataset, each.name),
                    "tried here and trained": _said(each.alike),
                    "trained twice, the most that can be": _said(each.ceiling),
                }
                for each in found
            ]
        ),
        hide_index=True,
        alt="How alike the order of settings is when tried and when trained",
    )


def check(dataset: DatasetSummary, known: trying.Ready, runs: Sequence[RunInfo]) -> None:
    """A way to train settings fully, each with two seeds."""
    trained = [name for name in PRESETS if name != next(iter(PRESETS))]
    left, right = st.columns([1, 2], vertical_alignment="bottom")
    with left:
        preset = st.selectbox(
            "Train as",
            trained,
            key=PRESET,
            help="How much of the language model learns in the full trainings: "
            + ". ".join(f"{name}: {PRESETS[name][1]}" for name in trained)
            + ".",
        )
    count = max(SETTINGS, len(known.instrument.steering) + 2)
    with right:
        st.button(
            f"Train {count} settings, each twice",
            key="check-trust",
            icon=":material/fact_check:",
            on_click=partial(queue, dataset, known, preset, count),
            help="Puts them in the queue of the page Train, where they can be stopped. They learn "
            "one after another, which can take long: see there what one training takes.",
        )
    waiting = sum(not run.ended for run in runs)
    if waiting:
        with st.container(horizontal=True):
            st.markdown(f"{many(waiting, 'training')} of these data to go.")
            st.page_link(shell.TRAIN, label="See them", icon=":material/arrow_forward:")


def queue(dataset: DatasetSummary, known: trying.Ready, preset: str, count: int) -> None:
    """Puts trainings of settings in the queue that differ in λ and seed alone."""
    steering = known.instrument.steering
    for number, shares in enumerate(spread(len(steering), count), 1):
        lambdas = known.instrument.lambdas(shares)
        for seed in SEEDS:
            config = with_settings(
                RunConfig(), [*PRESETS[preset][0], f"train.seed={seed}", "recommend.enabled=false"]
            )
            tasks = {task: {"lambda": value} for task, value in lambdas.items()}
            config = RunConfig.model_validate(
                {**config.model_dump(mode="json", by_alias=True), "tasks": tasks}
            )
            launcher.submit(loaded.store(), dataset.key, config, f"check {number}, seed {seed}")


def came(dataset: DatasetSummary, known: trying.Ready, runs: Sequence[RunInfo]) -> None:
    """What was predicted of the latest trainings, and what came."""
    every = ((run, lambdas) for run, _, lambdas in _sums(dataset, runs) if any(lambdas.values()))
    shown = [*islice(every, LATEST)]
    if not shown:
        return
    outcomes = known.outcomes([lambdas for _, lambdas in shown])
    rows = []
    for place, (run, lambdas) in enumerate(shown):
        row: dict[str, object] = {"training": state.run_label(run)}
        for k, name in enumerate(outcomes.names):
            headline = _validated(dataset, name)
            if headline in run.metrics:
                predicted = outcomes.estimate(place, k)
                row[f"{name}, tried here"] = f"{predicted.value:.3f} ({interval(predicted)})"
                row[f"{name}, trained"] = f"{run.metrics[headline]:.3f}"
        row["λ"] = ", ".join(f"{task} {value:g}" for task, value in lambdas.items())
        rows.append(row)
    st.markdown("**What was predicted of trainings, and what came**", help=CAME_HELP)
    st.dataframe(
        pd.DataFrame(rows), hide_index=True, alt="What was predicted of trainings, and what came"
    )


def _sums(
    dataset: DatasetSummary, runs: Sequence[RunInfo]
) -> Iterator[tuple[RunInfo, RunConfig, Lambdas]]:
    """The finished trainings that are a weighted sum over all tasks."""
    for run in runs:
        if run.status == FINISHED:
            config = loaded.store().config(run.run)
            lambdas = _lambdas(config, dataset)
            if lambdas is not None:
                yield run, config, lambdas


def _lambdas(config: RunConfig, dataset: DatasetSummary) -> Lambdas | None:
    """λ of every task, where a training is a weighted sum over all of them."""
    if not STRATEGIES[config.strategy.name].linear:
        return None
    if any(not config.tasks[task].enabled for task in dataset.tasks if task in config.tasks):
        return None
    return {task: config.tasks[task].lambda_ for task in dataset.tasks if task in config.tasks}


def _validated(dataset: DatasetSummary, name: str) -> str:
    """Under which key a run keeps a figure of the validation part."""
    return f"{VAL}/{name}/{metric_of(dataset, name)}"


def _said(figure: Estimate | None) -> str:
    return "not known" if figure is None else f"{figure.value:.2f} ({interval(figure)})"
