"""Search: let mtrec try settings by itself, watch it, and go on with the best."""

from __future__ import annotations

import streamlit as st

from mtrec.config import RunConfig, for_dataset, with_settings
from mtrec.data.dataset import DatasetSummary
from mtrec.models.config import EncoderConfig
from mtrec.reports.compare import title_of
from mtrec.search import worker
from mtrec.search.objective import OBJECTIVES
from mtrec.search.runs import plan
from mtrec.search.space import ends, usual
from mtrec.search.store import Plan
from pages.ui import forms, loaded, searching, shell, state
from pages.ui.text import plain
from pages.ui.words import METHODS

SEARCH = "search"  # which one is shown; in the URL
GOALS = {
    "tasks": ("All tasks together", "Their mean, each counted as much as you say"),
    "recommendations": (
        "Recommendations",
        "How high liked items stand in the lists made of what the tasks read",
    ),
    "each": ("Each task by itself", "Finds all settings that no other beats at every task"),
}
TRIALS = 20
MATTERS = 180  # pixels


def form(dataset: DatasetSummary) -> tuple[Plan, int, str]:
    """The controls of a new search, and what they make of it."""
    left, right = st.columns(2, gap="large")
    with left:
        goals = [each for each in OBJECTIVES if _fits(each, dataset)]
        goal = st.radio(
            "What should be good",
            goals,
            format_func=lambda each: GOALS[each][0],
            captions=[GOALS[each][1] for each in goals],
            key="search-goal",
            bind="query-params",
            help="What settings are judged by, always on the validation part. The test part is not "
            "looked at.",
        )
        weights = dict.fromkeys(dataset.tasks, 1.0)
        if goal == "tasks" and len(weights) > 1:
            with st.container(horizontal=True, vertical_alignment="bottom"):
                weights = {task: _matters(task) for task in weights}
    with right:
        method = st.radio(
            str(EncoderConfig.model_fields["method"].title),
            list(METHODS),
            captions=list(METHODS.values()),
            key="search-method",
            bind="query-params",
            help="Every trial is a training, so the time of one counts as often as there are "
            "trials.",
        )
    config = _config(dataset, method)
    space = usual(config)
    titles = {key: f"{title_of(config, key)}: {ends(each)}" for key, each in space.items()}
    chosen = st.multiselect(
        "What may change",
        list(space),
        default=list(space),
        format_func=titles.__getitem__,
        key=f"search-space-{dataset.key}-{method}",
        help="The settings that are searched, and between which values. All others stay as they "
        "are. How fast something learns is its learning rate, and the guard against learning by "
        "heart is dropout. The command line takes other settings and values.",
    )
    first = next(iter(dataset.tasks))
    if any(forms.lambda_key(task) in chosen for task in dataset.tasks):
        st.caption(
            f"λ of {plain(first)} stays 1: what counts is how large the others are beside it."
        )
    with st.container(horizontal=True):
        trials = st.number_input(
            "Trials",
            min_value=2,
            max_value=searching.MOST,
            value=TRIALS,
            key="search-trials",
            bind="query-params",
            width=160,
            help="How many settings are tried. The first are the settings as they are, the next "
            "few are spread at random, and from then on what did well is tried more finely.",
        )
        name = st.text_input(
            "Name of the search",
            value="",
            placeholder=f"{dataset.name} {goal} {method}",
            key="search-name",
            help="How you will recognise it. Left empty, it is named as shown.",
        )
    space = {key: each for key, each in space.items() if key in chosen}
    made = plan(dataset, config, goal, weights, space)
    return made, int(trials), name.strip() or f"{dataset.name} {goal} {method}"


def _config(dataset: DatasetSummary, method: str) -> RunConfig:
    kinds = {task: each.type for task, each in dataset.tasks.items()}
    return for_dataset(with_settings(RunConfig(), [f"encoder.method={method}"]), kinds)


def _fits(objective: str, dataset: DatasetSummary) -> bool:
    if objective == "each":
        return len(dataset.tasks) > 1
    return bool(dataset.interactions) or not OBJECTIVES[objective].recommends


def _matters(task: str) -> float:
    return float(
        st.number_input(
            f"How much {plain(task)} matters",
            min_value=0.0,
            value=1.0,
            step=0.5,
            format="%g",
            width=MATTERS,
            key=f"search-matters-{task}",
            help="How much this task counts in the mean that settings are judged by. This is not "
            "λ, which says how much it counts while it is learned, and is searched.",
        )
    )


def begin(dataset: DatasetSummary) -> None:
    """The form and the button that begins; a word where it lacks something."""
    st.subheader(f"A new search on {plain(dataset.name)}")
    made, trials, name = form(dataset)
    if st.button(
        "Begin to search",
        type="primary",
        key="begin-search",
        icon=":material/search:",
        disabled=not made.space,
        help="It runs in a process of its own: you can leave or close this page.",
    ):
        found = searching.searches().begin(name, made)
        worker.begin(loaded.store(), found, trials)
        state.choose(search=name)
    if not made.space:
        st.warning("Nothing may change, so there is nothing to search.", icon=":material/info:")


shell.title("Search")
dataset = state.dataset()
st.caption(
    "Tries settings by training with them, one after another, learns from what came, and keeps the "
    "best on validation."
)
if dataset is None:
    shell.empty("There is no data to search on yet.", shell.DATA, "Bring data")
elif not dataset.tasks:
    shell.empty("This dataset has no labels to judge settings by.", shell.DATA, "Bring other data")
else:
    with shell.guard():
        begin(dataset)
    with shell.guard():
        names = searching.searches().names(dataset.name)
        if names:
            st.divider()
            name = state.pick(
                SEARCH, "Search", names, None, help="A search on this dataset, the newest first."
            )
            searching.watch(name)
