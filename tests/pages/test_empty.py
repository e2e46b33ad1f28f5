"""Every page in a workspace where nothing was done yet: it says what to do."""

from __future__ import annotations

import pytest

from mtrec.workspace import Workspace
from tests.pages.conftest import offered, open_page, said

NEXT = {
    "start": "What to do next",
    "data": "Drop one or several tables",
    "train": "There is no data to learn from yet",
    "report": "There is no training to report on yet",
    "people": "There is nobody to show yet",
}


@pytest.mark.parametrize("page", NEXT)
def test_an_empty_workspace_is_no_error_and_says_what_to_do(
    page: str, workspace: Workspace
) -> None:
    app = open_page(page)
    assert not app.exception and not app.error
    assert NEXT[page] in said(app)


@pytest.mark.parametrize("page", NEXT)
def test_a_link_to_what_is_gone_is_no_error(page: str, workspace: Workspace) -> None:
    app = open_page(page, dataset="gone", run="gone · 01234567", person="nobody", upload="..")
    assert not app.exception and not app.error


def test_start_offers_no_training_without_data(workspace: Workspace) -> None:
    assert offered(open_page("start")) == ["Bring your own data"]


def test_looking_around_writes_nothing(workspace: Workspace) -> None:
    for page in NEXT:
        open_page(page)
    assert not workspace.root.exists()
