"""The app, run without a browser, in a workspace of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from mtrec.config import RunConfig, with_settings
from mtrec.data.importer import read_dataset
from mtrec.data.sample import generate
from mtrec.data.storing import store_dataset
from mtrec.runs import launcher
from mtrec.runs.store import FINISHED, RunInfo, RunStore
from mtrec.tasks import TASK_TYPES
from mtrec.workspace import Workspace

ROOT = Path(__file__).parents[2]
QUICK = ("encoder.method=frozen", "encoder.max_length=32", "train.epochs=2", "recommend.epochs=2")


@dataclass(frozen=True)
class Done:
    """A workspace with a small shop and one finished run on it."""

    workspace: Workspace
    run: RunInfo


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """An empty workspace, which the app takes for its own."""
    monkeypatch.setenv("MTREC_WORKSPACE", str(tmp_path / "workspace"))
    return Workspace.current()


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Done:
    """Made once: a small sample shop, and a quick training on it."""
    files = tmp_path_factory.mktemp("shop")
    generate(people=25, records=250, purchases=250).write(files)
    workspace = Workspace(tmp_path_factory.mktemp("done"))
    store_dataset(read_dataset(files / "recipe.yaml", TASK_TYPES), workspace)
    store = RunStore(workspace)
    run = launcher.submit(store, "shop", with_settings(RunConfig(), QUICK), "Quick look")
    info = launcher.wait(store, run, lambda run, progress: None)
    assert info.status == FINISHED, info.reason
    return Done(workspace, info)


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


def said(app: AppTest) -> str:
    """All words on the page, one block a line."""
    kinds = ("title", "subheader", "markdown", "caption", "text", "error", "warning", "info")
    return "\n".join(str(block.value) for kind in kinds for block in app.get(kind))
