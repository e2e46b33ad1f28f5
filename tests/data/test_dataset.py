"""Stored datasets: versions, whole or not at all, found by name."""

from __future__ import annotations

import json
import multiprocessing
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from mtrec.data import importer
from mtrec.data.dataset import (
    Dataset,
    delete_dataset,
    find_dataset,
    list_datasets,
    load_dataset,
)
from mtrec.data.importer import import_summary, read_dataset, store_dataset
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
