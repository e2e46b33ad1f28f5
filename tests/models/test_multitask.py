from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from mtrec.models.config import EncoderConfig, TrunkConfig
from mtrec.models.encoder import load_encoder
from mtrec.models.multitask import HeadSpec, MultiTaskModel
from mtrec.tasks.base import Unit
from mtrec.tasks.ragged import Ragged

TASKS = (
    HeadSpec("mood", "binary", ("bad", "good")),
    HeadSpec("what.about?", "multiclass", ("book", "film", "song", "talk")),
    HeadSpec("names", "tags", ("film", "person")),
)


@pytest.fixture
def model(tiny_encoder_folder: Path) -> MultiTaskModel:
    torch.manual_seed(0)
    encoder = load_encoder(EncoderConfig(name=str(tiny_encoder_folder), method="full"))
    return MultiTaskModel(encoder, TrunkConfig(width=16), TASKS).eval()


def test_every_task_gets_its_logits_from_one_pass(model: MultiTaskModel) -> None:
    tokens = model.encoder.tokenize(["a good film", "bad"], model.units)
    reading = model.encoder.read(
        tokens, np.arange(2), {unit: np.ones(2, dtype=bool) for unit in model.units}
    )
    logits = model(reading)
    assert {task: tuple(value.rows.shape) for task, value in logits.items()} == {
        "mood": (2, 1),
        "what.about?": (2, 4),
        "names": (4, 5),
    }
    assert logits["names"].counts.tolist() == [3, 1]
    assert set(model.heads) == {"task_0", "task_1", "task_2"}


def test_a_detached_head_teaches_the_states_nothing(model: MultiTaskModel) -> None:
    rows = torch.randn(3, 1, 32, requires_grad=True)
    reading = {Unit.TEXT: Ragged.single(rows), Unit.WORDS: Ragged.single(rows.detach())}
    model(reading, detached={"mood"})["mood"].rows.sum().backward()
    assert rows.grad is None
    assert model.head("mood").weight.grad is not None


def test_there_is_no_head_of_an_unknown_task(model: MultiTaskModel) -> None:
    with pytest.raises(KeyError, match="nothing"):
        model.head("nothing")


@pytest.mark.parametrize(("task", "rank"), [("mood", 1), ("what.about?", 3), ("names", 4)])
def test_a_heads_view_keeps_what_the_task_reads_and_no_more(
    model: MultiTaskModel, task: str, rank: int
) -> None:
    """A projection of the rank that the labels need: L - 1 of them for a softmax."""
    view = model.head_view(task)
    np.testing.assert_allclose(view, view.T, atol=1e-6)
    np.testing.assert_allclose(view @ view, view, atol=1e-5)
    assert float(view.trace()) == pytest.approx(rank, abs=1e-4)
    states = torch.randn(5, 16)
    kind, head = model.tasks[task].task_type, model.head(task)
    with torch.no_grad():
        np.testing.assert_allclose(
            kind.probabilities(head(states @ view)), kind.probabilities(head(states)), atol=1e-5
        )
