"""Small task types, and a folder to write recipes and files into."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest

from mtrec.data.dataset import Dataset
from mtrec.data.importer import read_dataset
from mtrec.data.labels import UNSAID, LabelType
from mtrec.data.recipe import TaskSpec
from mtrec.errors import InputError
from mtrec.schema import DataWarning
from mtrec.workspace import Workspace


@dataclass(frozen=True)
class Labels(LabelType):
    """A task type that takes between `fewest` and `most` different labels."""

    type: str
    fewest: int
    most: int
    description = "For tests"

    def recognise(self, written: pd.Series, texts: pd.Series) -> str | None:
        return "so few" if self.fewest <= written.nunique() <= self.most else None

    def labels(self, values: pd.Series, spec: TaskSpec = UNSAID) -> list[str]:
        found = sorted(values.unique())
        if not self.fewest <= len(found) <= self.most:
            raise InputError("They do not fit", expected=self.type, found=", ".join(found))
        return found

    def checks(self, task: str, values: pd.Series) -> list[DataWarning]:
        return []


TYPES: Mapping[str, LabelType] = {
    "binary": Labels("binary", 2, 2),
    "multiclass": Labels("multiclass", 2, 50),
}


REVIEWS = """id,user,item,text,more,label,when
1,007,x,good,,yes,2020-01-01
2,007,y,"  ",,no,2020-01-02
3,8,x,bad,really,no ,2020-01-03
4,,x,so so,,,2020-01-04
5,8,x,bad again,,yes,2020-01-05
"""
RECIPE = """
name: shop
records:
  - file: r.csv
    text: [text, more]
    user: user
    item: item
    time: when
    tasks: {mood: {label: label}}
"""


@pytest.fixture
def types() -> Mapping[str, LabelType]:
    return TYPES


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "workspace")


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Writes files (`a__csv` becomes `a.csv`) and the recipe, and gives the recipe's path."""

    def write_files(recipe: str, **files: str | bytes) -> Path:
        folder = tmp_path / "source"
        folder.mkdir(exist_ok=True)
        for name, content in files.items():
            data = content if isinstance(content, bytes) else content.encode()
            (folder / name.replace("__", ".")).write_bytes(data)
        path = folder / "recipe.yaml"
        path.write_text(recipe, encoding="utf-8")
        return path

    return write_files


@pytest.fixture
def read(write: Callable[..., Path]) -> Callable[..., Dataset]:
    """Writes files and a recipe and reads them as a dataset."""

    def read_files(recipe: str, **files: str | bytes) -> Dataset:
        return read_dataset(write(recipe, **files), TYPES)

    return read_files
