"""What the trials of a search came to: the best, pictures of all, and their table."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from mtrec.config import RunConfig
from mtrec.reports.classification import load_reports
from mtrec.reports.compare import settings_diff, title_of
from mtrec.runs.progress import duration
from mtrec.runs.store import RunInfo
from mtrec.schema import VAL
from mtrec.search.space import shown, with_values
from mtrec.search.store import ENDED_EARLY, FINISHED, Search, TrialInfo
from mtrec.tasks import TASK_TYPES
from mtrec.wording import many
from pages.ui import charts, loaded, shell, state
from pages.ui.text import plain
from pages.ui.words import metric

BEST, AS_SET, OTHER, EARLY = "best", "as set before", "other", "ended early"
SYMBOLS = {BEST: "star", AS_SET: "diamond", OTHER: "circle", EARLY: "x-thin-open"}
COLOURS = {
    BEST: charts.MARKED,
    AS_SET: charts.FOUND,
    OTHER: charts.NEUTRAL,
    EARLY: charts.NEUTRAL,
}
SIZES = {BEST: 16, AS_SET: 12, OTHER: 8, EARLY: 9}
MEAN = "mean"
FEW = 12  # trials that each get a tick
TOO_GOOD = (
    "All figures are on validation, and the best of many is also the luckiest: expect a little "
    "less on the test part, which no search looks at."
)
SHARES_HELP = (
    "How much of the difference between good and bad settings each one is behind, as far as the "
    "settings tried can tell (PED-ANOVA). What is low may be left as it is."
)


def draw(search: Search, at_work: bool) -> None:
    """Everything that is known of a search by now.

    Args:
        at_work: whether some process works on it.
    """
    trials = search.trials
    judged = [each for each in trials if each.values]
    if not judged:
        st.caption("The first figures come with the first training.")
        return
    best = [each for each in trials if each.best]
    if best:
        _best(search, best, trials)
    if len(judged) > 1:
        _over_time(search, judged)
    _lines(search, judged)
    _importance(search)
    _table(search, trials, at_work)


def _best(search: Search, best: Sequence[TrialInfo], trials: Sequence[TrialInfo]) -> None:
    """The best settings, what they gain, and where to go with them."""
    if len(search.plan.judge.names) > 1:
        st.markdown(
            f"**{many(len(best), 'training')} that no other beats at every task.** Their rows are "
            "marked in the table below, and their runs are kept."
        )
    else:
        told = _told(search, best[0])
        as_they_were = ", as it was set before" if best[0].as_set else ""
        st.markdown(f"**The best so far{as_they_were}:** {told}", help=TOO_GOOD)
    _against(search, [each for each in trials if each.as_set and not each.best] + [*best])
    for each in best[:3]:
        _ways_on(search, each, f" (trial {each.trial})" if len(best) > 1 else "")


def _told(search: Search, trial: TrialInfo) -> str:
    return ", ".join(
        f"{plain(title_of(search.plan.config, key))} {plain(shown(value))}"
        for key, value in trial.settings.items()
    )


def _against(search: Search, trials: Sequence[TrialInfo]) -> None:
    """Each task's figure of some trials, with its interval."""
    known = {run.run: run for run in loaded.runs()}
    rows = [
        {"trial": _name(each), **_figures(search, known[each.run])}
        for each in trials
        if each.run in known and each.state == FINISHED
    ]
    if rows:
        st.table(pd.DataFrame(rows), border="horizontal", hide_index=True)
        st.caption(
            "On validation, with 95 % intervals. Where they overlap a lot, the difference may be "
            "chance: the page Report compares two trainings text by text."
        )


def _figures(search: Search, run: RunInfo) -> dict[str, str]:
    reports = load_reports(loaded.store().fetch(run.run), VAL)
    told = {}
    for task, report in reports.items():
        name = TASK_TYPES[report["type"]].headline
        each = report["metrics"][name]
        interval = "" if each["low"] is None else f" ({each['low']:.3f} to {each['high']:.3f})"
        told[f"{task}: {metric(name)}"] = f"{each['value']:.3f}{interval}"
    return told


