"""Trade-offs: move how much each task counts, and see what every task gains and loses."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from mtrec.data.dataset import DatasetSummary
from mtrec.schema import TRAIN
from mtrec.wording import many, number
from pages.ui import affinity, changes, forms, front, loaded, shell, state, trust, trying
from pages.ui.text import plain
from pages.ui.words import LAMBDA_HELP

if TYPE_CHECKING:
    from mtrec.tradeoffs.stacked import Lambdas

VIEW = "tradeoffs"  # the key, and in the URL, of the open view


def draw(dataset: DatasetSummary) -> None:
    """The sliders, what the setting comes to, and what is known of all settings."""
    st.caption(
        "Which tasks gain and which lose when one counts more? Move a weight, and every task is "
        "learned anew with it in seconds.",
        help=changes.HELP,
    )
    if len(dataset.tasks) < 2:
        shell.empty(
            "There is nothing to weigh here: it takes two tasks, and this dataset has "
            f"{many(len(dataset.tasks), 'task')}.",
            shell.DATA,
            "Bring other data",
        )
        return
    known = trying.ready(dataset)
    if known is None:
        trying.work(
            "get-ready",
            "Get ready",
            partial(trying.make_ready, dataset),
            "Reads all texts once, which takes seconds to minutes, and tries a few settings with "
            "several seeds, to know how much is luck.",
        )
        return
    runs = [run for run in loaded.runs() if run.key == dataset.key]
    counts = {task: each.labelled(TRAIN) for task, each in dataset.tasks.items()}
    presets(counts, known)
    left, right = st.columns([2, 3], gap="large")
    with left:
        chosen = weights(counts)
    with right, shell.guard():
        changes.draw(dataset, known, chosen, runs)
    views = {
        "All trade-offs": partial(front.draw, dataset, known, chosen),
        "Who helps whom": partial(affinity.draw, dataset, known),
        "How far to trust it": partial(trust.draw, dataset, known, runs),
    }
    tabs = st.tabs([*views], key=VIEW, on_change="rerun", bind="query-params")
    for view, tab in zip(views.values(), tabs, strict=True):
        if tab.open:
            with tab, shell.guard():
                view()


def weights(counts: Mapping[str, int]) -> Lambdas:
    """The sliders of λ, and where to go with the chosen setting.

    Args:
        counts: how many training texts carry each task.
    """
    chosen = {
        task: forms.lambda_slider(
            task,
            f"Weight λ of {plain(task)}",
            disabled=False,
            reason="",
            words=f"{LAMBDA_HELP} It has {number(counts[task])} texts to learn from.",
        )
        for task in counts
    }
    with st.container(horizontal=True):
        st.button(
            "Pin this setting",
            key="pin",
            icon=":material/keep:",
            disabled=not any(chosen.values()),
            on_click=changes.pin,
            args=(chosen,),
            help="From now on other settings are compared with this one.",
        )
        st.page_link(
            shell.TRAIN,
            label="Train with it",
            icon=":material/arrow_forward:",
            disabled=not any(chosen.values()),
            query_params={forms.lambda_key(task): f"{value:g}" for task, value in chosen.items()},
            help="Opens the page Train with these weights, for a training in which the language "
            "model may learn too.",
        )
    return chosen


def presets(counts: Mapping[str, int], known: trying.Ready) -> None:
    """Settings to begin with, a click each; `counts` as in `weights`."""
    with st.container(horizontal=True):
        st.button(
            "All alike",
            key="alike",
            on_click=forms.put_lambdas,
            args=(dict.fromkeys(counts, 1.0),),
            help="Every task gets the weight 1.",
        )
        st.button(
            "By number of labels",
            key="by-size",
            on_click=forms.put_lambdas,
            args=(by_size(counts),),
            help="The task with the most labelled texts gets the weight 1, others as much less as "
            "they have fewer labels.",
        )
        with st.popover("Only one", help="Learns one task as if there were no other."):
            for task in counts:
                st.button(
                    plain(task),
                    key=f"only-{task}",
                    on_click=forms.put_lambdas,
                    args=({each: float(each == task) for each in counts},),
                    help="This task gets the weight 1 and every other 0.",
                )
    trying.work(
        "by-uncertainty",
        "As learned from errors",
        lambda: forms.put_lambdas(known.by_uncertainty()),
        "Learns the weights beside the tasks, so that one that is often wrong whatever is done "
        "counts less (the strategy called uncertainty). Takes some seconds.",
        primary=False,
    )


def by_size(counts: Lambdas) -> Lambdas:
    """A weight for each task in proportion to its labels, as near as a slider comes."""
    most = max(counts.values()) or 1
    steps = [step for step in forms.LAMBDAS if step > 0]
    return {
        task: min(steps, key=lambda step: abs(step - count / most)) if count else 0.0
        for task, count in counts.items()
    }


shell.title("Trade-offs")
dataset = state.dataset()
if dataset is None:
    shell.empty("There is no data to try weights on yet.", shell.DATA, "Bring data")
else:
    with shell.guard():
        draw(dataset)
