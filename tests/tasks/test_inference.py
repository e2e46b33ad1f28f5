"""The type that a column is taken for where no recipe names one: made columns, then real ones."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
import yaml

from mtrec.tasks import TASK_TYPES
from mtrec.tasks.ordinal import Ordinal

DATA = Path(__file__).parents[3] / "shared" / "data"
real = pytest.mark.skipif(not DATA.is_dir(), reason="the public datasets are not here")

LOOKALIKES = {"multilabel", "ordinal", "tags", "relation"}
TRULY = {  # columns of the public datasets that look like labels and are, though no task uses them
    ("critics", "genre"): "multilabel",
    ("movielens", "genres"): "multilabel",
    ("movielens", "rating"): "ordinal",
}


def inferred(written: pd.Series, texts: pd.Series) -> str | None:
    return next((name for name, kind in TASK_TYPES.items() if kind.recognise(written, texts)), None)


def test_types_are_tried_from_the_most_telling_on() -> None:
    assert list(TASK_TYPES) == [
        "relation",
        "tags",
        "multilabel",
        "ordinal",
        "binary",
        "multiclass",
    ]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["yes", "no"], "binary"),
        (["0", "1"], "binary"),
        (["1", "2", "3"], "ordinal"),
        (["A", "B", "C", "D"], "multiclass"),
        (["A", "B", "C", "D", "F"], "ordinal"),
        (["yes", "no", "N/A"], "multiclass"),
        (["calm", "calm|glad", "glad"], "multilabel"),
        (["O B-who", "O O"], "tags"),
        (["Eastern Time (US & Canada)", "America/New_York", "Europe/Berlin"], "multiclass"),
        (["2018-04-05", "2018-04-06", "2018-04-07"], "multiclass"),
        (["same"], None),
        ([], None),
    ],
)
def test_the_type_that_a_column_looks_like(cells: list[str], expected: str | None) -> None:
    written = pd.Series(cells * 20, dtype="str")
    assert inferred(written, written) == expected


def csv_columns() -> Iterator[tuple[str, str, pd.Series, pd.Series, str | None]]:
    """Dataset, column, cells, texts, and the type that the recipe says the column has."""
    for folder in sorted(path.parent for path in DATA.glob("*/recipe.yaml")):
        recipe = yaml.safe_load((folder / "recipe.yaml").read_text("utf-8"))
        sources = {source["file"]: source for source in recipe["records"]}
        for path in sorted(folder.glob("*.csv")):
            frame = pd.read_csv(path, dtype="str", keep_default_na=False)
            frame = frame.apply(lambda column: column.str.strip())
            source = sources.get(path.name, {"tasks": {}})
            types = {task["label"]: task for task in source.get("tasks", {}).values()}
            for column in frame:
                written = frame[column][frame[column] != ""]
                plain = "binary" if written.nunique() == 2 else "multiclass"
                expected = types[column].get("type", plain) if column in types else None
                texts = frame[source.get("text", column)][written.index]
                yield folder.name, str(column), written, texts, expected


@real
def test_the_columns_of_real_files_are_taken_for_what_they_are() -> None:
    wrong, labels = {}, 0
    for dataset, column, written, texts, expected in csv_columns():
        found = inferred(written, texts)
        if expected is not None:
            labels += 1
            if found != expected:
                wrong[dataset, column] = found
        elif found in LOOKALIKES and TRULY.get((dataset, column)) != found:
            wrong[dataset, column] = found
    assert wrong == {}
    assert labels == 13


@real
@pytest.mark.parametrize("split", ["train", "val", "test"])
def test_conll_files_hold_tags(split: str) -> None:
    content = (DATA / "wnut17" / f"{split}.conll").read_text("utf-8")
    blocks = [
        [line.split("\t") for line in block.split("\n") if line.strip("\t ")]
        for block in content.replace("\n\t\n", "\n\n").split("\n\n")
    ]
    sentences = [block for block in blocks if block]
    texts = pd.Series([" ".join(token for token, _ in rows) for rows in sentences], dtype="str")
    written = pd.Series([" ".join(tag for _, tag in rows) for rows in sentences], dtype="str")
    assert inferred(written, texts) == "tags"
    kind = TASK_TYPES["tags"]
    kept = kind.read(written, texts)
    pd.testing.assert_series_equal(kept, written)
    assert kind.labels(kept) == [
        "corporation",
        "creative-work",
        "group",
        "location",
        "person",
        "product",
    ]


@real
def test_every_rating_of_the_film_critics_is_read_or_known_to_be_unreadable() -> None:
    frame = pd.read_csv(DATA / "critics" / "reviews.csv", dtype="str", keep_default_na=False)
    written = frame["rating"].str.strip()
    written = written[written != ""]
    kind = Ordinal()
    kept = kind.read(written, written)
    assert (len(written), written.nunique()) == (40_915, 186)
    assert kind.labels(kept.dropna()) == [f"{half / 2:g}" for half in range(11)]
    lost = written[kept.isna()]
    alone = lost.str.fullmatch(r"[0-9.]+|3 1/2")
    assert (len(lost), lost.nunique()) == (775, 59)
    assert set(lost[~alone]) == {"5/4", "5.5/5", "2.1/2", "3/2", "1-5", "N", "R", "T"}
    assert kept[written == "B"].unique().tolist() == ["4"]
    assert kept[written == "2.5/4"].unique().tolist() == ["3"]
