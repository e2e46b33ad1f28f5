"""The app, run without a browser in a workspace of its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from mtrec.workspace import Workspace

ROOT = Path(__file__).parents[2]
PAGES = ("start", "data", "train", "report", "people")

Open = Callable[..., AppTest]


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """An empty workspace, which the app takes for its own."""
    monkeypatch.setenv("MTREC_WORKSPACE", str(tmp_path / "workspace"))
    return Workspace.current()


def open_page(page: str, **choices: str) -> AppTest:
    """A page as a visitor sees it who follows a link with these choices."""
    app = AppTest.from_file(ROOT / "app.py", default_timeout=60)
    app.query_params.update(choices)
    app.run()
    if page != "start":
        app.switch_page(f"pages/{page}.py")
        app.query_params.update(choices)
        app.run()
    return app


def said(app: AppTest) -> str:
    """All words on the page, one block a line."""
    kinds = ("title", "header", "subheader", "markdown", "caption", "text", "error", "warning")
    blocks = [block.value for kind in kinds for block in app.get(kind)]
    return "\n".join([*blocks, *(each.value for each in app.get("info"))])
