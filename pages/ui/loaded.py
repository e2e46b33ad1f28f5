"""What pages read, opened once for every window: runs, data, people and models of the workspace.

In presentation mode data and people are given as others may see them, except where a name says
`whole`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

import streamlit as st

from mtrec.data.dataset import Dataset, load_dataset
from mtrec.recommend.people import People
from mtrec.recommend.stored import FOLDER
from mtrec.runs import launcher
from mtrec.runs.store import MODEL, NO_RECOMMENDATIONS, RunInfo, RunStore
from mtrec.workspace import Workspace
from pages.ui import hiding

if TYPE_CHECKING:
    from mtrec.models.encoder import Encoder
    from mtrec.models.multitask import MultiTaskModel
    from mtrec.recommend.profiles import Floats


def workspace() -> Workspace:
    """The workspace of this server."""
    return Workspace.current()


@st.cache_resource(max_entries=2)
def _store(root: Path) -> RunStore:
    return RunStore(Workspace(root))


def store() -> RunStore:
    """The run store of the workspace, opened once."""
    return _store(workspace().root)


def runs() -> list[RunInfo]:
    """Every run, the newest first, brought up to date with what is alive."""
    return launcher.poll(store())


@st.cache_resource(max_entries=4, show_spinner="Opening the dataset…")
def _dataset(key: str, root: Path) -> Dataset:
    return load_dataset(key, Workspace(root))


def whole_dataset(key: str) -> Dataset:
    """A dataset by `name@version` as it is, for figures and models: its ids and texts are hidden
    nowhere. Its tables are kept in memory; they must not be changed.
    """
    return _dataset(key, workspace().root)


def open_dataset(key: str) -> Dataset:
    """The same as pages show it: in presentation mode with pseudonyms for ids and dots for texts.

    A function that keeps what it makes of it takes `presenting` as an argument.
    """
    how = hidden(key)
    return whole_dataset(key) if how is None else how.dataset


@st.cache_resource(max_entries=4, show_spinner=False)
def _hiding(key: str, root: Path, secret: str) -> hiding.Hiding:
    return hiding.Hiding(_dataset(key, root), secret)


def pseudonyms(key: str) -> hiding.Hiding | None:
    """How a dataset is shown while presenting, be that now or not; None before the first time."""
    secret = hiding.secret_of(workspace())
    return _hiding(key, workspace().root, secret) if secret else None


def hidden(key: str) -> hiding.Hiding | None:
    """How a dataset is shown in presentation mode; None where everything is shown."""
    return pseudonyms(key) if presenting() else None


def shown(read: Dataset) -> Dataset:
    """A dataset that was read and not stored, as pages show it."""
    secret = hiding.secret_of(workspace())
    return hiding.Hiding(read, secret).dataset if presenting() and secret else read


def presenting() -> bool:
    """Whether people and texts are hidden."""
    return hiding.is_on(workspace())


@st.cache_resource(max_entries=3, show_spinner="Opening profiles…")
def _people(folder: Path) -> People:
    return People(folder)


def whole_people(run: RunInfo) -> People | None:
    """The profiles and recommendations of a finished run as they are; None where it made none."""
    if store().summary(run.run).get(NO_RECOMMENDATIONS):
        return None
    return _people(store().fetch(run.run) / FOLDER)


def people(run: RunInfo) -> People | None:
    """The same as pages show them: in presentation mode asked for and told by pseudonyms."""
    whole, how = whole_people(run), hidden(run.key)
    return whole if whole is None or how is None else hiding.HiddenPeople(whole, how)


@st.cache_resource(max_entries=2, show_spinner="Opening the model…")
def _model(folder: Path) -> tuple[MultiTaskModel, Lock]:
    from mtrec.training.checkpoint import load_model

    return load_model(folder / MODEL), Lock()


def model(run: RunInfo) -> tuple[MultiTaskModel, Lock]:
    """The model of a finished run, and a lock: it must not be asked twice at once."""
    return _model(store().fetch(run.run))


@st.cache_resource(max_entries=1, show_spinner="Opening the language model…")
def _encoder(folder: Path, _run: RunInfo) -> tuple[Encoder, Lock]:
    from mtrec.runs.serving import encoder_at_rest

    return encoder_at_rest(store(), _run)[1], Lock()


def read_texts(run: RunInfo, texts: Sequence[str]) -> Mapping[str, Floats]:
    """Texts that are in no data as a finished run reads its own, by space `(n, w)`."""
    from mtrec.recommend.guest import read_with_encoder, read_with_model

    folder = store().fetch(run.run)
    if (folder / MODEL).is_dir():
        learned, lock = model(run)
        with lock:
            return read_with_model(learned, texts)
    encoder, lock = _encoder(folder, run)
    with lock:
        return read_with_encoder(encoder, texts)
