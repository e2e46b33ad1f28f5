from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from mtrec.models.config import EncoderConfig, TrunkConfig
from mtrec.models.encoder import load_encoder
from mtrec.models.multitask import HeadSpec, MultiTaskModel

TASKS = (
    HeadSpec("mood", "binary", ("bad", "good")),
    HeadSpec("what.about?", "multiclass", ("book", "film", "song", "talk")),
)


@pytest.fixture
def model(tiny_encoder_folder: Path) -> MultiTaskModel:
    torch.manual_seed(0)
    encoder = load_encoder(EncoderConfig(name=str(tiny_encoder_folder), method="full"))
    return MultiTaskModel(encoder, TrunkConfig(width=16), TASKS).eval()


def test_every_task_gets_its_logits_from_one_pass(model: MultiTaskModel) -> None:
    logits = model(*model.encoder.batch(model.encoder.tokenize(["good film", "bad"])))
    assert {task: tuple(value.shape) for task, value in logits.items()} == {
        "mood": (2, 1),
        "what.about?": (2, 4),
    }
    assert set(model.heads) == {"task_0", "task_1"}


def test_a_detached_head_teaches_the_states_nothing(model: MultiTaskModel) -> None:
    states = torch.randn(3, 16, requires_grad=True)
    model.logits(states, detached={"mood"})["mood"].sum().backward()
    assert states.grad is None
    assert model.head("mood").weight.grad is not None


def test_there_is_no_head_of_an_unknown_task(model: MultiTaskModel) -> None:
    with pytest.raises(KeyError, match="nothing"):
        model.head("nothing")


@pytest.mark.parametrize(("task", "rank"), [("mood", 1), ("what.about?", 3)])
def test_a_heads_view_keeps_what_the_task_reads_and_no_more(
    model: MultiTaskModel, task: str, rank: int
) -> None:
    """A projection of the rank that the labels need: L - 1 of them for a softmax."""
    view = model.head_view(task)
    np.testing.assert_allclose(view, view.T, atol=1e-6)
    np.testing.assert_allclose(view @ view, view, atol=1e-5)
    assert float(view.trace()) == pytest.approx(rank, abs=1e-4)
    states = torch.randn(5, 16)
    kind = model.tasks[task].task_type
    with torch.no_grad():
        np.testing.assert_allclose(
            kind.probabilities(model.logits(states @ view)[task]),
            kind.probabilities(model.logits(states)[task]),
            atol=1e-5,
        )
