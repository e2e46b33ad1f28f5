"""In which parts of the data a task is weaker, and the texts that are wrong there."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import streamlit as st

from mtrec.reports.candidates import ENOUGH
from mtrec.reports.classification import CONFIDENCE, PREDICTED, TRUTH, load_predictions
from mtrec.reports.contrast import Gap
from mtrec.reports.mixups import FEWEST
from mtrec.reports.slices import MOST, PEOPLE, Finding, Weaknesses, weaknesses
from mtrec.runs.store import RunInfo
from mtrec.schema import RECORD, TEST, TEXT, USER, VAL
from mtrec.tasks import TASK_TYPES
from mtrec.tasks.base import TaskType
from mtrec.wording import many
from pages.ui import charts, loaded, record, shell, state
from pages.ui.text import INTERVAL_HELP, plain
from pages.ui.words import RIGHT_HELP

SLICE = "slice"  # key, and in the URL
ASKED = "asked"  # column
NAME = 60  # characters of a name from data in a sentence
HOLDS, UNTOLD = "circle", "circle-open"  # marks of parts that are weaker beyond noise, and others
HELP = (
    "Looks at parts of the data: by true label, labels of other tasks, length, activity, year, "
    "what is known of people and things, and how much their authors wrote in training. Parts with "
    f"{ENOUGH} texts or more that look weaker are found on the validation part, {MOST} at most, "
    "and only then measured on the test part: of many parts some look weak by chance, and that "
    "does not come again on other texts. Texts of one person are not taken for independent, those "
    "about one thing are. " + RIGHT_HELP
)


@st.cache_data(max_entries=16, show_spinner="Looking for weak parts…")
def _looked(folder: Path, key: str, task: str) -> Weaknesses:
    """What was found in one task of a run's folder, on the dataset `key`."""
    val, test = (load_predictions(folder, split, task) for split in (VAL, TEST))
    return weaknesses(loaded.whole_dataset(key), task, val, test)


def draw(run: RunInfo, task: str, kind: str) -> None:
    """The parts in which fewer answers are right, in words and as a chart, and their wrong texts.

    Args:
        kind: the task's type.
    """
    st.markdown("**Where it is weaker**", help=HELP)
    folder = loaded.store().fetch(run.run)
    looked = _looked(folder, run.key, task)
    if not looked.val or not looked.test:
        missing = "validation" if not looked.val else "test"
        st.markdown(
            f"This cannot be told: no {missing} text has both a label and an answer. Weak parts "
            "are found on validation texts and measured on test texts."
        )
        return
    if not looked.candidates:
        st.markdown(
            f"There was nothing to look at: of {many(looked.val, 'labelled validation text')} no "
            f"part has {ENOUGH} or more in it and {ENOUGH} or more outside it."
        )
        return
    if not looked.findings:
        st.markdown(
            f"No part of the data was found where it does distinctly worse: {_parts(looked)} "
            "looked at."
        )
        return
    _in_words(looked)
    measured = [each for each in looked.findings if each.measured is not None]
    if measured:
        _chart(measured)
    _wrong(run, task, kind, looked.findings)


def _parts(looked: Weaknesses) -> str:
    """How many parts were looked at, with the verb."""
    return f"{many(looked.candidates, 'part')} {'was' if looked.candidates == 1 else 'were'}"


def _name(word: str) -> str:
    return f"*{plain(word, NAME)}*"


def _in_words(looked: Weaknesses) -> None:
    """What holds on test, what does not, and what cannot be measured."""
    held = [each for each in looked.findings if each.holds]
    others = [each for each in looked.findings if each.measured is not None and not each.holds]
    few = [each for each in looked.findings if each.measured is None]
    if held:
        st.markdown("\n".join(f"- {each.sentence(_name)}." for each in held))
        st.caption("On test texts.", help=INTERVAL_HELP)
    else:
        st.markdown("No part of the data was found where it does distinctly worse.")
    if others:
        names = "; ".join(f"texts {each.slice.phrase(_name)}" for each in others)
        st.markdown(f"Looked weaker on validation, which the test texts do not confirm: {names}.")
    if few:
        names = "; ".join(f"texts {each.slice.phrase(_name)}" for each in few)
        st.markdown(
            f"Looked weaker on validation, with too few test texts to measure it (it takes "
            f"{FEWEST}, of {PEOPLE} people or more, in the part and outside it): {names}."
        )
    st.caption(
        f"{_parts(looked)} looked at on {many(looked.val, 'validation text')}; "
        f"{len(looked.findings)} looked weaker there."
    )


