"""Stored datasets: versions, whole or not at all, found by name."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from mtrec.data import importer
from mtrec.data.dataset import (
    TABLES,
    Dataset,
    changes,
    delete_dataset,
    find_dataset,
    list_datasets,
    load_dataset,
    rename_dataset,
)
from mtrec.data.importer import read_dataset
from mtrec.data.storing import import_summary, store_dataset
from mtrec.errors import InputError, MtrecError
from mtrec.workspace import Workspace

from .conftest import RECIPE, REVIEWS, TYPES

Read = Callable[..., Dataset]
Write = Callable[..., Path]


class TestVersion:
    def test_it_follows_the_recipe_and_every_file(self, read: Read) -> None:
        recipe = RECIPE + "items: {file: p.csv, id: id}"
        files = {"r__csv": REVIEWS, "p__csv": "id\nx\n"}
        first = read(recipe, **files).version
        assert len(first) == 12 and set(first) <= set("0123456789abcdef")
        assert read(f"# a remark\n{recipe}", **files).version == first
        others = {
            read(recipe + "\nsplits: {seed: 1}", **files).version,
            read(recipe, r__csv=REVIEWS.replace("so so", "so-so"), p__csv="id\nx\n").version,
            read(recipe, r__csv=REVIEWS, p__csv="id\ny\n").version,
        }
        assert len(others | {first}) == 4


def _store(path: Path, root: Path, results: multiprocessing.Queue[str]) -> None:
    results.put(store_dataset(read_dataset(path, TYPES), Workspace(root)).key)


class TestStoring:
    def test_what_is_stored_is_what_was_read(self, read: Read, workspace: Workspace) -> None:
        dataset = read(RECIPE, r__csv=REVIEWS)
        stored = store_dataset(dataset, workspace)
        assert import_summary(stored) == import_summary(dataset)
        assert stored.recipe == dataset.recipe
        for table, frame in dataset.tables.items():
            pd.testing.assert_frame_equal(stored.tables[table], frame)

    def test_the_summary_is_the_contract(self, read: Read) -> None:
        summary = import_summary(read(RECIPE, r__csv=REVIEWS))
        assert json.loads(json.dumps(summary)) == summary
        wanted = {
            "dataset",
            "version",
            "records",
            "users",
            "items",
            "interactions",
            "tasks",
            "warnings",
        }
        assert wanted <= set(summary)
        mood = summary["tasks"]["mood"]
        assert (mood["type"], mood["labels"]) == ("binary", ["no", "yes"])
        assert mood["train"] + mood["val"] + mood["test"] == 3
        assert {"code", "source", "rows", "message"} == set(summary["warnings"][0])

    def test_the_same_version_twice_changes_nothing(self, read: Read, workspace: Workspace) -> None:
        first = store_dataset(read(RECIPE, r__csv=REVIEWS), workspace)
        again = store_dataset(read(RECIPE, r__csv=REVIEWS), workspace)
        assert again.created == first.created
        assert len(list_datasets(workspace)) == 1

    def test_two_processes_at_once(self, write: Write, workspace: Workspace) -> None:
        path = write(RECIPE, r__csv=REVIEWS)
        context = multiprocessing.get_context("fork")
        results: multiprocessing.Queue[str] = context.Queue()
        processes = [
            context.Process(target=_store, args=(path, workspace.root, results)) for _ in range(4)
        ]
        for process in processes:
            process.start()
        keys = {results.get(timeout=60) for _ in processes}
        for process in processes:
            process.join()
        assert [each.key for each in list_datasets(workspace)] == list(keys)
        assert [entry.name for entry in (workspace.datasets / "shop").iterdir()] == [
            keys.pop().partition("@")[2]
        ]

    def test_a_full_disk_leaves_nothing(
        self, read: Read, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        dataset = read(RECIPE, r__csv=REVIEWS)

        def full(self: pd.DataFrame, path: Path, **options: object) -> None:
            Path(path).write_bytes(b"PAR1")
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(pd.DataFrame, "to_parquet", full)
        with pytest.raises(MtrecError, match="could not be stored") as caught:
            store_dataset(dataset, workspace)
        assert caught.value.exit_status == 1
        assert list((workspace.datasets / "shop").iterdir()) == []

    def test_what_a_killed_import_left_is_no_dataset_and_is_cleared(
        self, read: Read, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        dataset = read(RECIPE, r__csv=REVIEWS)

        class Killed(BaseException):
            pass

        def killed(self: Path, target: Path) -> None:
            raise Killed

        with monkeypatch.context() as patch, pytest.raises(Killed):
            patch.setattr(importer.Path, "replace", killed)
            store_dataset(dataset, workspace)
        (left,) = (workspace.datasets / "shop").iterdir()
        assert (left / "dataset.json").exists()
        assert list_datasets(workspace) == []
        stored = store_dataset(dataset, workspace)
        assert [entry.name for entry in left.parent.iterdir()] == [stored.version]

    @pytest.mark.slow
    def test_kill_9_at_any_moment_leaves_all_or_nothing(
        self, write: Write, workspace: Workspace
    ) -> None:
        rows = [f"{n},u{n % 99},i{n % 50},text {n},,{'yn'[n % 2]},2020-01-01" for n in range(5000)]
        path = write(RECIPE, r__csv="\n".join([REVIEWS.splitlines()[0], *rows]))
        context = multiprocessing.get_context("fork")
        results: multiprocessing.Queue[str] = context.Queue()
        for tenths in range(10):
            process = context.Process(target=_store, args=(path, workspace.root, results))
            process.start()
            process.join(timeout=tenths / 20)
            if process.pid is not None and process.is_alive():
                os.kill(process.pid, signal.SIGKILL)
            process.join()
            for known in list_datasets(workspace):
                dataset = load_dataset(known.key, workspace)
                assert [len(dataset.tables[table]) > 0 for table in TABLES[:4]] == [True] * 4
                delete_dataset(known.key, workspace)
        store_dataset(read_dataset(path, TYPES), workspace)
        (folder,) = (workspace.datasets / "shop").iterdir()
        assert not folder.name.startswith(".")


class TestFinding:
    def two_versions(self, read: Read, workspace: Workspace) -> list[str]:
        changed = REVIEWS.replace("so so", "fine")
        return [
            store_dataset(read(RECIPE, r__csv=content), workspace).key
            for content in (REVIEWS, changed)
        ]

    def test_a_name_is_its_newest_version(self, read: Read, workspace: Workspace) -> None:
        old, new = self.two_versions(read, workspace)
        assert load_dataset("shop", workspace).key == new
        assert load_dataset(old, workspace).key == old
        assert [each.key for each in list_datasets(workspace)] == [new, old]
        assert load_dataset(old, workspace).records["text"].tolist()[2] == "so so"

    def test_a_summary_needs_no_table(self, read: Read, workspace: Workspace) -> None:
        key, _ = self.two_versions(read, workspace)
        for table in workspace.datasets.glob("*/*/*.parquet"):
            table.unlink()
        summary = find_dataset(key, workspace)
        assert (summary.records, summary.users, summary.items, summary.interactions) == (4, 2, 2, 3)
        assert summary.tasks["mood"].labels == ["no", "yes"]
        with pytest.raises(MtrecError, match="not there any more"):
            _ = load_dataset(key, workspace).records

    def test_one_version_or_all_are_deleted(self, read: Read, workspace: Workspace) -> None:
        old, new = self.two_versions(read, workspace)
        assert delete_dataset(old, workspace) == [old]
        assert [each.key for each in list_datasets(workspace)] == [new]
        self.two_versions(read, workspace)
        assert sorted(delete_dataset("shop", workspace)) == sorted([old, new])
        assert list_datasets(workspace) == []
        assert list((workspace.datasets / "shop").iterdir()) == []

    @pytest.mark.parametrize("ref", ["shp", "shop@000000000000", "", "../shop", "shop@../.."])
    def test_what_is_not_there_is_said_with_what_is(
        self, read: Read, workspace: Workspace, ref: str
    ) -> None:
        self.two_versions(read, workspace)
        with pytest.raises(InputError, match="There is no dataset") as caught:
            load_dataset(ref, workspace)
        assert "shop" in caught.value.expected
        with pytest.raises(InputError, match="There is no dataset"):
            delete_dataset(ref, workspace)
        assert len(list_datasets(workspace)) == 2

    def test_an_empty_workspace_says_how_to_begin(self, workspace: Workspace) -> None:
        assert list_datasets(workspace) == []
        with pytest.raises(InputError) as caught:
            load_dataset("shop", workspace)
        assert "import" in caught.value.fix


class TestRenaming:
    def test_every_version_goes_along(self, read: Read, workspace: Workspace) -> None:
        old, new = TestFinding().two_versions(read, workspace)
        rename_dataset("shop", "store", workspace)
        keys = [each.key for each in list_datasets(workspace)]
        assert keys == [key.replace("shop", "store") for key in (new, old)]
        opened = load_dataset("store", workspace)
        assert (opened.recipe.name, len(opened.records)) == ("store", 4)
        with pytest.raises(InputError, match="There is no dataset"):
            load_dataset("shop", workspace)

    @pytest.mark.parametrize("name", ["taken", "", "../x", "Big", "x" * 41])
    def test_a_name_that_cannot_be_had(self, read: Read, workspace: Workspace, name: str) -> None:
        store_dataset(read(RECIPE, r__csv=REVIEWS), workspace)
        store_dataset(read(RECIPE.replace("shop", "taken"), r__csv=REVIEWS), workspace)
        with pytest.raises(InputError, match="cannot be called"):
            rename_dataset("shop", name, workspace)
        assert {each.name for each in list_datasets(workspace)} == {"shop", "taken"}

    def test_what_is_not_there(self, workspace: Workspace) -> None:
        with pytest.raises(InputError, match="There is no dataset"):
            rename_dataset("shop", "store", workspace)


def test_only_what_differs_between_versions(read: Read, workspace: Workspace) -> None:
    store_dataset(read(RECIPE, r__csv=REVIEWS), workspace)
    changed = RECIPE.replace("{label: label}", "{label: label, type: multiclass}")
    store_dataset(read(changed, r__csv=REVIEWS + "6,9,y,well,,no,2020-01-06\n"), workspace)
    new, old = list_datasets(workspace)
    table = changes(old, new, workspace).set_index("what")
    assert table.loc["records"].tolist() == ["4", "5"]
    assert "type: multiclass" in "".join(table.loc[["recipe"], "new"])
    assert table.loc["task mood", "new"].startswith("multiclass, 2 labels")
    assert changes(old, old, workspace).empty
