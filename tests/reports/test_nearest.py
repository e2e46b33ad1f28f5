"""The training records most like a text, by hand-worked vectors and through a tiny model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mtrec.models.config import EncoderConfig, TrunkConfig
from mtrec.models.encoder import load_encoder
from mtrec.models.multitask import HeadSpec, MultiTaskModel
from mtrec.reports.nearest import Learned, learned_from, nearest, states_of
from mtrec.training.inference import infer
from mtrec.training.reporter import SilentReporter

STATES = np.array([[1, 0], [0.6, 0.8], [0, 1], [-1, 0], [0.6, 0.8]], dtype=np.float32)


def table(states: np.ndarray = STATES) -> Learned:
    rows = range(len(states))
    records = pd.DataFrame(
        {
            "record": [10 + row for row in rows],
            "text": [f"text {row}" for row in rows],
            "label": ["good" if row % 2 else "bad" for row in rows],
            "user": [None if row else "ann" for row in rows],
        }
    )
    return Learned(records, states, 7)


def test_the_most_alike_come_first_and_ties_in_order() -> None:
    found = nearest(table(), STATES[0], 3)
    assert list(found.columns) == ["record", "text", "label", "similarity", "user"]
    assert found["record"].tolist() == [10, 11, 14]
    assert found["similarity"].tolist() == pytest.approx([1, 0.6, 0.6])
    assert found["label"].tolist() == ["bad", "good", "bad"]
    assert found["user"].iloc[0] == "ann"


def test_the_record_itself_is_left_out() -> None:
    found = nearest(table(), STATES[1], 9, without=11)
    assert found["record"].tolist() == [14, 12, 10, 13]
    assert found["similarity"].tolist() == pytest.approx([1, 0.8, 0.6, -0.6])


def test_what_is_usual_is_the_mean_over_pairs() -> None:
    pairs = [STATES[i] @ STATES[j] for i in range(5) for j in range(5) if i != j]
    assert table().usual == pytest.approx(np.mean(pairs), abs=1e-6)
    assert table(STATES[:1]).usual is None and table(STATES[:0]).usual is None


def test_of_nothing_learned_nothing_is_near() -> None:
    assert nearest(table(STATES[:0]), STATES[0], 5).empty


@pytest.fixture(params=[("frozen", "shared"), ("top", "shared"), ("frozen", "mmoe")])
def model(
    request: pytest.FixtureRequest, tiny_encoder_folder: Path, one_thread: None
) -> MultiTaskModel:
    method, kind = request.param
    config = EncoderConfig.model_validate(
        {"name": str(tiny_encoder_folder), "method": method, "top_layers": 1}
    )
    tasks = [HeadSpec("other", "binary", ("a", "b")), HeadSpec("mood", "binary", ("bad", "good"))]
    return MultiTaskModel(load_encoder(config), TrunkConfig(kind=kind, width=8), tasks).eval()


RECORDS = pd.DataFrame(
    {
        "record": range(8),
        "text": [f"the film was good {row}" for row in range(8)],
        "user": ["ann", None] * 4,
        "split": ["train"] * 5 + ["val", "test", "train"],
        "task:mood": ["good", None, "bad", "good", "bad", "good", "good", "bad"],
    }
)


def test_only_training_records_with_a_label_are_compared(
    model: MultiTaskModel, tmp_path: Path
) -> None:
    found = learned_from(model, RECORDS, "mood", tmp_path)
    assert found.records["record"].tolist() == [0, 2, 3, 4, 7] and found.total == 5
    assert found.records["label"].tolist() == ["good", "bad", "good", "bad", "bad"]
    assert any(tmp_path.rglob("*.safetensors")) is not model.encoder.learns
    states = infer(model, found.records["text"].tolist(), None, SilentReporter()).states
    trained = states[model.space("mood")]
    lengths = np.linalg.norm(trained, axis=1, keepdims=True)
    np.testing.assert_allclose(found.states, trained / lengths, atol=1e-5)
    (state,) = states_of(model, ["the film was good 3"], "mood")
    assert nearest(found, state, 1)["record"].tolist() == [3]


def test_of_many_the_same_ones_are_drawn_every_time(model: MultiTaskModel) -> None:
    once, again = (learned_from(model, RECORDS, "mood", None, most=3) for _ in range(2))
    assert len(once.records) == len(once.states) == 3 and once.total == 5
    assert once.records["record"].tolist() == again.records["record"].tolist()
    assert set(once.records["record"]) <= {0, 2, 3, 4, 7}


def test_a_task_that_nothing_was_learned_of_gives_an_empty_table(model: MultiTaskModel) -> None:
    unlabelled = RECORDS.assign(**{"task:mood": pd.Series([None] * 8, dtype="str")})
    found = learned_from(model, unlabelled, "mood", None)
    assert found.total == 0 and found.states.shape == (0, 8)
    assert nearest(found, states_of(model, ["good"], "mood")[0], 5).empty
