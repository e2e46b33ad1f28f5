"""Train: choose what to learn and how much each task counts, start, watch, and compare runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from mtrec.config import PRESETS, RunConfig, for_dataset, parse_config, with_settings
from mtrec.data.dataset import DatasetSummary
from mtrec.models.config import MINILM, SCRATCH, EncoderConfig
from mtrec.models.reading import UNKNOWN
from mtrec.runs import launcher
from mtrec.runs.store import RunInfo
from mtrec.schema import TRAIN
from mtrec.strategies import STRATEGIES
from mtrec.strategies.base import Strategy
from mtrec.wording import number
from pages.ui import costs, forms, live, loaded, runs, shell, state
from pages.ui.text import plain
from pages.ui.words import (
    ENCODERS,
    LAMBDA_HELP,
    METHODS,
    OTHER_ENCODER,
    SAMPLINGS,
    STATUS,
    TRUNKS,
)

CHOICES = {
    "strategy.name": {name: each.what_for for name, each in STRATEGIES.items()},
    "trunk.kind": TRUNKS,
    "train.sampling": SAMPLINGS,
}
NAME, METHOD, EPOCHS = "encoder.name", "encoder.method", "train.epochs"
APART = (NAME, METHOD, EPOCHS)  # drawn first, not among the folded settings
RECOMMEND = "recommend"  # the settings of recommendations, which take acts of people


def settings(dataset: DatasetSummary) -> tuple[RunConfig, str]:
    """Draws every setting and gives the config they make, and the run's name."""
    defaults = RunConfig()
    presets()
    left, right = st.columns(2)
    with left:
        encoder = language_model(dataset, defaults.encoder)
        method = st.radio(
            str(EncoderConfig.model_fields["method"].title),
            list(METHODS),
            captions=list(METHODS.values()),
            index=list(METHODS).index(defaults.encoder.method),
            key=METHOD,
            bind="query-params",
            help="The language model reads the texts. What answers the tasks on top of it always "
            "learns.",
        )
    below = st.container()
    with st.expander("All other settings"):
        rest = forms.fields(
            defaults,
            leave_out=APART if dataset.interactions else (*APART, RECOMMEND),
            choices=CHOICES,
            more={"strategy": strategy_settings},
            known={NAME: encoder, METHOD: method},
        )
        strategy = STRATEGIES[rest["strategy"]["name"]]
    with right:
        if dataset.tasks and not strategy.reads_lambda:
            st.caption(f"{strategy.reason}.")
        lambdas = {task: weight(task, dataset, strategy) for task in dataset.tasks}
        if not dataset.tasks:
            st.markdown("This dataset has no labels: only recommendations are learned.")
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
    rest["encoder"] |= {"name": encoder, "method": method}
    rest["train"]["epochs"] = epochs
    rest["tasks"] = {task: {"lambda": value} for task, value in lambdas.items()}
    kinds = {task: each.type for task, each in dataset.tasks.items()}
    config = for_dataset(parse_config(rest, "the settings above"), kinds)
    if dataset.tasks:
        with below:
            costs.table(dataset, config)
    return config, name.strip()


def presets() -> None:
    """Buttons that put settings to begin with into the controls."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown("Begin with", width="content")
        for name, (chosen, words) in PRESETS.items():
            st.button(
                name,
                key=f"preset-{name}",
                on_click=begin_with,
                args=(chosen,),
                help=f"{words}. Puts this into the controls below, and all other settings back to "
                "what they are at first; the language model and the weights of tasks stay.",
            )


def begin_with(chosen: Sequence[str]) -> None:
    """Puts a preset into the controls."""
    config = with_settings(RunConfig(), chosen)
    name = st.session_state.get(NAME, config.encoder.name)
    encoder = config.encoder.model_copy(update={"name": name})
    forms.remember(config.model_copy(update={"encoder": encoder}))


def language_model(dataset: DatasetSummary, defaults: EncoderConfig) -> str:
    """The choice of what reads the texts, and a word where it can hardly read them."""
    chosen: str = forms.field(
        type(defaults).model_fields["name"],
        NAME,
        defaults.name,
        ENCODERS,
        OTHER_ENCODER,
    )
    if chosen == MINILM and any(each.code == UNKNOWN for each in dataset.warnings):
        st.warning(
            f"{MINILM} does not know many of the words in these texts. Choose {SCRATCH}, or a "
            "language model for their language.",
            icon=":material/translate:",
        )
    return chosen


def strategy_settings(strategy: dict[str, Any]) -> dict[str, Any]:
    """The controls of the chosen strategy's own settings, and what they are set to."""
    chosen = STRATEGIES[strategy["name"]]
    return {"params": forms.numbers(chosen.params, "strategy.params")}


def weight(task: str, dataset: DatasetSummary, strategy: type[Strategy]) -> float:
    """The slider of one task's λ, which rests where the strategy pays no heed to it."""
    count = dataset.tasks[task].labelled(TRAIN)
    return forms.lambda_slider(
        task,
        f"Weight λ of {plain(task)}",
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


def start(dataset: DatasetSummary, run: RunInfo | None) -> None:
    """The settings and the button that starts, or what it lacks; a word of what goes on below."""
    st.subheader(f"A new training on {plain(dataset.name)}")
    config, name = settings(dataset)
    lacking = missing(dataset, config)
    begun = st.session_state.get(state.BEGUN, 0)
    with st.container(horizontal=True, vertical_alignment="center"):
        # A key of its own for every form: a click on one that is used up or stood for other data
        # starts nothing.
        asked = st.button(
            "Start training",
            type="primary",
            disabled=lacking is not None,
            key=f"start-{dataset.key}-{begun}",
            on_click=state.press,
            args=(dataset.key,),
            icon=":material/play_arrow:",
            help="It runs in a process of its own: you can leave or close this page.",
        )
        if run is not None and not run.ended:
            st.caption(f":material/arrow_downward: {plain(run.name)} is {STATUS[run.status]}.")
    if asked:
        with st.spinner("Starting…"):
            started = launcher.submit(loaded.store(), dataset.key, config, name)
            st.session_state[state.BEGUN] = begun + 1
        state.choose(run=state.run_label(loaded.store().get(started)))
    if lacking:
        st.warning(lacking, icon=":material/info:")


shell.title("Train")
shell.gpu_notice()
dataset, run = state.dataset(), state.run()
pressed = state.pressed()
if pressed and (dataset is None or pressed != dataset.key):
    st.warning(
        f"No training was started: the form was for {plain(pressed)}, which is not the chosen "
        "dataset any more.",
        icon=":material/info:",
    )
if dataset is None:
    shell.empty("There is no data to learn from yet.", shell.DATA, "Bring data")
else:
    with shell.guard():
        start(dataset, run)
    if run is not None:
        live.watch(run, runs.follow)
        runs.listing(dataset)
