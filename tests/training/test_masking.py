from __future__ import annotations

import numpy as np
import pytest

from mtrec.models.scratch import learned_tokenizer
from mtrec.tasks.relation import MARKS
from mtrec.training.masking import HIDDEN, OTHER, Masking


@pytest.fixture(scope="module")
def tokenizer() -> object:
    return learned_tokenizer(["abcdefghijklmnopqrst"], marks=True)


def ids_of(tokenizer: object, *texts: str) -> np.ndarray:
    return np.array(tokenizer(list(texts), padding=True)["input_ids"])  # type: ignore[operator]


def test_a_share_of_each_text_is_chosen_and_at_least_one(tokenizer: object) -> None:
    ids = ids_of(tokenizer, "a b c d e f g h i j k l m n o p q r s t", "a b c d e f g h i j", "a")
    _, chosen = Masking(tokenizer)(ids, np.random.default_rng(0))
    assert chosen.sum(axis=1).tolist() == [3, 2, 1]  # 15 % of 20, of 10 (1.5), of 1


def test_four_fifths_are_hidden_a_tenth_swapped_and_a_tenth_left(tokenizer: object) -> None:
    ids = np.repeat(ids_of(tokenizer, "a b c d e f g h i j k l m n o p q r s t"), 20_000, axis=0)
    read, chosen = Masking(tokenizer)(ids, np.random.default_rng(0))
    assert chosen.mean() == 3 / 22  # with the signs of start and end
    hidden = read[chosen] == tokenizer.mask_token_id  # type: ignore[attr-defined]
    left = read[chosen] == ids[chosen]
    # One in 20 of those swapped is swapped with itself. 60,000 places: 4 standard errors.
    assert hidden.mean() == pytest.approx(HIDDEN, abs=0.0066)
    assert left.mean() == pytest.approx(1 - HIDDEN - OTHER + OTHER / 20, abs=0.0051)
    assert np.array_equal(read[~chosen], ids[~chosen])
    places = chosen.sum(axis=0)[1:-1]
    assert np.abs(places / len(ids) - 0.15).max() < 0.0101  # every place alike


def test_signs_are_never_guessed_nor_put_in_the_place_of_others(tokenizer: object) -> None:
    ids = np.repeat(ids_of(tokenizer, "<e1>a</e1> 快 <e2>b</e2> c", "a"), 5000, axis=0)
    read, chosen = Masking(tokenizer)(ids, np.random.default_rng(0))
    vocabulary = tokenizer.get_vocab()  # type: ignore[attr-defined]
    signs = [vocabulary[each] for each in ("[PAD]", "[UNK]", "[CLS]", "[SEP]", *MARKS)]
    assert np.isin(signs, ids).all()
    assert not np.isin(ids[chosen], signs).any()
    assert not np.isin(read[chosen], signs).any()
    assert set(ids[chosen]) == {vocabulary[each] for each in "abc"}


def test_a_text_of_signs_alone_is_left(tokenizer: object) -> None:
    ids = ids_of(tokenizer, "", "快")
    read, chosen = Masking(tokenizer)(ids, np.random.default_rng(0))
    assert not chosen.any() and np.array_equal(read, ids)


def test_every_reading_hides_others_and_the_same_draw_the_same(tokenizer: object) -> None:
    ids = ids_of(tokenizer, "a b c d e f g h i j k l m n o p q r s t")
    first, second, again = (
        Masking(tokenizer)(ids, np.random.default_rng(seed))[1] for seed in (0, 1, 0)
    )
    assert not np.array_equal(first, second) and np.array_equal(first, again)
