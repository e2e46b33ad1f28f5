"""Dropped files: safe names, one folder per content, nothing outside of it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mtrec.data.uploads import KEEP_SECONDS, forget_upload, keep_upload, upload_folder
from mtrec.errors import InputError
from mtrec.workspace import Workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "workspace")


def kept(files: dict[str, bytes], workspace: Workspace) -> list[str]:
    folder = upload_folder(keep_upload(files, workspace), workspace)
    assert folder is not None
    return sorted(path.name for path in folder.iterdir())


def test_the_content_is_kept_under_the_name_that_was_sent(workspace: Workspace) -> None:
    folder = upload_folder(keep_upload({"reviews.csv": b"text\nfine\n"}, workspace), workspace)
    assert folder is not None
    assert (folder / "reviews.csv").read_bytes() == b"text\nfine\n"


@pytest.mark.parametrize(
    ("sent", "name"),
    [
        ("../../etc/passwd.csv", "passwd.csv"),
        ("C:\\data\\my reviews (2).CSV", "my_reviews_2.csv"),
        ("..csv.csv", "csv.csv"),
        ("$(rm -rf).tsv", "rm_-rf.tsv"),
        ("评论.csv", "file.csv"),
        ("a" * 300 + ".jsonl", "a" * 40 + ".jsonl"),
        ("critics (final).yml", "recipe.yaml"),
        ("../my reviews.CSV.GZ", "my_reviews.csv.gz"),
        ("ml-100k.inter", "ml-100k.inter"),
        ("../..\\data.v2.zip", "data_v2.zip"),
        (".xlsx", "file.xlsx"),
    ],
)
def test_what_a_file_was_called_is_only_a_hint(sent: str, name: str, workspace: Workspace) -> None:
    assert kept({sent: b"x"}, workspace) == [name]
    assert {path.parent for path in workspace.root.rglob("*") if path.is_file()} == {
        upload_folder(keep_upload({sent: b"x"}, workspace), workspace)
    }


def test_names_that_become_the_same_stay_apart(workspace: Workspace) -> None:
    assert kept({"a/x.csv": b"1", "b/x.csv": b"2"}, workspace) == ["x.csv", "x_2.csv"]
    sent = {"a/x.csv.gz": b"1", "b/x.csv.gz": b"2", "x.csv": b"3"}
    assert kept(sent, workspace) == ["x.csv", "x.csv.gz", "x_2.csv.gz"]


def test_the_same_files_are_one_drop_and_others_are_another(workspace: Workspace) -> None:
    first = keep_upload({"x.csv": b"1"}, workspace)
    assert keep_upload({"x.csv": b"1"}, workspace) == first
    assert keep_upload({"x.csv": b"2"}, workspace) != first
    assert keep_upload({"y.csv": b"1"}, workspace) != first


@pytest.mark.parametrize(
    "files", [{}, {"photo.png": b"x"}, {"no-ending": b"x"}, {"a.csv": b"x", "data.tar.gz": b"x"}]
)
def test_what_cannot_be_read_is_refused_and_leaves_nothing(
    files: dict[str, bytes], workspace: Workspace
) -> None:
    with pytest.raises(InputError):
        keep_upload(files, workspace)
    assert not workspace.root.exists()


@pytest.mark.parametrize("upload", ["..", "../datasets", "", "0" * 12, "ABCDEF012345", "a/b"])
def test_an_id_that_was_never_given_finds_nothing(upload: str, workspace: Workspace) -> None:
    keep_upload({"x.csv": b"1"}, workspace)
    assert upload_folder(upload, workspace) is None


def test_forgotten_and_old_drops_are_gone(workspace: Workspace) -> None:
    first = keep_upload({"x.csv": b"1"}, workspace)
    second = keep_upload({"x.csv": b"2"}, workspace)
    forget_upload(first, workspace)
    assert upload_folder(first, workspace) is None
    old = upload_folder(second, workspace)
    assert old is not None
    past = old.stat().st_mtime - KEEP_SECONDS - 1
    os.utime(old, (past, past))
    keep_upload({"x.csv": b"3"}, workspace)
    assert upload_folder(second, workspace) is None
