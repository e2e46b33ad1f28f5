"""A training against another on the same data: what changed beyond noise, and where."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from mtrec.reports import wording
from mtrec.reports.classification import TRUTH, load_predictions
from mtrec.reports.compare import (
    CONFIDENCE_A,
    CONFIDENCE_B,
    ONLY,
    PREDICTED_A,
    PREDICTED_B,
    A,
    B,
    TaskComparison,
    changed,
    compare,
    settings_diff,
    title_of,
)
from mtrec.runs.store import FINISHED, RunInfo
from mtrec.schema import RECORD, TEXT, USER
from mtrec.stats import SIGNIFICANT
from mtrec.tasks import TASK_TYPES
from mtrec.wording import many
from pages.ui import charts, loaded, shell, state
from pages.ui.text import INTERVAL_HELP, plain
from pages.ui.words import RIGHT_HELP, metric

AGAINST, SIDE = "against", "side"  # keys, and in the URL
HERE, THERE = "By this training only", "By the other only"
SIDES = {HERE: A, THERE: B}
SURE_WIDTH = 80  # pixels: so few that both are in sight on a narrow screen
TOLD, UNTOLD = "circle", "circle-open"  # marks of differences beyond noise, and of others
SAME_TEXTS = (
    "Both are judged on the same texts, those that both answered, so that what makes a text hard "
    "weighs on both alike and drops out: a smaller difference can be told from noise than by "
    "laying two intervals side by side. The more tasks are looked at, the more of them would "
    "differ by chance, so the more a difference must stand out."
)


@st.cache_data(max_entries=16, show_spinner="Comparing both trainings…")
def compared(ours: Path, theirs: Path, key: str, split: str) -> list[TaskComparison]:
    """The tasks that both runs answered on one part of the dataset `key`."""
    a, b = (load_predictions(folder, split) for folder in (ours, theirs))
    return compare(loaded.whole_dataset(key), a, b, split)


@st.cache_data(max_entries=16, show_spinner="Looking for what changed…")
def _changed(
    ours: Path, theirs: Path, key: str, task: str, split: str, kind: str, presenting: bool
) -> pd.DataFrame:
    """The texts of a task that only one of the two has right, with labels as people read them.

    Args:
        kind: the task's type.
        presenting: whether people and texts are hidden.
    """
    a, b = (load_predictions(folder, split) for folder in (ours, theirs))
    task_type = TASK_TYPES[kind]
    table = changed(a, b, task, task_type, split)
    records = loaded.open_dataset(key).records.loc[table[RECORD], [RECORD, TEXT, USER]]
    table[RECORD] = records[RECORD].to_numpy()
    for place, column in enumerate((TEXT, USER), 1):
        table.insert(place, column, records[column].to_numpy())
    for column in (TRUTH, PREDICTED_A, PREDICTED_B):
        told = map(task_type.describe, table[column], table[TEXT])
        table[column] = pd.Series(list(told), index=table.index, dtype="str")
    for column in (CONFIDENCE_A, CONFIDENCE_B):
        table[column] *= 100
    return table


def draw(run: RunInfo, task: str, split: str) -> None:
    """What changed against another training of the same data, why it may, and in which texts.

    Args:
        task: whose texts are shown.
    """
    st.markdown("**Against another training**", help=SAME_TEXTS)
    other = _other(run)
    if other is None:
        st.markdown(
            "There is no other finished training on the very same data to compare with. Start one "
            "with other settings on the page Train, and what it changed is told here."
        )
        return
    ours, theirs = (loaded.store().fetch(each.run) for each in (run, other))
    found = compared(ours, theirs, run.key, split)
    if not found:
        st.markdown("No text of this part was answered by both, so there is nothing to compare.")
        return
    st.markdown(_in_short(found))
    st.markdown("\n".join(f"- {_in_words(each, len(found))}" for each in found))
    st.caption("In brackets: the 95 % interval of the difference.", help=INTERVAL_HELP)
    _differences(found)
    _settings(run, other)
    kind = next((each.type for each in found if each.task == task), None)
    if kind is None:
        st.markdown(f"Only one of the two trainings learned {plain(task)}.")
    else:
        _sides(ours, theirs, run.key, task, split, kind)


def _other(run: RunInfo) -> RunInfo | None:
    """The training to compare with, the one before unless another is picked; None of none."""
    every = loaded.runs()
    place = [each.run for each in every].index(run.run)
    newest_first = [*every[place + 1 :], *reversed(every[:place])]  # the one before, then the next
    others = {
        state.run_label(each): each
        for each in newest_first
        if each.status == FINISHED and each.key == run.key
    }
    if not others:
        return None
    chosen = state.pick(
        AGAINST,
        "Compare with",
        list(others),
        None,
        help="Another finished training on the very same data. At first it is the one before this "
        "one.",
    )
    return others[chosen]


def _in_short(found: list[TaskComparison]) -> str:
    """What the comparison comes to."""
    told = [each for each in found if each.distinguishable]
    better = sum(each.difference.value > 0 for each in told)
    if len(found) == len(told) == 1:
        return f"**This training is {'better' if better else 'worse'}, by more than noise.**"
    if not told:
        where = "" if len(found) == 1 else f" in any of {len(found)} tasks"
        return (
            f"**No distinguishable change{where}.** That is a result, too: whatever was changed, "
            "these texts do not show that it matters."
        )
    of = many(len(found), "task")
    parts = [
        f"{word} in {count}"
        for word, count in (("better", better), ("worse", len(told) - better))
        if count
    ]
    return f"**This training is {' and '.join(parts)} of {of}, by more than noise.**"


def _in_words(each: TaskComparison, tasks: int) -> str:
    """One task of so many in a sentence, the 95 % interval in brackets."""
    name = f"**{plain(each.task)}**"
    figures = f"{metric(TASK_TYPES[each.type].headline)} {each.a:.3f} against {each.b:.3f}"
    low, high = each.difference.low, each.difference.high
    if not each.differing:
        return f"No change in {name}: both gave the same answers, {figures}."
    unchanged = f"No distinguishable change in {name}:"
    if low is None or high is None:
        return f"{unchanged} too few answers differ to tell, {figures}."
    if each.distinguishable:
        word, by = _apart(each, low, high)
        return f"{name}: {word} {by}, {figures}."
    difference = f"the difference {wording.difference(each.a, each.b):z.3f}"
    if low <= 0 <= high:
        return f"{unchanged} {difference} lies within the noise ({_span(low, high)}), {figures}."
    why = (
        f"would stand out alone, but of {tasks} tasks one may well differ so by chance"
        if each.p_value < SIGNIFICANT
        else "rests on too few answers to tell"
    )
    return f"{unchanged} {difference} ({_span(low, high)}) {why}, {figures}."


def beside(each: TaskComparison, whose: str) -> str:
    """What can be said of a task's figure beside another training's, which may be nothing."""
    other = f"{whose} ({each.b:.3f})"
    low, high = each.difference.low, each.difference.high
    if not each.distinguishable or low is None or high is None:
        return f"no distinguishable difference from {other}"
    word, by = _apart(each, low, high)
    return f"{word} than {other} {by}"


def _apart(each: TaskComparison, low: float, high: float) -> tuple[str, str]:
    """Whether a task is better or worse, and by how much."""
    better = each.difference.value > 0
    word, ends = ("better", (low, high)) if better else ("worse", (-high, -low))
    return word, f"by {abs(wording.difference(each.a, each.b)):.3f} ({_span(*ends)})"


def _span(low: float, high: float) -> str:
    return f"{low:z.3f} to {high:z.3f}"


def _differences(found: list[TaskComparison]) -> None:
    """The differences of all tasks as a chart about zero, and as a table."""
    table = pd.DataFrame(
        {
            "task": each.task,
            "figure": metric(TASK_TYPES[each.type].headline),
            "texts": each.records,
            "this": each.a,
            "other": each.b,
            **each.difference.json(),
            "beyond noise": "yes" if each.distinguishable else "no",
            "p": each.p_value,
            "p over all tasks (Holm)": each.corrected,
            "only this right": each.only_a,
            "only other right": each.only_b,
            "p of these two (McNemar)": each.mcnemar,
        }
        for each in found
    )
    chart = charts.dots(table, "task", "this training less the other")
    marks = [TOLD if each.distinguishable else UNTOLD for each in found]
    chart.update_traces(marker={"symbol": marks, "line": {"width": 2}})
    chart.add_vline(x=0, line={"dash": "dot", "width": 1.5, "color": charts.NEUTRAL})
    names = " and ".join(table["figure"].unique())
    charts.show(
        chart,
        f"{names} of this training less that of the other, with the 95 % interval of the "
        "difference. Right of the dotted line this training is better, left of it worse. A "
        "filled mark is more than noise; a hollow one cannot be told from no difference at all.",
        table.rename(columns={"value": "difference", "low": "from", "high": "to"}),
        key="against-chart",
    )


def _settings(run: RunInfo, other: RunInfo) -> None:
    """The settings that differ, and what that means for the differences."""
    ours, theirs = (loaded.store().config(each.run) for each in (run, other))
    differing = [
        # of a setting that only one has, such as a task's, the title is that one's
        (title_of(theirs if here is None else ours, key), _written(here), _written(there), key)
        for key, here, there in settings_diff(ours, theirs)
    ]
    if not differing:
        st.markdown(
            "**No setting differs.** What differs above comes from chance in training, or from a "
            "change of the program."
        )
        return
    if len(differing) == 1:
        st.markdown(f"**Nothing but {plain(differing[0][0])} differs** between their settings.")
    else:
        st.markdown(
            f"**{many(len(differing), 'setting')} differ**, so no change can be put down to one of "
            "them alone."
        )
    st.dataframe(
        pd.DataFrame(differing, columns=["setting", "this training", "the other", "in files"]),
        hide_index=True,
        key="against-settings",
        alt="Settings that differ",
    )
    st.caption(
        "The noise above is that of the texts. Training is partly chance, too: the same settings "
        "with another seed come out somewhat different, so train twice before you settle on a "
        "small change."
    )


def _written(value: Any) -> str:
    """A setting's value as people read it."""
    if value is None:
        return "left empty"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