def _ways_on(search: Search, trial: TrialInfo, which: str) -> None:
    config = with_values(search.plan.config, trial.settings)
    differing = {
        key: shown(ours) for key, ours, _ in settings_diff(config, RunConfig()) if ours is not None
    }
    with st.container(horizontal=True):
        st.page_link(
            shell.TRAIN,
            label=f"Train with it{which}",
            icon=":material/arrow_forward:",
            query_params=differing,
            help="Opens the page Train with these settings.",
        )
        run = next((each for each in loaded.runs() if each.run == trial.run), None)
        if run is not None:
            st.page_link(
                shell.REPORT,
                label=f"Read its report{which}",
                icon=":material/lab_profile:",
                query_params={state.RUN: state.run_label(run), state.DATASET: run.dataset},
                help="The training that came to this is kept.",
            )


def _over_time(search: Search, trials: Sequence[TrialInfo]) -> None:
    """What each trial came to, in their order; with two figures or more, one over the other."""
    names = list(search.plan.judge.names)
    chart = go.Figure()
    several = len(names) > 1
    for kind in (OTHER, EARLY, AS_SET, BEST):
        places = [each for each in trials if _kind(each) == kind]
        if not places:
            continue
        chart.add_scatter(
            x=[each.values[names[0]] if several else each.trial for each in places],
            y=[each.values[names[1 if several else 0]] for each in places],
            mode="markers",
            name=kind,
            marker={"symbol": SYMBOLS[kind], "size": SIZES[kind], "color": COLOURS[kind]},
            hovertext=[charts.words(_hover(search, each), 400) for each in places],
            hoverinfo="text",
        )
    charts.layout(chart, 280, legend=True)
    titles = [charts.words(_figure(search, name)) for name in names]
    chart.update_xaxes(title=titles[0] if several else "trial")
    chart.update_yaxes(title=titles[1 if several else 0])
    if not several and len(trials) <= FEW:
        chart.update_xaxes(tickmode="linear", dtick=1)
    words = (
        "Each mark is a training: right and up is better."
        if several
        else "Each mark is a training: higher is better. A search should rise as it goes on; a "
        "cross was ended early, since it lagged behind the others."
    )
    st.plotly_chart(chart, key="trials-time", config={"displayModeBar": False}, alt=words)
    st.caption(words)


def _lines(search: Search, trials: Sequence[TrialInfo]) -> None:
    """Every trial as a line from setting to setting, and to what it came to."""
    st.markdown("**Which settings go with which result**")
    finished = [each for each in trials if each.state == FINISHED]
    keys = [key for key in search.plan.space if all(key in each.settings for each in finished)]
    if len(finished) < 2 or not keys:
        st.caption("It takes two finished trainings to draw this.")
        return
    columns = {
        title_of(search.plan.config, key): [each.settings[key] for each in finished] for key in keys
    }
    for name in search.plan.judge.names:
        columns[_figure(search, name)] = [each.values[name] for each in finished]
    heights = {name: _heights(values) for name, values in columns.items()}
    names = [f"{charts.words(name, 22)}<br>{_ends(columns[name])}" for name in heights]
    chart = go.Figure()
    for kind in (OTHER, AS_SET, BEST):
        first = True
        for place, each in enumerate(finished):
            if _kind(each) != kind:
                continue
            chart.add_scatter(
                x=names,
                y=[values[place] for values in heights.values()],
                mode="lines+markers",
                name=kind,
                legendgroup=kind,
                showlegend=first,
                opacity=0.4 if kind == OTHER else 1,
                line={
                    "width": 3 if kind == BEST else 1,
                    "color": COLOURS[kind],
                    "dash": "dot" if kind == OTHER else "solid",
                },
                marker={"symbol": SYMBOLS[kind], "size": SIZES[kind] - 2},
                hovertext=charts.words(_hover(search, each), 400),
                hoverinfo="text",
            )
            first = False
    charts.layout(chart, 320, legend=True)
    chart.update_yaxes(showticklabels=False, title="lowest to highest")
    words = (
        "Each line is a finished training. Where the best ones run together, that value matters."
    )
    st.plotly_chart(chart, key="trials-lines", config={"displayModeBar": False}, alt=words)
    st.caption(words)


