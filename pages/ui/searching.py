"""A search as it goes on: how far it is, and the ways to end it, go on, or delete it."""

from __future__ import annotations

import streamlit as st

from mtrec.runs.estimate import roughly
from mtrec.runs.progress import read_progress
from mtrec.runs.store import QUEUED, RunInfo
from mtrec.search import worker
from mtrec.search.store import UNDER_WAY, Search, Searches
from mtrec.wording import many
from pages.ui import loaded, shell, state, trials
from pages.ui.text import ago, plain

MOST = 500  # trials; the command line may ask for more
FURTHER = 10  # trials that a search with all of its own goes on for
POPOVER = 320  # pixels


@st.cache_resource(max_entries=2)
def _searches(root: str) -> Searches:
    return Searches(loaded.workspace())


def searches() -> Searches:
    """The searches of the workspace, opened once."""
    return _searches(str(loaded.workspace().root))


def watch(name: str) -> None:
    """Draws a search, again every two seconds while somebody works on it."""
    before = searches().get(name).is_worked_on()

    @st.fragment(run_every=state.TICK if before else None)
    def look() -> None:
        with shell.guard():
            search = searches().get(name)
            if search.is_worked_on() is not before:
                st.rerun()
            _draw(search, before)

    look()


def _draw(search: Search, at_work: bool) -> None:
    st.subheader(plain(search.name))
    if at_work:
        _progress(search)
    else:
        told = f"{search.done} of {many(search.asked, 'trial')} done"
        st.markdown(f"{told} · begun {ago(search.created)}")
        if search.said:
            st.error(plain(search.said), icon=":material/error:")
    _ways(search, at_work)
    trials.draw(search, at_work)


def _progress(search: Search) -> None:
    left = search.seconds_left()
    when = "" if left is None else f" · about {roughly(left)} to go"
    share = min(1.0, search.done / max(1, search.asked))
    st.progress(share, f"{search.done} of {many(search.asked, 'trial')} done{when}")
    trial = next((each for each in search.trials if each.state == UNDER_WAY), None)
    run = next((each for each in loaded.runs() if trial and each.run == trial.run), None)
    st.caption(
        f"{_now(run)} It goes on without this page.",
        help="Every trial is a training as the page Train starts them. Trainings that lag behind "
        "are ended early, and only the best are kept.",
    )


def _now(run: RunInfo | None) -> str:
    if run is None:
        return "The next training begins."
    if run.status == QUEUED:
        return "Waiting for another training to end."
    seen = read_progress(loaded.store().folder(run.run))
    return f"Now: {plain(seen.phase)}, {seen.share:.0%}." if seen.phase else "A training begins."


def _ways(search: Search, at_work: bool) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if at_work:
            asked = search.live.stop.exists()
            st.button(
                "Stop",
                key="stop-search",
                icon=":material/stop:",
                disabled=asked,
                on_click=_stop,
                args=(search,),
                help="Ends it within seconds. What was found is kept, and it can go on later; the "
                "training that is under way then goes on, too.",
            )
            if asked:
                st.caption("It was asked to stop and does so within seconds.")
            return
        further = search.asked if search.asked > search.done else search.done + FURTHER
        more = st.number_input(
            "Trials in all",
            min_value=search.done + 1,
            max_value=max(MOST, further),
            value=further,
            key=f"more-{search.name}-{search.done}",
            width=160,
            help="How many trials the search is to have when it is done.",
        )
        st.button(
            "Go on",
            key="continue-search",
            icon=":material/play_arrow:",
            on_click=_go_on,
            args=(search, int(more)),
            help="Goes on until it has so many trials, with what it has learned so far.",
        )
        with st.popover(
            "Delete",
            icon=":material/delete:",
            key=f"delete-search-{search.name}",
            help="Forgets this search.",
        ):
            st.markdown(
                f"This forgets **{plain(search.name, 40)}** and what its trials came to. The "
                "trainings that it kept stay.",
                width=POPOVER,
            )
            st.button(
                "Forget it",
                key=f"forget-{search.name}",
                on_click=_delete,
                args=(search,),
                help="There is no way back.",
            )


def _stop(search: Search) -> None:
    with shell.guard():
        search.live.root.mkdir(parents=True, exist_ok=True)
        search.live.stop.touch()


def _go_on(search: Search, more: int) -> None:
    with shell.guard():
        worker.begin(loaded.store(), search, more)


def _delete(search: Search) -> None:
    with shell.guard():
        searches().delete(search.name)