def _chart(measured: list[Finding]) -> None:
    """The share right in each part and in the rest, on test."""
    rows = [
        _row(place, each, each.measured) for place, each in enumerate(measured, 1) if each.measured
    ]
    inside = pd.DataFrame([{"part": part, **gap.share.json()} for part, gap, _ in rows])
    rest = pd.DataFrame([{"part": part, **gap.rest.json()} for part, gap, _ in rows])
    chart = charts.dots(inside, "part", "share right on test")
    marks = [HOLDS if each.holds else UNTOLD for each in measured]
    chart.update_traces(name="in this part", marker={"symbol": marks, "line": {"width": 2}})
    (other,) = charts.dots(rest, "part", "").data
    other.update(name="in the rest", marker={"symbol": "diamond-tall-open", "size": 10})
    other.update(marker_color=charts.NEUTRAL, error_x_color=charts.NEUTRAL)
    chart.add_trace(other)
    charts.add_legend(chart)
    chart.update_xaxes(tickformat=".0%")
    charts.show(
        chart,
        "How often it is right in each part (circles) and in the rest of the test texts (grey "
        "diamonds), with the 95 % interval. A filled circle lies lower by more than noise, a "
        "hollow one does not.",
        pd.DataFrame([numbers for _, _, numbers in rows]),
        key="slices",
    )


def _row(place: int, each: Finding, gap: Gap) -> tuple[str, Gap, dict[str, object]]:
    """One part in the chart: what it is called there, its figures, and its row in the table."""
    part = f"{place}. {each.slice.short}"
    percents = {
        "right (%)": gap.share.value,
        "rest right (%)": gap.rest.value,
        "difference": gap.difference.value,
        "from": gap.difference.low,
        "to": gap.difference.high,
    }
    return (
        part,
        gap,
        {
            "part": part,
            "beyond noise": "yes" if each.holds else "no",
            **{name: None if v is None else round(100 * v, 1) for name, v in percents.items()},
            "texts": gap.records,
            "rest": gap.others,
            "p": gap.p_value,
            "p over all parts (Holm)": each.corrected,
            "difference on validation": round(100 * each.found.difference.value, 1),
        },
    )


@st.fragment
def _wrong(run: RunInfo, task: str, kind: str, findings: list[Finding]) -> None:
    """The wrong test texts of a part that is chosen, and the selected one to read."""
    by_phrase = {each.slice.phrase(str): each for each in findings}
    chosen = state.pick(
        SLICE,
        "Wrong texts",
        list(by_phrase),
        None,
        help="Lists the test texts of one part that are not wholly right. " + RIGHT_HELP,
    )
    table = _texts(run, task, kind, by_phrase[chosen])
    if table.empty:
        st.markdown("None: every test text of this part is right.")
        return
    name = f"{task}-{run.key}-{chosen}"
    width = {column: shell.labels_width(table[column], column) for column in ("true", "said")}
    picked = st.dataframe(
        table,
        hide_index=True,
        placeholder="",
        key=f"slice-{name}",
        selection_mode="single-row",
        on_select="rerun",
        column_order=shell.filled(table, [TEXT, "true", "said", CONFIDENCE, USER]),
        column_config={
            TEXT: st.column_config.TextColumn("text", width=shell.TEXT_WIDTH),
            "true": st.column_config.TextColumn(
                "true", width=width["true"], help="What the data says."
            ),
            "said": st.column_config.TextColumn(
                "said", width=width["said"], help="What the model says."
            ),
            CONFIDENCE: st.column_config.NumberColumn(
                "sureness", format="%.0f %%", help="How sure the model was of its answer."
            ),
            USER: st.column_config.TextColumn("person", help="Who wrote it, if that is known."),
        },
        alt="Wrong texts of a part",
    )
    told = table.drop(columns=[TRUTH, PREDICTED, ASKED])
    shell.download(told, f"{task}-weaker", f"slice-csv-{name}")
    if not picked.selection.rows:
        st.caption(
            "Those first of which it was surest. Select a row to read the whole text, to see why "
            "the model answers so, and to go to the person who wrote it, if that is known."
        )
        return
    row = table.iloc[picked.selection.rows[0]]
    truth, said = row[TRUTH], row[PREDICTED]
    mistake = _mistake(TASK_TYPES[kind], truth, said)
    record.draw(run, row[ASKED], task, truth, said, f"slice-{task}", mistake)


def _mistake(task_type: TaskType, truth: str, predicted: str) -> tuple[str, str]:
    """The first label of a wrong text that was missed, mistaken, or found where none is."""
    return next(pair for pair in task_type.compare(truth, predicted) if pair[0] != pair[1])


def _texts(run: RunInfo, task: str, kind: str, part: Finding) -> pd.DataFrame:
    """The wrong texts of a part, the surest answers first; sureness in percent.

    Beside labels as they are kept stand `true` and `said`, as people read them, and `asked`, what
    the record is asked by.
    """
    said = load_predictions(loaded.store().fetch(run.run), TEST, task)
    wrong = said[said[RECORD].isin(part.wrong)].sort_values(
        CONFIDENCE, ascending=False, kind="stable"
    )
    table = loaded.open_dataset(run.key).records.loc[wrong[RECORD], [RECORD, TEXT, USER]]
    table = table.rename_axis(ASKED).reset_index()
    for column, words in ((TRUTH, "true"), (PREDICTED, "said")):
        table[column] = wrong[column].to_numpy()
        told = map(TASK_TYPES[kind].describe, table[column], table[TEXT])
        table[words] = pd.Series(list(told), index=table.index, dtype="str")
    table[CONFIDENCE] = 100 * wrong[CONFIDENCE].to_numpy()
    return table
