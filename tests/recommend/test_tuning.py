from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mtrec.recommend import tuning
from mtrec.recommend.base import Baseline
from mtrec.recommend.evaluate import mean_ndcg
from mtrec.recommend.item_knn import ItemKNN
from mtrec.recommend.popular import Popular
from mtrec.recommend.profiles import ENCODER, Vectors
from mtrec.recommend.registry import RECOMMENDERS
from mtrec.recommend.tuning import FOLDER, TUNING, Tuned, strongest, tune
from mtrec.training.reporter import SilentReporter, Stopped

SILENT = SilentReporter()


class Counted(Popular):
    """An item's place in the catalogue, times a sign; it counts how often it is fitted."""

    name = "counted"
    grid = ({"sign": -1}, {"sign": 1}, {"sign": 2})
    fitted = 0

    @classmethod
    def fit(cls, data: Any, texts: Vectors, **setting: Any) -> Counted:
        cls.fitted += 1
        return cls(setting["sign"] * np.arange(len(data.items), dtype=np.float32))


class Reading(Counted):
    name = "reading"
    reads_texts = True


@pytest.fixture(autouse=True)
def uncounted() -> Iterator[None]:
    Counted.fitted = Reading.fitted = 0
    yield


@pytest.fixture
def made(crowd: Callable[..., Any]) -> Any:
    return crowd()


def _tune(made: Any, cache: Path, *kinds: type[Baseline], **changed: Any) -> dict[str, Tuned]:
    texts = changed.pop("texts", made.spaces[ENCODER])
    return tune(
        {each.name: each for each in kinds}, replace(made.val, **changed), texts, cache, SILENT
    )


def test_the_best_setting_on_validation_is_chosen_and_of_equals_the_first(
    made: Any, tmp_path: Path
) -> None:
    found = _tune(made, tmp_path, Counted)["counted"]
    known = [
        mean_ndcg(Counted.fit(made.val, made.spaces[ENCODER], **each), made.val)
        for each in Counted.grid
    ]
    assert found.tried == known
    assert known[1] == known[2] != known[0]
    better = known.index(max(known))
    assert better < 2
    assert (found.setting, found.ndcg) == (Counted.grid[better], known[better])


def test_a_second_run_does_not_tune_again(made: Any, tmp_path: Path) -> None:
    first = _tune(made, tmp_path, Counted, ItemKNN)
    assert Counted.fitted == 3
    assert _tune(made, tmp_path, Counted, ItemKNN) == first
    assert Counted.fitted == 3
    kept = [json.loads(path.read_text()) for path in (tmp_path / FOLDER).iterdir()]
    assert {len(each["tried"]) for each in kept} == {3, len(ItemKNN.grid)}


def test_other_likes_settings_or_texts_are_tuned_anew(
    made: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _tune(made, tmp_path, Counted, Reading)
    other = Vectors(made.spaces[ENCODER].records, -made.spaces[ENCODER].items)
    _tune(made, tmp_path, Counted, Reading, texts=other)
    assert (Counted.fitted, Reading.fitted) == (3, 6)  # one that reads no texts stays as it is
    fewer = made.val.liked.copy()
    fewer.data[:3] = 0
    fewer.eliminate_zeros()
    _tune(made, tmp_path, Counted, liked=fewer)
    assert Counted.fitted == 6
    monkeypatch.setattr(Counted, "grid", ({"sign": 3},))
    assert _tune(made, tmp_path, Counted)["counted"].setting == {"sign": 3}


def test_without_likes_on_validation_the_middle_setting_is_taken(made: Any, tmp_path: Path) -> None:
    nothing = made.val.relevant[:, :0]
    nothing.resize(made.val.relevant.shape)
    found = _tune(made, tmp_path, Counted, relevant=nothing)["counted"]
    assert (found.setting, found.ndcg, Counted.fitted) == ({"sign": 1}, None, 0)
    assert not list(tmp_path.iterdir())
    assert strongest({"counted": found}) == "popular"


def test_of_many_people_some_are_drawn_to_judge_by(
    made: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same ones for each setting, and every one's history counts all the same."""
    seen = []

    class Watched(Counted):
        def recommend(self, users: Any, k: int, seen_items: Any) -> Any:
            seen.append(users.tolist())
            return super().recommend(users, k, seen_items)

    monkeypatch.setattr(tuning, "JUDGED", 7)
    _tune(made, tmp_path, Watched)
    assert len(seen) == len(Watched.grid)
    assert all(len(each) == 7 and each == seen[0] for each in seen)
    assert set(seen[0]) <= set(made.val.judged.tolist())


def test_the_strongest_is_the_best_on_validation() -> None:
    said = {name: Tuned({}, value, []) for name, value in [("a", 0.1), ("b", 0.3), ("c", 0.2)]}
    assert strongest(said) == "b"


def test_it_says_how_far_it_is_and_stops_when_asked(made: Any, tmp_path: Path) -> None:
    class Watched(SilentReporter):
        total = done = 0

        def phase(self, name: str, total: int) -> None:
            assert name == TUNING
            self.total = total

        def advance(self, n: int) -> None:
            self.done += n

    watched = Watched()
    tune(
        {"counted": Counted, "popular": Popular}, made.val, made.spaces[ENCODER], tmp_path, watched
    )
    assert watched.total == watched.done == 4

    class Impatient(SilentReporter):
        def should_stop(self) -> bool:
            return True

    with pytest.raises(Stopped):
        tune({"item-knn": ItemKNN}, made.val, made.spaces[ENCODER], tmp_path, Impatient())
    assert not list((tmp_path / FOLDER).glob("item-knn*"))


def test_all_baselines_are_tuned_over_more_than_one_setting_but_for_what_is_popular() -> None:
    assert {name for name, each in RECOMMENDERS.items() if len(each.grid) == 1} == {"popular"}
