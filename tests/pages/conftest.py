"""The app, run without a browser, in a workspace of its own."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Button

from mtrec.data.sample import generate
from mtrec.runs.store import RunInfo, RunStore
from mtrec.workspace import Workspace
from tests.conftest import Shared
from tests.finished import train

ROOT = Path(__file__).parents[2]


TABS = (  # of the page Report
    "Overview",
    "Labels",
    "Mix-ups",
    "Sureness",
    "Weak spots",
    "Doubts",
    "Compare",
    "Try it",
    "Lists",
)


@dataclass(frozen=True)
class Done:
    """A workspace with finished runs, and the last one."""

    workspace: Workspace
    run: RunInfo


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """An empty workspace, which the app takes for its own."""
    monkeypatch.setenv("MTREC_WORKSPACE", str(tmp_path / "workspace"))
    return Workspace.current()


@pytest.fixture(scope="session")
def trained(
    shared: Shared, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Done:
    """A small sample shop, and a quick training on it."""

    def fill(folder: Path) -> None:
        files = tmp_path_factory.mktemp("shop")
        generate(people=25, records=250, purchases=250).write(files)
        importer = request.getfixturevalue("importer")
        train(Workspace(folder), files / "recipe.yaml", {"Quick look": []}, importer)

    return copied(shared("trained", fill), tmp_path_factory.mktemp("done"))


def copied(workspace: Path, folder: Path) -> Done:
    """A workspace of one's own, like the one with a finished run there."""
    shutil.copytree(workspace, folder, dirs_exist_ok=True)
    own = Workspace(folder)
    return Done(own, RunStore(own).list()[0])


@pytest.fixture
def done(trained: Done, monkeypatch: pytest.MonkeyPatch) -> Iterator[Done]:
    """The app takes the trained workspace for its own."""
    monkeypatch.setenv("MTREC_WORKSPACE", str(trained.workspace.root))
    yield trained


def open_page(page: str, before: Mapping[str, object] | None = None, /, **choices: str) -> AppTest:
    """A page as a visitor sees it who follows a link with these choices.

    Args:
        before: what their visit left in the session until then.
    """
    app = AppTest.from_file(ROOT / "app.py", default_timeout=120)
    if page != "start":
        app.switch_page(f"pages/{page}.py")
    app.query_params.update(choices)
    for key, value in (before or {}).items():
        app.session_state[key] = value
    return app.run()


def offered(app: AppTest) -> list[str]:
    """The links to other pages, by their words."""
    return [link.proto.label for link in app.get("page_link")]


def start_button(app: AppTest) -> Button:
    """The one that starts a training, whose key is another for every form."""
    (found,) = [each for each in app.button if each.label == "Start training"]
    return found


def said(app: AppTest) -> str:
    """All words on the page, one block a line."""
    kinds = ("title", "subheader", "markdown", "caption", "text", "error", "warning", "info")
    return "\n".join(str(block.value) for kind in kinds for block in app.get(kind))