@st.fragment
def _sides(ours: Path, theirs: Path, key: str, task: str, split: str, kind: str) -> None:
    """The texts that only one of the two has right, and the selected one to read."""
    st.markdown(f"**Texts of {plain(task)} that changed sides**", help=RIGHT_HELP)
    table = _changed(ours, theirs, key, task, split, kind, loaded.presenting())
    if table.empty:
        st.markdown("None: each text is right in both or wrong in both.")
        return
    counts = table[ONLY].value_counts()
    here, there = (int(counts.get(side, 0)) for side in (A, B))
    st.markdown(
        f"{many(here, 'text')} only this training got right, {many(there, 'text')} only the other."
    )
    side = st.segmented_control(
        "Got right",
        list(SIDES),
        default=HERE if here else THERE,
        required=True,
        key=SIDE,
        bind="query-params",
        help="What this training gained against the other, or what it lost. " + RIGHT_HELP,
    )
    rows = table[table[ONLY] == SIDES[side]].drop(columns=ONLY).reset_index(drop=True)
    if rows.empty:
        st.markdown("There is none.")
        return
    name = f"{task}-{split}-{side}-{ours.parent.name}-{theirs.parent.name}"
    # What the one that is right said is what the data says.
    mistaken, whose = (PREDICTED_B, "other") if side == HERE else (PREDICTED_A, "this")
    heads = {TRUTH: "true", mistaken: f"{whose} said"}
    width = {column: shell.labels_width(rows[column], head) for column, head in heads.items()}
    chosen = st.dataframe(
        rows,
        hide_index=True,
        placeholder="",
        key=f"sides-{name}",
        selection_mode="single-row",
        on_select="rerun",
        column_order=shell.filled(table, [TEXT, TRUTH, mistaken, CONFIDENCE_A, CONFIDENCE_B, USER]),
        column_config={
            TEXT: st.column_config.TextColumn("text", width=shell.NARROW_TEXT),
            TRUTH: st.column_config.TextColumn(
                heads[TRUTH],
                width=width[TRUTH],
                help="What the data says, and the training that got it right.",
            ),
            mistaken: st.column_config.TextColumn(heads[mistaken], width=width[mistaken]),
            CONFIDENCE_A: _sureness("this sure", "this training"),
            CONFIDENCE_B: _sureness("other sure", "the other training"),
            USER: st.column_config.TextColumn("person"),
        },
        alt="Texts that changed sides",
    )
    shell.download(rows, f"{task}-changed", f"sides-csv-{name}")
    if chosen.selection.rows:
        _text(rows.iloc[chosen.selection.rows[0]])
    else:
        st.caption(
            "Those first of which either training was surest. Select a row to read the whole text."
        )


def _sureness(name: str, whose: str) -> Any:
    return st.column_config.NumberColumn(
        name, width=SURE_WIDTH, format="%.0f %%", help=f"How sure {whose} was of its answer."
    )


def _text(row: pd.Series) -> None:
    """One text, its labels, and the way to the person who wrote it."""
    with st.container(border=True):
        st.text(row[TEXT])
        st.markdown(f"The data says: **{plain(row[TRUTH])}**")
        for whose, said, sure in (
            ("This training", PREDICTED_A, CONFIDENCE_A),
            ("The other", PREDICTED_B, CONFIDENCE_B),
        ):
            st.markdown(f"{whose} says: **{plain(row[said])}**, {row[sure]:.0f}\u00a0% sure")
        if pd.notna(row[USER]):
            shell.person(row[USER], f"Open {plain(row[USER])}")
