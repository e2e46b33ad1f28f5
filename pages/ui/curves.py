"""How well a label is told apart whatever its threshold, and what another would change."""

from __future__ import annotations

from dataclasses import astuple, dataclass

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from mtrec.errors import InputError
from mtrec.reports.classification import PREDICTED, TRUTH, load_predictions
from mtrec.reports.curves import (
    F1,
    GIVEN,
    LABEL,
    OVERALL,
    PRECISION,
    RECALL,
    SUPPORT,
    THRESHOLD,
    Flags,
    Samples,
    Scores,
    average_precision,
    carries,
    gained,
    given_from,
    precision_recall,
    resampled,
    scores,
    thinned,
)
from mtrec.reports.mixups import FEWEST
from mtrec.reports.shares import load_shares, load_thresholds
from mtrec.runs.store import MODEL, RunInfo
from mtrec.schema import RECORD, TEST, USER, Estimate
from mtrec.tasks import TASK_TYPES
from mtrec.tasks.base import Floats, Unit
from mtrec.wording import many, number
from pages.ui import charts, loaded, shell, state
from pages.ui.text import INTERVAL_HELP, plain
from pages.ui.words import SPLITS, metric

CHOSEN = "curve-label"  # key, and in the URL
MOVED = "moved-thresholds"  # in the session: by run and task, by label, in percent
STEP = 0.5  # of the slider, in percent
NOW, YOURS, CHANCE = "as the model stands", "at your threshold", "given by chance"
NAME = 60  # characters of a label in a sentence
SYMBOLS = {NOW: "star", YOURS: "diamond"}
OWN, MARK = "own", "moved"  # columns: the model's own threshold, whether it was moved
FIGURES = {PRECISION: "Right when given", RECALL: "Found", F1: "F1"}
APART_HELP = (
    "A model says how likely each label is. From how likely on it is given is a choice: the later, "
    "the more often it is right when given (precision), and the less of it is found (recall). The "
    "curve shows every choice, so it tells how well the label is told apart at all."
)
AVERAGE_HELP = (
    "Average precision: the mean of how often the label is right when given, over how much of it "
    f"is found. 1 is perfect; chance gets the share of texts that carry it. {INTERVAL_HELP}"
)
CHANGE_HELP = (
    "Both are judged on the same texts, so a smaller change can be told from noise than by laying "
    f"two intervals side by side. {INTERVAL_HELP}"
)


@dataclass(frozen=True)
class Subject:
    """What is looked at: a task of a run on one split.

    Attributes:
        key: of the run's dataset.
        kind: the task's type.
    """

    run: str
    key: str
    task: str
    split: str
    kind: str
    labels: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Judged:
    """The N labelled texts of a task that got an answer, with L labels.

    Attributes:
        shares: how likely the model takes each label to be, `(N, L)`.
        carried, given: which labels each text truly carries, and which the model says, `(N, L)`.
        writers: who wrote each, `(N,)`.
        unanswered: how many others with a label got no answer.
        thresholds: from which share on the model gives each label, `(L,)`; empty where it weighs
            them against each other.
    """

    shares: Floats
    carried: Flags
    given: Flags
    writers: list[str | None]
    unanswered: int
    thresholds: tuple[float, ...]


@st.cache_data(max_entries=6, show_spinner="Reading how likely each label is…")
def judged(subject: Subject) -> Judged:
    """What a run says of one task on one split.

    Raises:
        InputError: the run was made before shares were kept.
    """
    run, key, task, split, kind, labels = astuple(subject)
    folder, task_type = loaded.store().fetch(run), TASK_TYPES[kind]
    labelled = load_predictions(folder, split, task).dropna(subset=[TRUTH])
    answered = labelled.dropna(subset=[PREDICTED])
    shares = load_shares(folder, split, task).loc[answered[RECORD], list(labels)]
    return Judged(
        shares=shares.to_numpy(np.float32),
        carried=carries(answered[TRUTH], labels, task_type),
        given=carries(answered[PREDICTED], labels, task_type),
        writers=loaded.whole_dataset(key).records.loc[answered[RECORD], USER].tolist(),
        unanswered=len(labelled) - len(answered),
        thresholds=load_thresholds(folder / MODEL, task) if task_type.several else (),
    )


@st.cache_resource(max_entries=2, show_spinner="Drawing samples…")
def samples(subject: Subject) -> Samples:
    """Bootstrap samples of the same texts; they must not be changed."""
    return resampled(judged(subject).writers)


@st.cache_data(max_entries=256, show_spinner="Measuring how well it is told apart…")
def apart(subject: Subject, place: int) -> Estimate:
    """Average precision of the label at a place among the labels."""
    said = judged(subject)
    return average_precision(said.shares[:, place], said.carried[:, place], samples(subject))


