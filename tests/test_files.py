"""A file is replaced whole or stays as it was."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mtrec.files import replacing, write_json


def test_a_reader_meets_the_old_file_until_the_new_one_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "value.json"
    write_json(path, {"Größe": 1})
    with replacing(path) as part:
        part.write_text("half")
        assert json.loads(path.read_text(encoding="utf-8")) == {"Größe": 1}
    assert path.read_text() == "half"
    assert list(tmp_path.iterdir()) == [path]


def test_what_breaks_off_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "value.json"
    write_json(path, 1)
    with pytest.raises(RuntimeError), replacing(path) as part:
        part.write_text("half")
        raise RuntimeError
    assert json.loads(path.read_text()) == 1
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    path = tmp_path / "model"
    for name in ("old", "new"):
        with replacing(path) as part:
            part.mkdir()
            (part / name).touch()
    assert [file.name for file in path.iterdir()] == ["new"]
    with pytest.raises(RuntimeError), replacing(path) as part:
        part.mkdir()
        raise RuntimeError
    assert [file.name for file in path.iterdir()] == ["new"]
    assert list(tmp_path.iterdir()) == [path]
