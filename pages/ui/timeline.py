"""What one person left over time: their texts by label, their acts, and how their profile moved."""

from __future__ import annotations

from itertools import cycle

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from mtrec.data.dataset import Dataset
from mtrec.recommend.people import People
from mtrec.reports.classification import PREDICTED, TASK, load_answers
from mtrec.runs.store import RunInfo
from mtrec.schema import (
    ITEM,
    LIKED,
    RECORD,
    SOURCE,
    SPLIT,
    TEXT,
    TIME,
    TITLE,
    TRAIN,
    USER,
    VAL,
    task_column,
)
from mtrec.tasks import TASK_TYPES
from mtrec.wording import many
from pages.ui import charts, loaded

ROWS = 24  # of the chart at most, those with the most texts
QUOTED = 80  # letters of a text in a hint
NEARLY = 0.9
ACTS, TEXTS = "acts", "texts"
IN_DATA, BY_MODEL = "in the data", "as the model reads it"
HELP = (
    "Each mark is a text with a label or an act, from before the test part. Filled: the label is "
    "written in the data. Hollow: it has none there, and the model reads it so. Texts of which no "
    "task says anything stand by the file they come from."
)
MOVED_HELP = (
    "The profile made of what they had left by each day, beside today's: the cosine of how both "
    "differ from everyone's. 1 is the same direction, 0 is unrelated. What was learned from all "
    "people is taken as it is today. What has no date counts from the start."
)


def draw(run: RunInfo, people: People, dataset: Dataset, chosen: str) -> None:
    """Texts and acts by day, and how near the profile was to today's."""
    written, acts = _before(dataset.records, chosen), _before(dataset.interactions, chosen)
    if written[TIME].isna().all() and acts[TIME].isna().all():
        st.markdown("The data does not say when they left anything, so nothing is shown over time.")
        return
    _marks(run, dataset, written, acts)
    _moved(people, chosen, written, acts)


def _before(table: pd.DataFrame, chosen: str) -> pd.DataFrame:
    """What somebody left before the test part."""
    return table[(table[USER] == chosen) & table[SPLIT].isin([TRAIN, VAL])]


def _marks(run: RunInfo, dataset: Dataset, written: pd.DataFrame, acts: pd.DataFrame) -> None:
    st.markdown("**Over time**", help=HELP)
    table = pd.concat([_labels(run, dataset, written), _acts(dataset, acts)], ignore_index=True)
    rows = table.groupby(["task", "label"], sort=False).size()
    kept = rows.nlargest(ROWS).index
    shown = table[pd.MultiIndex.from_frame(table[["task", "label"]]).isin(kept)]
    chart = go.Figure()
    order: list[str] = []
    looks = zip(
        shown["task"].unique(), cycle(charts.SYMBOLS), cycle(charts.palette()), strict=False
    )
    for task, symbol, colour in looks:
        theirs = shown[shown["task"] == task]
        labels = theirs["label"].value_counts().index
        order += [_row(task, label) for label in labels]
        for how in theirs["from"].unique():
            part = theirs[theirs["from"] == how]
            hollow = "-open" if how == BY_MODEL else ""
            chart.add_scatter(
                x=part[TIME],
                y=[_row(task, label) for label in part["label"]],
                text=part["what"].map(lambda text: charts.words(text, QUOTED)),
                name=charts.words(f"{task}, {how}" if how else task),
                mode="markers",
                marker={"symbol": symbol + hollow, "size": 10, "color": colour, "opacity": 0.85},
                hovertemplate="%{x|%Y-%m-%d}<br>%{text}<extra></extra>",
            )
    charts.layout(chart, height=100 + charts.ROW * len(order), legend=True)
    chart.update_yaxes(
        type="category", categoryorder="array", categoryarray=order, autorange="reversed"
    )
    more = f" The {ROWS} commonest of {len(rows)} labels are shown." if len(rows) > ROWS else ""
    undated = int(written[TIME].isna().sum() + acts[TIME].isna().sum())
    without = (
        f" {many(undated, 'text or act has', 'texts or acts have')} no date." if undated else ""
    )
    charts.show(
        chart,
        f"Their texts by label and their acts, day by day; point at one to read it.{more}{without}",
        shown.rename(columns={"what": "text or thing"}),
        key="over-time",
    )


