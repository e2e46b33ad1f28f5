"""Trade-offs: move how much each task counts, and see what every task gains and loses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from mtrec.data.dataset import DatasetSummary
from mtrec.schema import TRAIN, Estimate
from mtrec.tasks import TASK_TYPES
from mtrec.wording import many, number
from pages.ui import forms, shell, state, trying
from pages.ui.text import INTERVAL_HELP, plain
from pages.ui.words import LAMBDA_HELP, metric, metric_help

if TYPE_CHECKING:
    from mtrec.tradeoffs.changes import Change
    from mtrec.tradeoffs.stacked import Lambdas

PINNED = "pinned"  # session key, before a dataset's: the setting that others are compared with
CARD = 230  # pixels
STARTED = "started"  # session key: whether making ready was asked for
HELP = (
    "The language model reads the texts once and does not learn here; what answers the tasks above "
    "it learns anew with every setting, on the training part, with the same luck. So it is quick, "
    "and what changes is due to the weights. The figures are of the validation part."
)
NOISE_HELP = (
    f"The 95 % interval of the figure, and that of its change. {INTERVAL_HELP} A change is grey "
    "where its interval holds 0: it may be chance. The intervals of all changes hold at once, 95 "
    "times out of 100, since one looks at all of them."
)


def draw(dataset: DatasetSummary) -> None:
    """The sliders, and what the setting comes to."""
    st.caption(
        "Which tasks gain and which lose when one counts more? Move a weight, and every task is "
        "learned anew with it in about a second.",
        help=HELP,
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
        begin(dataset)
        return
    left, right = st.columns([2, 3], gap="large")
    with left:
        chosen = weights(dataset)
    with right, shell.guard():
        answer(dataset, known, chosen)


def begin(dataset: DatasetSummary) -> None:
    """A button that makes it ready, and while it does one that stops it."""
    working = st.session_state.pop(STARTED, False)
    with st.container(horizontal=True):
        st.button(
            "Get ready",
            type="primary",
            key="get-ready",
            icon=":material/play_arrow:",
            disabled=working,
            on_click=lambda: st.session_state.update({STARTED: True}),
            help="Reads all texts once, which takes seconds to minutes, and tries a few settings "
            "with several seeds, to know how much is luck.",
        )
        st.button(
            "Stop",
            key="stop-ready",
            icon=":material/stop:",
            disabled=not working,
            help="Stops getting ready. Texts that were read by then need not be read again.",
        )
    if working:
        trying.make_ready(dataset)
        st.rerun()


def weights(dataset: DatasetSummary) -> Lambdas:
    """The sliders of λ, with settings to begin with, and where to go with the chosen one."""
    with st.container(horizontal=True):
        st.button(
            "All alike",
            key="alike",
            on_click=put,
            args=(dict.fromkeys(dataset.tasks, 1.0),),
            help="Every task gets the weight 1.",
        )
        counts = {task: each.labelled(TRAIN) for task, each in dataset.tasks.items()}
        st.button(
            "By number of labels",
            key="by-size",
            on_click=put,
            args=(by_size(counts),),
            help="The task with the most labelled texts gets the weight 1, others as much less as "
            "they have fewer labels.",
        )
    chosen = {
        task: forms.lambda_slider(
            task,
            f"Weight λ of {plain(task)}",
            disabled=False,
            reason="",
            words=f"{LAMBDA_HELP} It has {number(counts[task])} texts to learn from.",
        )
        for task in dataset.tasks
    }
    with st.container(horizontal=True):
        st.button(
            "Pin this setting",
            key="pin",
            icon=":material/keep:",
            on_click=lambda: st.session_state.update({PINNED + dataset.key: chosen}),
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


def put(lambdas: Lambdas) -> None:
    """Puts weights into the sliders."""
    for task, value in lambdas.items():
        st.session_state[forms.lambda_key(task)] = value


def by_size(counts: Lambdas) -> Lambdas:
    """A weight for each task in proportion to its labels, as near as a slider comes."""
    most = max(counts.values()) or 1
    steps = [step for step in forms.LAMBDAS if step > 0]
    return {
        task: min(steps, key=lambda step: abs(step - count / most)) if count else 0.0
        for task, count in counts.items()
    }


def answer(dataset: DatasetSummary, known: trying.Ready, chosen: Lambdas) -> None:
    """What the chosen setting comes to against the pinned one, in words and figures."""
    from mtrec.tradeoffs.changes import changes

    if not any(chosen.values()):
        st.warning(
            "Every task has λ 0, so nothing would be learned. Give one task a λ above 0.",
            icon=":material/info:",
        )
        return
    pinned = st.session_state.get(PINNED + dataset.key) or dict.fromkeys(chosen, 1.0)
    found = changes(known.outcomes([pinned, chosen]), before=0, now=1)
    st.markdown(verdict(dataset, found, same=pinned == chosen))
    with st.container(horizontal=True):
        for each in found:
            card(dataset, each, same=pinned == chosen)
    instrument = known.instrument
    of = (
        f"a sample of {number(instrument.records)} of {many(instrument.of, 'training text')}"
        if instrument.records < instrument.of
        else many(instrument.of, "training text")
    )
    against = ", ".join(f"{plain(task)} {value:g}" for task, value in pinned.items())
    st.caption(
        f"Learned from {of}. Compared with the pinned setting: {against}. The language model "
        "rests here, so a full training can come out otherwise; how far this can be trusted on "
        "these data was not measured.",
        help=HELP,
    )
    with st.expander("The same as a table"):
        st.dataframe(table(dataset, found), hide_index=True, key="changes")


def verdict(dataset: DatasetSummary, found: list[Change], same: bool) -> str:
    """What the setting changes, in a sentence."""
    if same:
        return "This is the pinned setting. Move a weight to see what changes."
    told = [each for each in found if each.is_told]
    gains = [plain(_title(dataset, each.name)) for each in told if each.difference.value > 0]
    losses = [plain(_title(dataset, each.name)) for each in told if each.difference.value < 0]
    parts = [
        f"{word}: **{', '.join(names)}**"
        for word, names in (("Better", gains), ("Worse", losses))
        if names
    ]
    if not parts:
        return "**No distinguishable change** against the pinned setting."
    rest = len(found) - len(told)
    ends = f" No distinguishable change in the other {many(rest, 'figure')}." if rest else ""
    return f"{'. '.join(parts)}.{ends}"


def card(dataset: DatasetSummary, each: Change, same: bool) -> None:
    """One figure, its change against the pinned setting, and the noise of both."""
    name = _metric(dataset, each.name)
    with st.container(border=True, width=CARD):
        st.metric(
            plain(_title(dataset, each.name)),
            f"{each.now.value:.3f}",
            delta=None if same else f"{each.difference.value:+.3f}",
            delta_color="normal" if each.is_told else "off",
            help=metric_help(name),
        )
        change = "" if same else f"  \nchange {_interval(each.difference, '+')}"
        st.caption(f"{metric(name)}  \n{_interval(each.now)}{change}", help=NOISE_HELP)


def table(dataset: DatasetSummary, found: list[Change]) -> pd.DataFrame:
    """Every figure under both settings."""
    return pd.DataFrame(
        [
            {
                "what": _title(dataset, each.name),
                "figure": metric(_metric(dataset, each.name)),
                "pinned": f"{each.before.value:.3f} ({_interval(each.before)})",
                "now": f"{each.now.value:.3f} ({_interval(each.now)})",
                "change": f"{each.difference.value:+.3f} ({_interval(each.difference, '+')})",
                "beyond the noise": "yes" if each.is_told else "no",
            }
            for each in found
        ]
    )


def _title(dataset: DatasetSummary, name: str) -> str:
    """What a figure is of: a task, or else recommendations."""
    return name if name in dataset.tasks else "recommendations"


def _metric(dataset: DatasetSummary, name: str) -> str:
    """Which figure it is: a task's headline; one of recommendations goes by its own name."""
    task = dataset.tasks.get(name)
    return name if task is None else TASK_TYPES[task.type].headline


def _interval(figure: Estimate, sign: str = "") -> str:
    if figure.low is None or figure.high is None:
        return "not known"
    return f"{figure.low:{sign}.3f} to {figure.high:{sign}.3f}"


shell.title("Trade-offs")
dataset = state.dataset()
if dataset is None:
    shell.empty("There is no data to try weights on yet.", shell.DATA, "Bring data")
else:
    with shell.guard():
        draw(dataset)