def _heights(values: Sequence[object]) -> list[float]:
    """From 0, the lowest, to 1; by orders of magnitude where values lie far apart."""
    if not all(isinstance(each, int | float) for each in values):
        order = sorted(set(map(str, values)))
        return [order.index(str(each)) / max(1, len(order) - 1) for each in values]
    numbers = [float(str(each)) for each in values]
    low, high = min(numbers), max(numbers)
    if low > 0 and high / low >= 10:
        numbers = [math.log(each) for each in numbers]
        low, high = min(numbers), max(numbers)
    return [(each - low) / (high - low) if high > low else 0.5 for each in numbers]


def _ends(values: Sequence[object]) -> str:
    if all(isinstance(each, int | float) for each in values):
        numbers = [float(str(each)) for each in values]
        return f"{min(numbers):.3g} to {max(numbers):.3g}"
    return charts.words(", ".join(sorted(set(map(str, values)))), 22)


def _importance(search: Search) -> None:
    st.markdown("**What makes the difference**", help=SHARES_HELP)
    shares = search.importance()
    if not shares:
        st.caption(
            "With several results to judge by there is no single answer."
            if len(search.plan.judge.names) > 1
            else "It takes eight finished trainings, and more to be sure."
        )
        return
    table = pd.DataFrame(
        {
            "setting": [title_of(search.plan.config, key) for key in shares],
            "share": [100 * share for share in shares.values()],
        }
    )
    charts.show(
        charts.bars(table, "setting", "share", "share of the difference", "{:.0f} %"),
        "The share of the difference between results that each setting is behind.",
        table.round(1),
        key="trials-importance",
    )


def _table(search: Search, trials: Sequence[TrialInfo], at_work: bool) -> None:
    st.markdown("**All trials**")
    table = pd.DataFrame(
        [
            {
                "trial": each.trial,
                "": "★" if each.best else "as set" if each.as_set else None,
                **{
                    _figure(search, name): each.values.get(name) for name in search.plan.judge.names
                },
                "state": each.standing(at_work),
                **{
                    title_of(search.plan.config, key): shown(each.settings[key])
                    for key in search.plan.space
                    if key in each.settings
                },
                "took": duration(each.seconds) if each.seconds else None,
                "remark": each.reason or None,
            }
            for each in trials
        ]
    )
    figures = [_figure(search, name) for name in search.plan.judge.names]
    st.dataframe(
        table,
        hide_index=True,
        placeholder="",
        column_order=shell.filled(table, table.columns),
        column_config={
            "trial": st.column_config.NumberColumn(width=50, pinned=True),
            **{name: st.column_config.NumberColumn(format="%.3f") for name in figures},
        },
        key="trials-table",
        alt="Trials of the search",
    )
    shell.download(table, "trials", "trials-csv")


def _kind(trial: TrialInfo) -> str:
    if trial.best:
        return BEST
    if trial.state == ENDED_EARLY:
        return EARLY
    return AS_SET if trial.as_set else OTHER


def _name(trial: TrialInfo) -> str:
    told = [AS_SET] if trial.as_set else []
    return f"{trial.trial} ({', '.join([*([BEST] if trial.best else []), *told])})"


def _hover(search: Search, trial: TrialInfo) -> str:
    values = ", ".join(f"{_figure(search, name)} {v:.3f}" for name, v in trial.values.items())
    config = search.plan.config
    settings = ", ".join(
        f"{title_of(config, key)} {shown(value)}" for key, value in trial.settings.items()
    )
    return f"Trial {trial.trial}: {values}; {settings}"


def _figure(search: Search, name: str) -> str:
    return "mean over tasks" if name == MEAN else name