def _row(task: str, label: str) -> str:
    """What a row of the chart is called."""
    return charts.words(label if task == ACTS else f"{task}: {label}")


def _labels(run: RunInfo, dataset: Dataset, written: pd.DataFrame) -> pd.DataFrame:
    """A row per dated text and label: `time`, `task`, `label`, `from` and `what`, the text.

    A text has what a task's labels say of it, or the model where it has none of a task that looks
    at such texts. One of which no task says anything has its activity for a label.
    """
    dated = written[written[TIME].notna()]
    answers = load_answers(loaded.store().fetch(run.run), *dated.index)
    found = []
    untold = dated.index
    for task, known in dataset.tasks.items():
        labelled = dataset.records[task_column(task)].notna()
        seen = dated[SOURCE].isin(dataset.records.loc[labelled, SOURCE].unique())
        observed = dated[task_column(task)].dropna()
        said = answers[answers[TASK] == task].set_index(RECORD)[PREDICTED]
        read = said[said.index.isin(dated.index[seen].difference(observed.index))].dropna()
        for how, values in ((IN_DATA, observed), (BY_MODEL, read)):
            labels = TASK_TYPES[known.type].occurrences(values)
            found.append(_told(dated, task, labels, how))
            untold = untold.difference(labels.index)
    return pd.concat([*found, _told(dated, TEXTS, dated.loc[untold, SOURCE], "")])


def _told(dated: pd.DataFrame, task: str, labels: pd.Series, how: str) -> pd.DataFrame:
    """A row for each label of texts, given by the index of the labels."""
    texts = dated.loc[labels.index]
    return pd.DataFrame(
        {
            TIME: texts[TIME].dt.tz_convert(None).to_numpy(),
            "task": task,
            "label": labels.to_numpy(),
            "from": how,
            "what": texts[TEXT].to_numpy(),
        }
    )


def _acts(dataset: Dataset, acts: pd.DataFrame) -> pd.DataFrame:
    """The same of dated acts, whose labels are whether the thing is liked."""
    dated = acts[acts[TIME].notna()]
    titles = dataset.items.set_index(ITEM)[TITLE]
    return pd.DataFrame(
        {
            TIME: dated[TIME].dt.tz_convert(None).to_numpy(),
            "task": ACTS,
            "label": dated[LIKED].map({True: "things they liked", False: "other acts"}).to_numpy(),
            "from": "",
            "what": titles.reindex(dated[ITEM]).fillna("").to_numpy(),
        }
    )


def _moved(people: People, chosen: str, written: pd.DataFrame, acts: pd.DataFrame) -> None:
    """How near the profile of each day was to today's."""
    things = acts.groupby(ITEM)[TIME].min().combine_first(written.groupby(ITEM)[TIME].min())
    near = people.moved(chosen, written[TIME], things)
    if len(near) < 2:
        return
    st.markdown("**How the profile became what it is**", help=MOVED_HELP)
    chart = go.Figure()
    chart.add_scatter(
        x=near.index,
        y=near,
        mode="lines+markers",
        line={"shape": "hv", "width": 2, "color": charts.FOUND},
        marker={"size": 6, "color": charts.FOUND},
        hovertemplate="%{x|%Y-%m-%d}: %{y:.2f}<extra></extra>",
    )
    charts.layout(chart, height=240)
    chart.update_yaxes(title="like today's", range=[min(0.0, near.min()) - 0.03, 1.05])
    left_it = near[near < NEARLY]
    since = near.index[0] if left_it.empty else near.index[near.index > left_it.index[-1]][0]
    charts.show(
        chart,
        f"How like today's profile the one of each day was. Since {since:%Y-%m-%d} it has been "
        f"like today's by {NEARLY:g} or more.",
        pd.DataFrame({"day": near.index, "like today's": near.to_numpy()}),
        key="moved",
    )