def draw(run: RunInfo, task: str, split: str, kind: str, labels: list[str]) -> None:
    """The curve of a chosen label and, where labels have thresholds, what others would change.

    Args:
        kind: the task's type.
        labels: of the task, in its order.
    """
    st.markdown("**How well one label is told apart**", help=APART_HELP)
    subject = Subject(run.run, run.key, task, split, kind, tuple(labels))
    try:
        said = judged(subject)
    except InputError as error:
        st.markdown(plain(f"{error.message}. Fix: {error.fix}."))
        return
    if not len(said.shares):
        st.markdown("No text of this part has both a label and an answer.")
        return
    if said.unanswered:
        st.caption(
            f"{many(said.unanswered, 'text')} with a label got no answer at all, and "
            f"{'is' if said.unanswered == 1 else 'are'} left out here."
        )
    _one_label(subject)


@st.fragment
def _one_label(subject: Subject) -> None:
    """What is drawn anew when a label is chosen or a threshold moved."""
    said, labels = judged(subject), subject.labels
    own = scores(said.given, said.carried, labels)
    label = state.pick(
        CHOSEN,
        "Label to look at",
        _worst_first(own.labels),
        None,
        help="The label whose curve is drawn. The one with the lowest F1 comes first; those that "
        f"fewer than {FEWEST} texts carry come last.",
    )
    place = labels.index(label)
    cases = int(own.labels[SUPPORT][place])
    enough = cases >= FEWEST
    if enough:
        _how_well(said, place, label, apart(subject, place))
    else:
        st.markdown(
            f"{_carrying(cases)} *{plain(label, NAME)}*: too few to tell how well it is told "
            f"apart, which takes {FEWEST}."
        )
    if not said.thresholds:
        if enough:
            _curve(subject, said, place, said.given)
        return
    if enough:
        _slider(subject, label, said.thresholds[place])
    given, moved = said.given, _moved(subject)
    if moved:
        thresholds = _present(subject, said)
        given = given_from(said.shares, labels, thresholds, TASK_TYPES[subject.kind])
    yours = scores(given, said.carried, labels)
    if enough:
        if moved:
            changes = gained(said.given, given, said.carried, place, samples(subject))
            _effect(own, yours, changes, place, len(moved))
        _curve(subject, said, place, given)
    _caution(subject.split)
    _every_label(subject, said, yours)


def _worst_first(table: pd.DataFrame) -> list[str]:
    """Labels by F1, the lowest first, those that too few texts carry last."""
    rare = (table[SUPPORT] < FEWEST).to_numpy()
    order = np.lexsort((table[F1].to_numpy(), rare))
    return [str(label) for label in table[LABEL].iloc[order]]


def _carrying(cases: int) -> str:
    if not cases:
        return "No text of this part carries"
    return f"Only {many(cases, 'text')} of this part {'carries' if cases == 1 else 'carry'}"


def _how_well(said: Judged, place: int, label: str, average: Estimate) -> None:
    """Average precision in words, beside what chance gets."""
    carried = said.carried[:, place]
    st.markdown(
        f"How well this label is told apart whatever the threshold: **{average.value:.2f}** of 1 "
        f"({_range(average)}). Giving *{plain(label, NAME)}* by chance would get "
        f"{carried.mean():.2f}, since {number(carried.sum())} of {many(len(carried), 'text')} "
        "carry it.",
        help=AVERAGE_HELP,
    )


def _curve(subject: Subject, said: Judged, place: int, given: Flags) -> None:
    """The curve, where the model stands on it, and where it would stand."""
    carried = said.carried[:, place]
    curve = thinned(precision_recall(said.shares[:, place], carried))
    marks = {NOW: said.given[:, place]}
    if (given[:, place] != said.given[:, place]).any():
        marks[YOURS] = given[:, place]
    points = {name: _point(each, carried) for name, each in marks.items() if each.any()}
    task_type = TASK_TYPES[subject.kind]
    caption = (
        "Each point of the line is one choice of how likely the label must be to be given: further "
        "right more of it is found, further up it is more often right when given. A line that "
        "stays near the top is a label told apart well; on the dotted line nothing is told apart. "
    )
    caption += (
        "The star is where the model stands now."
        if NOW in points
        else "The model never gives this label on this part, so it has no point."
    )
    if YOURS in points:
        caption += " The diamond is where it stands with the threshold you chose."
    if not task_type.several:
        caption += (
            " The model weighs the labels against each other rather than by a threshold, so the "
            "star may lie beside the line."
        )
    if task_type.unit is Unit.WORDS:
        caption += (
            " Here a text counts as found if it is said to name such a thing at all, whichever of "
            "its words it is."
        )
    table = pd.DataFrame(
        {
            "given from (%)": (100 * curve[THRESHOLD]).round(1),
            "right when given (%)": (100 * curve[PRECISION]).round(1),
            "found (%)": (100 * curve[RECALL]).round(1),
            "texts given it": curve[GIVEN],
        }
    )
    charts.show(_drawn(curve, points, carried.mean()), caption, table, key="precision-recall")


