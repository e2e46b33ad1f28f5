"""What stands in place of people's ids and texts, and that figures do not change by it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from mtrec.data.checks.ids import check_ids
from mtrec.data.dataset import Dataset
from mtrec.data.importer import read_dataset
from mtrec.errors import InputError
from mtrec.recommend.people import People
from mtrec.schema import RECORD, ROW, TEXT, USER, WRITTEN
from mtrec.tasks import TASK_TYPES
from mtrec.workspace import Workspace
from pages.ui import hiding, loaded, runs
from pages.ui.hiding import HiddenPeople, Hiding, dotted
from tests.marking import marked_files, marks, sent

SECRET = "0f" * 32
# Of `People`: what names nobody and quotes nothing.
HARMLESS = {
    "activities_of",
    "before",
    "check_activity",
    "item_texts",
    "liked",
    "likes",
    "lists",
    "parts",
    "records",
    "titles",
}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return read_dataset(marked_files(tmp_path_factory.mktemp("files")), TASK_TYPES)


def test_a_text_keeps_its_words_lines_and_marks() -> None:
    assert dotted("It's  so\ngood!") == "••••  ••\n•••••"
    assert dotted("<e1>a film</e1> <b>") == "<e1>• ••••</e1> •••"
    assert dotted("") == ""


def test_no_table_of_a_dataset_names_anybody_or_holds_their_words(whole: Dataset) -> None:
    hidden = Hiding(whole, SECRET).dataset
    for name in whole.tables:
        assert marks(hidden.tables[name].to_csv()) == set()
        assert hidden.tables[name].shape == whole.tables[name].shape
        assert hidden.tables[name].index.equals(whole.tables[name].index)
    assert marks(whole.aside[WRITTEN].to_csv())
    pd.testing.assert_frame_equal(hidden.items, whole.items)


def test_what_many_people_share_is_shown_and_what_is_ones_own_is_not(whole: Dataset) -> None:
    users = Hiding(whole, SECRET).dataset.users
    assert users["attr:called"].isna().all()
    assert users["attr:town"].equals(whole.users["attr:town"])


def test_each_person_has_one_pseudonym_in_all_tables_and_not_in_the_order_of_ids(
    whole: Dataset,
) -> None:
    how = Hiding(whole, SECRET)
    assert len(set(how.names.values())) == len(how.names) == len(whole.users)
    names = [how.names[user] for user in sorted(how.names)]
    assert names != sorted(names)
    for table in ("records", "interactions", "users"):
        expected = whole.tables[table][USER].map(how.names)
        assert how.dataset.tables[table][USER].tolist() == expected.tolist()
    again, other = Hiding(whole, SECRET), Hiding(whole, "0a" * 32)
    assert again.names == how.names and other.names != how.names


def test_a_person_is_found_by_either_name(whole: Dataset) -> None:
    how = Hiding(whole, SECRET)
    user, name = next(iter(how.names.items()))
    assert how.shown(user) == how.shown(name) == name
    assert how.known(user) == how.known(name) == user
    assert how.shown("nobody") is None and how.known("nobody") is None
    assert how.whose(name) == user
    with pytest.raises(InputError) as error:
        how.whose(user + "x")
    assert marks(str(error.value).replace(user + "x", "")) == set()


def test_records_get_other_numbers_and_their_rows_are_not_said(whole: Dataset) -> None:
    hidden = Hiding(whole, SECRET).dataset.records
    assert sorted(hidden[RECORD]) == whole.records[RECORD].tolist() != hidden[RECORD].tolist()
    assert hidden[ROW].isna().all()
    lengths = whole.records[TEXT].str.len()
    assert hidden[TEXT].str.len().tolist() == lengths.tolist()


@pytest.mark.parametrize(
    "ids", [["7", "8", "7.0", "1e5"], ["007", "008", "12"], [*"123456789", "20", "020"]]
)
def test_warnings_of_ids_name_none(ids: list[str]) -> None:
    for warning in check_ids(pd.Series(ids, dtype="str"), "users"):
        hidden = hiding.unnamed(warning).message
        assert "•" in hidden and hidden.count(f"{warning.rows:,}") == 1
        _, _, examples = hidden.partition(f"{warning.rows:,}")
        assert not any(sign.isdigit() for sign in examples)


def test_the_switch_is_the_workspaces_and_pseudonyms_outlast_it(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "new")
    assert not hiding.is_on(workspace) and hiding.secret_of(workspace) is None
    hiding.switch(workspace, True)
    assert hiding.is_on(workspace)
    secret = hiding.secret_of(workspace)
    hiding.switch(workspace, False)
    hiding.switch(Workspace(tmp_path / "other"), True)
    assert not hiding.is_on(workspace) and hiding.secret_of(workspace) == secret
    assert hiding.secret_of(Workspace(tmp_path / "other")) != secret


def test_whatever_people_tell_is_told_by_pseudonyms() -> None:
    """Something new there is either hidden or said here to be harmless."""
    every = {name for each in People.__mro__[:-1] for name in vars(each)}
    public = {name for name in every if not name.startswith("_")}
    assert public == HARMLESS | {name for name in vars(HiddenPeople) if not name.startswith("_")}


def failing() -> None:
    from mtrec.errors import InputError
    from pages.ui import shell

    shell.problem(InputError("This cannot be read", found="zyxword by SECRETUSER1", fix="mend it"))


def ended() -> None:
    from types import SimpleNamespace

    from pages.ui import runs

    runs._log(SimpleNamespace(run="r1"))  # type: ignore[arg-type]


@pytest.mark.parametrize("script", [failing, ended])
def test_what_errors_and_logs_quote_is_not_told(
    script: Callable[[], None], workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loaded, "store", lambda: SimpleNamespace(folder=lambda run: None))
    monkeypatch.setattr(runs, "read_log", lambda folder: ["KeyError: 'SECRETUSER1'"])
    for on in (False, True):
        hiding.switch(workspace, on)
        app = AppTest.from_function(script).run()
        assert not app.exception
        assert bool(marks(*sent(app))) is not on
