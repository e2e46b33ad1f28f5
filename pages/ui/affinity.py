"""Which tasks help and which hurt each other, and whether some would better be learned apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from mtrec.data.dataset import DatasetSummary
from mtrec.schema import Estimate
from pages.ui import charts, forms, trying
from pages.ui.outcomes import interval, title
from pages.ui.text import plain

if TYPE_CHECKING:
    from mtrec.tradeoffs.affinity import Affinity

HELP = (
    "Groups of tasks are learned without the others, each several times with different luck. What "
    "a task does to another is the other's figure with it less the figure without it. The "
    "intervals of all of them hold at once, 95 times out of 100, since one looks at all of them."
)
LEAST_PULL = 0.1  # that the picture reaches to on either side of 0: what is less is next to nothing
PULL_HELP = (
    "In every step of learning each task pulls what tasks share in its own direction. Above 0 two "
    "tasks pull alike, below 0 against each other; near 0 they leave each other alone. The measure "
    "is the cosine of the angle between the two directions. It costs less than leaving tasks out, "
    "and says less: what counts is the table above."
)


def draw(dataset: DatasetSummary, known: trying.Ready) -> None:
    """What was measured, or how to measure it."""
    trying.work(
        "measure-affinity",
        "Measure it",
        known.measure,
        "Learns groups of tasks without the others, which takes a minute or so.",
    )
    found = known.measured
    if found is None:
        return
    st.markdown(grouping(found), help=HELP)
    effects(dataset, found)
    if found.cosines:
        pulls(found)


def grouping(found: Affinity) -> str:
    """Whether some tasks would better be learned apart, with what was measured."""
    if len(found.groups) == 1:
        return (
            "**Learn them together.** No grouping of the tasks is distinguishably better for one "
            "of them and not worse for another."
        )
    groups = " · ".join(" + ".join(plain(task) for task in group) for group in found.groups)
    gains = ", ".join(
        f"{plain(task)} {gap.value:+.3f} ({interval(gap, '+')})"
        for task, gap in found.apart.items()
    )
    return (
        f"**Better in groups: {groups}.** A training for each group, against one for all: {gains}."
    )


def effects(dataset: DatasetSummary, found: Affinity) -> None:
    """The matrix of who does what to whom, and the clicked cell in words."""
    columns = {name: title(dataset, name) for name in found.names}
    values = pd.DataFrame(
        [
            {columns[name]: _value(found.effects.get((task, name))) for name in found.names}
            for task in found.tasks
        ],
        index=pd.Index([*found.tasks], name="task"),
    )
    told = pd.DataFrame(
        [
            {columns[name]: _told(found.effects.get((task, name))) for name in found.names}
            for task in found.tasks
        ],
        index=values.index,
    )
    picked = st.dataframe(
        charts.shaded(values, told.astype(float), "{:+.3f}"),
        key="effects",
        on_select="rerun",
        selection_mode="single-cell",
        height="content",
        placeholder="",
        alt="What each task does to the others",
    )
    st.caption(
        "What each task (row) does to a figure (column) by being learned with the others: above 0 "
        "it helps, below 0 it hurts. Shaded where that is beyond the noise. **Click a cell** to "
        "read it, and to try leaving the task out.",
        help=HELP,
    )
    cell = next(iter(picked.selection.cells), None)
    names = {words: name for name, words in columns.items()}
    if cell is None or cell[1] not in names:
        return
    task, name = found.tasks[cell[0]], names[cell[1]]
    effect = found.effects.get((task, name))
    if effect is None:
        return
    st.markdown(sentence(dataset, task, name, effect))
    without = {each: 0.0 if each == task else 1.0 for each in found.tasks}
    st.button(
        f"Try without {plain(task)}",
        key=f"without-{task}",
        on_click=forms.put_lambdas,
        args=(without,),
        help="Puts the weight of this task at 0 and that of the others at 1, in the sliders.",
    )


def sentence(dataset: DatasetSummary, task: str, name: str, effect: Estimate) -> str:
    """One effect in words."""
    figure = plain(title(dataset, name))
    if not _told(effect):
        return (
            f"Whether **{plain(task)}** is learned too makes no distinguishable difference to "
            f"**{figure}**: {effect.value:+.3f} ({interval(effect, '+')})."
        )
    verb = "helps" if effect.value > 0 else "hurts"
    return (
        f"**{plain(task)}** {verb} **{figure}**: with it the figure is {effect.value:+.3f} "
        f"({interval(effect, '+')})."
    )


def pulls(found: Affinity) -> None:
    """How far the tasks pull alike, over the training."""
    pairs = {pair: f"{pair[0]} and {pair[1]}" for pair in found.cosines}
    course = pd.DataFrame({words: found.course[pair] for pair, words in pairs.items()})
    course.insert(0, "epoch", range(1, len(course) + 1))
    st.markdown("**How far tasks pull alike**", help=PULL_HELP)
    table = pd.DataFrame(
        [
            {
                "tasks": pairs[pair],
                "alike": f"{each.value:+.3f}",
                "95 % interval": interval(each, "+"),
            }
            for pair, each in found.cosines.items()
        ]
    )
    chart = charts.curves(course, "epoch", [*pairs.values()], "how far they pull alike")
    most = 1.1 * float(course[[*pairs.values()]].abs().max(axis=None))
    reach = max(LEAST_PULL, most)
    chart.update_yaxes(range=[-reach, reach])
    chart.update_layout(showlegend=True)  # of one pair, too
    charts.show(
        chart,
        "1: both pull in the same direction, 0: they have nothing to do with each other, -1: they "
        "pull against each other. One line for every two tasks, over a training by equal weights; "
        "an epoch is once through all its texts.",
        table,
        key="pulls",
    )


def _value(effect: Estimate | None) -> float | None:
    return None if effect is None else effect.value


def _told(effect: Estimate | None) -> bool:
    """Whether it is beyond the noise."""
    if effect is None or effect.low is None or effect.high is None:
        return False
    return not effect.low <= 0 <= effect.high