def _point(given: Flags, carried: Flags) -> tuple[float, float]:
    """Recall and precision of what is given; something is, and something is true."""
    hits = float((given & carried).sum())
    return hits / float(carried.sum()), hits / float(given.sum())


def _drawn(curve: pd.DataFrame, points: dict[str, tuple[float, float]], chance: float) -> go.Figure:
    """Precision over recall as steps, with marks.

    Args:
        points: recall and precision of each mark, by what it is called.
        chance: the share of texts that carry the label.
    """
    chart = go.Figure()
    chart.add_scatter(
        x=[0, *curve[RECALL]],
        y=[curve[PRECISION].iloc[0], *curve[PRECISION]],
        customdata=[curve[THRESHOLD].iloc[0], *curve[THRESHOLD]],
        name="every threshold",
        mode="lines",
        line={"width": 2, "shape": "vh"},
        hovertemplate="given from %{customdata:.1%} on: right in %{y:.0%}, finds %{x:.0%}"
        "<extra></extra>",
    )
    chart.add_scatter(
        x=[0, 1],
        y=[chance, chance],
        name=CHANCE,
        mode="lines",
        line={"dash": "dot", "width": 1.5, "color": charts.NEUTRAL},
        hoverinfo="skip",
    )
    for name, (recall, precision) in points.items():
        chart.add_scatter(
            x=[recall],
            y=[precision],
            name=name,
            mode="markers",
            marker={"symbol": SYMBOLS[name], "size": 16, "line": {"width": 1}},
            hovertemplate="right in %{y:.0%}, finds %{x:.0%}<extra></extra>",
        )
    chart.update_layout(
        height=380,
        margin={"l": 0, "r": 16, "t": 28, "b": 0},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "title": ""},
        hovermode="closest",
    )
    chart.update_xaxes(
        title="how much of it is found (recall)",
        tickformat=".0%",
        range=[-0.01, 1.02],
        automargin=True,
    )
    chart.update_yaxes(
        title="how often it is right when given (precision)",
        tickformat=".0%",
        range=[0, 1.03],
        automargin=True,
    )
    return chart


def _moved(subject: Subject) -> dict[str, float]:
    """The thresholds that were moved away from the model's own, by label, in percent."""
    every: dict[tuple[str, str], dict[str, float]] = st.session_state.setdefault(MOVED, {})
    return every.setdefault((subject.run, subject.task), {})


def _present(subject: Subject, said: Judged) -> list[float]:
    """The thresholds as they are now, shares of 1."""
    moved = _moved(subject)
    return [
        moved[label] / 100 if label in moved else own
        for label, own in zip(subject.labels, said.thresholds, strict=True)
    ]


def _on_slider(threshold: float) -> float:
    """The model's own threshold as near as the slider can show it, in percent."""
    return round(100 * threshold / STEP) * STEP


def _slider(subject: Subject, label: str, own: float) -> None:
    """From how likely on the label is given."""
    key = _key(subject, label)
    if key not in st.session_state:
        st.session_state[key] = _moved(subject).get(label, _on_slider(own))
    left, right = st.columns([4, 1], vertical_alignment="bottom")
    with left:
        st.slider(
            f"From how likely on is *{plain(label, NAME)}* given?",
            0.0,
            100.0,
            step=STEP,
            format="%.1f %%",
            key=key,
            on_change=_keep,
            args=(subject, label, own),
            help="Further right it is given only where the model is surer: more often rightly, but "
            f"less of it is found. The model's own is {100 * own:.1f} %. It changes what is shown "
            "here, and nothing of the training.",
        )
    with right:
        st.button(
            "Reset all",
            key=f"reset-{subject.run}-{subject.task}",
            on_click=_reset,
            args=(subject, label, own),
            disabled=not _moved(subject),
            icon=":material/restart_alt:",
            help="Puts every label of this task back to the model's own threshold.",
        )


def _key(subject: Subject, label: str) -> str:
    return f"threshold-{subject.run}-{subject.task}-{label}"


def _keep(subject: Subject, label: str, own: float) -> None:
    """Keeps where the slider was moved, also while another label is looked at."""
    chosen, moved = st.session_state[_key(subject, label)], _moved(subject)
    moved.pop(label, None)
    if chosen != _on_slider(own):
        moved[label] = chosen


def _reset(subject: Subject, label: str, own: float) -> None:
    _moved(subject).clear()
    st.session_state[_key(subject, label)] = _on_slider(own)


