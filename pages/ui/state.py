"""Every session key and URL binding: what is chosen, kept in the URL and valid on every page.

The sidebar's pickers and the pages' own are bound to the URL. A choice that is gone (a deleted run,
an old link) falls back to the newest one, and the page says so; nothing a page needs lives in the
session alone.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import NoReturn

import streamlit as st
from streamlit.errors import StreamlitAPIException
from streamlit.runtime.scriptrunner import get_script_run_ctx

from mtrec.data.dataset import DatasetSummary, list_datasets
from mtrec.runs.store import FINISHED, RunInfo
from pages.ui import hiding, loaded
from pages.ui.text import plain, shortened

# In the URL.
DATASET = "dataset"  # a name for its newest version, or name@version
RUN = "run"  # as `run_label` writes it
TASK = "task"
PERSON = "person"
VIEW = "view"  # of the page Data
UPLOAD = "upload"  # the folder of files dropped on the Data page
PART = "part"  # of the data: test or validation
TAB = "tab"  # of the page Report
LABELS = "Labels"  # the tab at which a task is opened
SIDE = "side"  # of the page Recommendations
LOOK = "look"  # at somebody or everybody, of the page People
PROFILE = "Profile"  # the look that links to a person open: the first, which no URL has to name

PRESENTATION = "presentation"  # the switch, in the session and in the workspace

# In the session: what came of the page Train.
BEGUN = "begun"  # how many trainings this visit started
PRESSED = "pressed"  # the dataset of the form whose button was pressed

# In the session: what the page's title is followed by.
NOTES = "notes"

# In the session: what is selected in a table, for when somebody comes back to the page.
CELL = "cell"  # of a task's confusion matrix
TEXT = "text"  # the record whose text is read

# In the session, before the key of a control.
NEXT = "next-"  # what a page asked for, to be taken up before the control is drawn again
LAST = "last-"  # what it held when its page was left, for when somebody comes back

ID_SHOWN = 8  # digits of a run's id
LONGEST_LABEL = 16  # characters of a run's name that the sidebar has room for
TICK = 2.0  # seconds between two looks at a training that is going on


def choose(**choices: str | None) -> NoReturn:
    """Makes choices (`run=`, `dataset=`, …) and draws the page again with them."""
    wish(**choices)
    st.rerun()


def wish(**choices: str | None) -> None:
    """Makes choices that hold from the next drawing on; for callbacks."""
    for key, value in choices.items():
        st.session_state[NEXT + key] = value


def press(dataset: str) -> None:
    """Keeps for which dataset a training was asked for; for callbacks."""
    st.session_state[PRESSED] = dataset


def pressed() -> str | None:
    """The dataset that a training was asked for since the last drawing, if any."""
    return st.session_state.pop(PRESSED, None)


def run_label(run: RunInfo) -> str:
    """What the run picker and the URL call a run; unique, since it holds the start of its id."""
    return f"{shortened(run.name, LONGEST_LABEL)} · {run.run[:ID_SHOWN]}"


def pickers() -> None:
    """The sidebar: a dataset and one of its runs."""
    datasets = list_datasets(loaded.workspace())
    known = {ref(each, datasets): each for each in datasets}
    every_run = loaded.runs()
    linked = _linked_run(every_run, known)
    newest = linked or next(iter(known), None)
    gone = missed(DATASET, list(known))
    with st.sidebar:
        chosen = pick(
            DATASET,
            "Dataset",
            list(known),
            newest,
            help="The data that the pages show and that a new training learns from.",
            placeholder="None yet: import one",
        )
        if gone:
            note(not_found(f"dataset {called(gone)}", chosen))
        theirs = [run for run in every_run if chosen and run.dataset == known[chosen].name]
        _follow_renamed(theirs)
        lost = None if gone else _missed_run(theirs, every_run)  # the dataset's word is enough
        finished = [run for run in theirs if run.status == FINISHED]
        shown = pick(
            RUN,
            "Training run",
            [run_label(run) for run in theirs],
            next((run_label(run) for run in finished or theirs), None),
            help="One training of this dataset. Report and People show what it learned.",
            placeholder="None yet: start one",
        )
        if lost:
            note(not_found(f"training {called(lost)} on {plain(chosen)}", shown))
        _presentation()
    _follow_names(next((run for run in theirs if run_label(run) == st.session_state[RUN]), None))


def _presentation() -> None:
    """The switch that hides people and texts, which every window of the workspace follows."""
    st.session_state[PRESENTATION] = loaded.presenting()
    st.toggle(
        "Presentation",
        key=PRESENTATION,
        on_change=lambda: hiding.switch(loaded.workspace(), st.session_state[PRESENTATION]),
        help="For showing this to others: people get names such as Person 07 and texts become "
        "dots, on every page, in addresses and in downloads. Figures stay as they are, and so do "
        "the names of items and labels. It stays on in every window until you switch it off.",
    )


def _follow_names(run: RunInfo | None) -> None:
    """Calls a chosen person what pages call people now, also where an old link says otherwise.

    A control drawn first reads its link as it was when the drawing began, and would drop an old
    one; so the drawing begins anew.
    """
    places = [st.query_params, st.session_state]
    held = [(place, key) for key in (PERSON, NEXT + PERSON, LAST + PERSON) for place in places]
    held = [(place, key) for place, key in held if place.get(key)]
    if not held or not hiding.secret_of(loaded.workspace()):
        return
    on, known = loaded.presenting(), run and loaded.pseudonyms(run.key)
    for place, key in held:
        person = place[key]
        name = known and (known.shown(person) if on else known.known(person))
        with suppress(StreamlitAPIException):  # where a control has the URL, it takes what it holds
            if name and name != person:
                place[key] = name
                if place is st.query_params:
                    st.rerun()
            elif not name and on:
                del place[key]
                if place is st.query_params and PERSON not in st.session_state:
                    note(f"There is no person {called(person)} in this data.")


def pick(
    key: str,
    label: str,
    options: Sequence[str],
    preferred: str | None,
    *,
    help: str,
    placeholder: str | None = None,
) -> str:
    """A select box whose choice stands in the URL under `key`; empty where there are no options.

    Args:
        preferred: what is chosen until somebody chooses. None is the first option, of which the URL
            says nothing, so that a visit to a page adds nothing to the browser's history.
    """
    settle(key, options, preferred)
    chosen = st.selectbox(
        label,
        options,
        index=0 if preferred is None and options else None,
        key=key,
        help=help,
        placeholder=placeholder,
        disabled=not options,
        bind="query-params",
    )
    return chosen or ""


def missed(key: str, options: Sequence[str]) -> str | None:
    """What a control was to hold and can't, by what it held or a link; asked before it is drawn.

    None where what it held is given up by `choose` or `wish`.
    """
    asked = st.session_state.get(key) if key in st.session_state else st.query_params.get(key)
    return asked if asked and asked not in options and NEXT + key not in st.session_state else None


def called(name: str) -> str:
    """What an address calls something, as Markdown: in presentation mode it may be an id."""
    return "of that name" if loaded.presenting() else plain(name)


def not_found(what: str, instead: str) -> str:
    """That something is not there, and what is shown in its place, if anything; as Markdown."""
    shown = f" Shown is {plain(instead)}." if instead else ""
    return f"There is no {what}: it may have been renamed or deleted.{shown}"


def note(words: str) -> None:
    """Has a sentence said below the page's title."""
    st.session_state[NOTES] = [*st.session_state.get(NOTES, []), words]


