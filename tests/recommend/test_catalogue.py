"""What is known of items: attributes with several values, facts from a file, how new they are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mtrec.errors import InputError
from mtrec.recommend.catalogue import Catalogue, shared
from mtrec.schema import attribute_column

TEXTS = np.eye(4, dtype=np.float32)


def shop(**attributes: list[str | None]) -> Any:
    """Items a to d; a was first bought on the 1st, b on the 3rd (in val), c on the 2nd."""
    items = pd.DataFrame({"item": list("abcd"), "title": list("ABCD")})
    for name, values in attributes.items():
        items[attribute_column(name)] = pd.Series(values, dtype="str")
    days = pd.to_datetime(["2024-01-01", "2024-01-05", "2024-01-03", "2024-01-02", "2024-01-09"])
    acts = pd.DataFrame(
        {
            "item": list("aabcd"),
            "split": ["train", "train", "val", "train", "test"],
            "time": days.tz_localize("UTC").astype("datetime64[us, UTC]"),
        }
    )
    return SimpleNamespace(items=items, interactions=acts)


@pytest.fixture
def facts(tmp_path: Path) -> Callable[[str], Path]:
    def write(rows: str) -> Path:
        path = tmp_path / "facts.csv"
        path.write_text(f"item,relation,entity\n{rows}", encoding="utf-8")
        return path

    return write


def test_a_cell_may_hold_several_values_and_may_be_empty() -> None:
    catalogue = Catalogue.of(shop(genre=["war| comedy ", "comedy", None, "|"]), TEXTS)
    genre = catalogue.attributes["genre"]
    assert genre.values.tolist() == ["comedy", "war"] and not genre.fact
    assert [genre.of(item).tolist() for item in range(4)] == [[0, 1], [0], [], []]
    assert catalogue.having("genre", ["war", "comedy"], "").tolist() == [0, 1]
    assert catalogue.named(["d", "a"], "").tolist() == [3, 0]


def test_facts_are_attributes_and_add_to_those_of_their_name(
    facts: Callable[[str], Path],
) -> None:
    path = facts(
        "a,director,Varda\nc,director,Varda\nd,genre,war\nz,director,Varda\na,director,Varda\n"
    )
    catalogue = Catalogue.of(shop(genre=["war", None, None, None]), TEXTS, path)
    assert catalogue.having("director", ["Varda"], "").tolist() == [0, 2]
    assert catalogue.having("genre", ["war"], "").tolist() == [0, 3]
    assert catalogue.stray == 1
    assert shared(catalogue, 2, np.array([1, 0])) == [("director", "Varda", 0)]
    assert shared(catalogue, 2, np.array([1])) == []
    assert shared(catalogue, 2, np.array([2])) == []


def test_columns_of_the_data_are_no_reasons() -> None:
    catalogue = Catalogue.of(shop(genre=["war", "war", None, None]), TEXTS)
    assert shared(catalogue, 1, np.array([0])) == []


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("id,relation,entity\na,b,c\n", "no item"),
        ("item,relation,entity\nz,b,c\n", "about none of the items"),
        ("item,relation,entity\na,b,c\na,,c\n", "1 row without, the first is row 2"),
        ("item,relation,entity\na,b,c\na,b\n", "the first is row 2"),
        ("", "facts.csv"),
    ],
)
def test_knowledge_that_cannot_be_used_is_refused(content: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "facts.csv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        Catalogue.of(shop(), TEXTS, path)
    assert said in caught.value.sentence()


def test_what_is_not_there_is_refused_with_what_is_near() -> None:
    catalogue = Catalogue.of(shop(genre=["war", "comedy", None, None]), TEXTS)
    for ask, said in (
        (lambda: catalogue.attribute("gener", "here"), "write genre instead of gener"),
        (lambda: catalogue.having("genre", ["War"], "here"), "write war instead of War"),
        (lambda: catalogue.named(["a", "zz"], "here"), "There is no item zz"),
        (lambda: Catalogue.of(shop(), TEXTS).attribute("genre", "here"), "names none"),
    ):
        with pytest.raises(InputError) as caught:
            ask()
        assert said in caught.value.sentence() and caught.value.where == "here"


def test_an_item_is_as_new_as_its_first_act_before_what_is_judged() -> None:
    catalogue = Catalogue.of(shop(), TEXTS)
    # before test: a on the 1st, c on the 2nd, b on the 3rd; nobody acted on d
    assert catalogue.newness(None, "test", "") == pytest.approx([0, 2 / 3, 1 / 3, 1])
    # before val nobody acted on b either: two share the upper places
    assert catalogue.newness(None, "val", "") == pytest.approx([0, 5 / 6, 1 / 3, 5 / 6])


def test_an_attribute_can_say_how_new_an_item_is() -> None:
    years = Catalogue.of(shop(year=["1999", "2020", None, "2005|2001"]), TEXTS)
    assert years.newness("year", "test", "") == pytest.approx([1 / 3, 1, 0, 2 / 3])
    dates = Catalogue.of(shop(out=["2020-01-02", "2020-01-03", "soon", "2020-01-01"]), TEXTS)
    assert dates.newness("out", "test", "") == pytest.approx([2 / 3, 1, 0, 1 / 3])
    words = Catalogue.of(shop(out=["soon", "later", None, None]), TEXTS)
    with pytest.raises(InputError, match="Nothing says how new"):
        words.newness("out", "test", "")
    timeless = shop()
    timeless.interactions["time"] = pd.NaT
    timeless.interactions["time"] = timeless.interactions["time"].dt.tz_localize("UTC")
    with pytest.raises(InputError, match="Nothing says how new"):
        Catalogue.of(timeless, TEXTS).newness(None, "test", "")