def _effect(
    own: Scores, yours: Scores, changes: dict[str, Estimate], place: int, moved: int
) -> None:
    """What the thresholds change, in words and as before and after."""
    before, after = ({**_overall(each), **each.labels.iloc[place]} for each in (own, yours))
    label = before[LABEL]
    names = {each: f"{words} ({plain(label, NAME)})" for each, words in FIGURES.items()}
    names |= {each: metric(each) for each in OVERALL}
    others = (
        ""
        if moved == 1
        else f" {metric(OVERALL[0])} and {metric(OVERALL[1])} hold all "
        f"{moved} thresholds that were moved."
    )
    st.markdown(
        "\n".join(
            f"- **{words}**: {before[name]:.3f} → **{after[name]:.3f}**, {_told(changes[name])}"
            for name, words in names.items()
        ),
        help=CHANGE_HELP,
    )
    st.caption(f"Before is the model's own threshold, after is yours.{others}")


def _overall(each: Scores) -> dict[str, float]:
    return dict(zip(OVERALL, (each.macro_f1, each.micro_f1), strict=True))


def _told(change: Estimate) -> str:
    """A change, and whether it is more than noise."""
    if change.low is None or change.high is None:
        return "too few texts differ to tell it from noise" if change.value else "no change"
    sure = change.low > 0 or change.high < 0
    verdict = "more than noise" if sure else "no more than noise"
    return f"{change.value:+z.3f} ({_range(change, '+z.3f')}), {verdict}"


def _caution(split: str) -> None:
    """Where thresholds may be chosen, and where they may only be judged."""
    if split == TEST:
        st.caption(
            ":material/warning: Thresholds that are set by looking at the test part make its "
            "figures look better than they are. Choose them on the validation part, and read here "
            "how they turn out; they stay as you set them when you change the part."
        )
    else:
        st.caption(
            f"The {SPLITS[split]} part is where to choose thresholds. The model's own were set "
            "here for the best F1 of each label, so F1 can hardly rise here: move one where being "
            "right matters more to you than finding all, or the other way round, and then look at "
            "how it turns out on the test part."
        )


def _every_label(subject: Subject, said: Judged, yours: Scores) -> None:
    """Every label at the thresholds as they are now, those that were moved marked."""
    task, moved = subject.task, _moved(subject)
    table = yours.labels.assign(
        **{
            THRESHOLD: 100 * np.asarray(_present(subject, said)),
            OWN: 100 * np.asarray(said.thresholds),
            MARK: ["moved" if label in moved else "" for label in yours.labels[LABEL]],
        }
    )
    table = table.set_index(LABEL).loc[_worst_first(table)].reset_index()
    rare = table[SUPPORT] < FEWEST
    shown = table.assign(**{column: table[column].mask(rare) for column in (PRECISION, RECALL, F1)})
    st.markdown(
        f"**All labels at these thresholds**: {metric(OVERALL[0])} {yours.macro_f1:.3f}, "
        f"{metric(OVERALL[1])} {yours.micro_f1:.3f}"
    )
    st.dataframe(
        shown,
        hide_index=True,
        placeholder="too few",
        key=f"thresholds-{task}",
        alt=f"Labels of {task} at the thresholds chosen",
        column_order=[
            *(LABEL, THRESHOLD, OWN),
            *([MARK] if moved else []),
            *(PRECISION, RECALL, F1, SUPPORT),
        ],
        column_config={
            LABEL: st.column_config.TextColumn("label"),
            THRESHOLD: st.column_config.NumberColumn(
                "given from", format="%.1f %%", help="From how likely on the label is given."
            ),
            OWN: st.column_config.NumberColumn(
                "model's own", format="%.1f %%", help="The threshold that the training set."
            ),
            MARK: st.column_config.TextColumn("", help="Which thresholds you moved."),
            PRECISION: st.column_config.NumberColumn(
                format="%.3f", help="Of the texts given this label, the share that truly carry it."
            ),
            RECALL: st.column_config.NumberColumn(
                format="%.3f", help="Of the texts that carry this label, the share that got it."
            ),
            F1: st.column_config.NumberColumn(
                "F1", format="%.3f", help="Balances precision and recall. 1 is perfect."
            ),
            SUPPORT: st.column_config.NumberColumn("cases", help="How often it truly stands."),
        },
    )
    if rare.any():
        st.caption(f"Labels with fewer than {FEWEST} cases have too few for figures.")
    shell.download(table, f"thresholds-{task}", f"thresholds-csv-{task}")


def _range(figure: Estimate, form: str = ".2f") -> str:
    if figure.low is None or figure.high is None:
        return "no interval"
    return f"95\u00a0% interval {figure.low:{form}} to {figure.high:{form}}"