def notes() -> list[str]:
    """The sentences to be said there, once each."""
    return st.session_state.pop(NOTES, [])


def settle(key: str, options: Sequence[str], preferred: str | None) -> None:
    """Readies a control that is bound to the URL, so that what it holds is one of its options.

    What `choose` asked for comes first, then what it holds, then what the URL says, then what it
    held when its page was left, then `preferred`, then the first option.
    """
    wanted = st.session_state.pop(NEXT + key, None)
    before = st.session_state.get(key)
    last = st.session_state.get(LAST + key)
    holds = wanted or before or st.query_params.get(key) or last
    first = next(iter(options), None)
    if holds not in options:
        holds = preferred if preferred in options else first
    st.session_state[LAST + key] = holds
    is_said = key in st.query_params or holds is None or (preferred is None and holds == first)
    if not is_said and _came_back():
        _complete(key, holds)
    if holds == before:
        return
    if not is_said and key not in st.session_state:
        st.query_params[key] = holds
    st.session_state[key] = holds


def forget(key: str) -> None:
    """Lets go of what a control held when its page was left."""
    st.session_state.pop(LAST + key, None)


def _came_back() -> bool:
    """Whether this drawing follows the browser's back or forward button."""
    context = get_script_run_ctx()
    return context is not None and context.is_history_navigation


