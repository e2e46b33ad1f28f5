from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from mtrec.errors import InputError
from mtrec.models.reading import check_reading, read_by

DATA = Path(__file__).parents[3] / "shared" / "data"


def texts(*values: str) -> pd.Series:
    return pd.Series(values, dtype="str")


def test_unknown_pieces_are_counted_with_the_marks_of_start_and_end(
    tiny_encoder_folder: Path,
) -> None:
    read = read_by(texts("good 电影", "bad"), str(tiny_encoder_folder))  # 2 of 5 + 3 pieces
    assert (read.unknown, read.touched) == (0.25, 0.5)
    assert (read.cut, read.lost) == (0, 0)


def test_what_lies_beyond_the_length_is_lost(tiny_encoder_folder: Path) -> None:
    column = texts("good " * 8, "good bad " * 4, "good", "bad")  # 10, 10, 3 and 3 pieces
    read = read_by(column, str(tiny_encoder_folder), max_length=9)
    assert read.cut == 0.5
    assert read.lost == pytest.approx(2 / 26)


def test_both_are_warned_of(tiny_encoder_folder: Path) -> None:
    column = texts("电影 " * 30, "good", "good")
    found = {each.code: each for each in check_reading(column, str(tiny_encoder_folder), 16)}
    assert {code: each.rows for code, each in found.items()} == {"unknown_words": 1, "texts_cut": 1}
    assert "encoder.name=scratch" in found["unknown_words"].message
    assert "About 33% of the texts are longer than the 16" in found["texts_cut"].message
    assert "encoder.max_length" in found["texts_cut"].message


def test_rows_are_those_of_all_texts_not_of_the_sample(tiny_encoder_folder: Path) -> None:
    (found,) = check_reading(texts(*["电影"] * 5000), str(tiny_encoder_folder))
    assert found.rows == 5000


def test_texts_that_are_read_well_say_nothing() -> None:
    assert check_reading(texts("A fine film", "My parcel has not arrived :-(", "café?")) == []
    assert check_reading(texts()) == []


def test_an_encoder_without_a_tokenizer_gives_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no tokenizer\.json.*encoder\.name"):
        check_reading(texts("good"), str(tmp_path))


def test_neither_torch_nor_transformers_is_loaded() -> None:
    code = (
        "import sys, pandas\n"
        "from mtrec.models.reading import check_reading\n"
        "assert check_reading(pandas.Series(['电影'], dtype='str'))\n"
        "assert not {'torch', 'transformers'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[2])


@pytest.mark.skipif(not DATA.is_dir(), reason="the public datasets are not here")
def test_most_of_a_chinese_text_is_unknown_to_minilm() -> None:
    column = pd.read_csv(DATA / "waimai" / "reviews.csv", dtype="str")["review"].dropna()
    assert read_by(column).unknown == pytest.approx(0.61, abs=0.01)
    assert [each.code for each in check_reading(column)] == ["unknown_words"]