def _complete(key: str, holds: str) -> NoReturn:
    """Draws the page again with a choice that an entry of the browser's history lacks.

    Streamlit resets the controls that an entry says nothing of. And before it follows a link that
    names a person, it makes an entry of the page left, with what the link says in place of what
    was chosen there.
    """
    with suppress(StreamlitAPIException):  # where the page is the same, its control has the URL
        st.query_params[key] = holds
    choose(**{key: holds})


def held(key: str) -> str | None:
    """A choice without a control of its own, from the URL or, after a change of page, kept."""
    value = st.query_params.get(key) or st.session_state.get(key)
    if value is not None and st.query_params.get(key) != value:
        st.query_params[key] = value
    return value


def hold(key: str, value: str | None) -> None:
    """Keeps such a choice in the URL and the session; None forgets it."""
    st.session_state[key] = value
    if value is not None:
        st.query_params[key] = value
    elif key in st.query_params:
        del st.query_params[key]


def ref(dataset: DatasetSummary, known: Sequence[DatasetSummary]) -> str:
    """`name` for the newest version of a dataset, `name@version` for an older one."""
    newest = next(each for each in known if each.name == dataset.name)
    return dataset.name if newest.version == dataset.version else dataset.key


def dataset() -> DatasetSummary | None:
    """The chosen dataset, without its tables; None where none was imported."""
    known = list_datasets(loaded.workspace())
    chosen = st.session_state.get(DATASET)
    found = next((each for each in known if ref(each, known) == chosen), None)
    if found is None or not loaded.presenting():
        return found
    return replace(found, warnings=[hiding.unnamed(each) for each in found.warnings])


def run() -> RunInfo | None:
    """The chosen run; None where the chosen dataset has none."""
    chosen = st.session_state.get(RUN)
    return next((each for each in loaded.runs() if run_label(each) == chosen), None)


def _linked_run(runs: Sequence[RunInfo], known: Collection[str]) -> str | None:
    """The dataset of the run that a link names without naming a dataset that is there."""
    if DATASET in st.session_state or st.query_params.get(DATASET) in known:
        return None
    linked = st.query_params.get(RUN)
    return next(
        (each.dataset for each in runs if linked and _id(run_label(each)) == _id(linked)), None
    )


def _follow_renamed(runs: Sequence[RunInfo]) -> None:
    """Holds on to a run that a link or an earlier choice calls what it was called before.

    For a link the page is drawn again, since a control takes no name from the URL that was put
    there while the page was drawn.
    """
    labels = [run_label(each) for each in runs]
    before = missed(RUN, labels)
    same = next((each for each in labels if before and _id(each) == _id(before)), None)
    if same is None:
        return
    if RUN in st.session_state:
        wish(run=same)
    else:
        st.query_params[RUN] = same
        st.rerun()


def _missed_run(runs: Sequence[RunInfo], every_run: Sequence[RunInfo]) -> str | None:
    """A run that is gone, rather than left behind with another dataset."""
    gone = missed(RUN, [run_label(each) for each in runs])
    known = [_id(run_label(each)) for each in every_run] if RUN in st.session_state else []
    return None if gone is None or _id(gone) in known else gone


def _id(label: str) -> str:
    """The start of the run's id: at the end of its label, or of the id itself."""
    return label.rpartition(" · ")[2][:ID_SHOWN]
