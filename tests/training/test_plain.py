"""With every switch off a training is what it is written out plainly, to the last digit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy
from torch.nn.utils import clip_grad_norm_

from mtrec.errors import InputError
from mtrec.models.config import EncoderConfig, TrunkConfig
from mtrec.models.encoder import load_encoder
from mtrec.models.multitask import HeadSpec, MultiTaskModel
from mtrec.schema import TRAIN
from mtrec.training.batches import token_batches
from mtrec.training.examples import Examples
from mtrec.training.inputs import read_inputs
from mtrec.training.losses import wanted_units
from mtrec.training.reporter import SilentReporter
from mtrec.training.step import schedule

RATE, HEAD_RATE, DECAY, WARMUP = 1e-3, 0.01, 0.01, 0.1
STRENGTHS = {
    "adversarial": {"fgm_strength": 5, "rdrop_strength": 9},
    "augment": {"words_strength": 0.9, "cutoff_strength": 0.9, "mixup_strength": 3},
}


def plainly_learned(dataset: Any, folder: Path, cache: Path, method: str) -> MultiTaskModel:
    """An epoch of AdamW on the sum of two mean losses."""
    specs = [HeadSpec(each.name, each.type, tuple(each.labels)) for each in dataset.tasks.values()]
    examples = Examples.of(dataset, specs)
    torch.manual_seed(0)
    config = EncoderConfig.model_validate(
        {"name": str(folder), "method": method, "top_layers": 1, "max_length": 48}
    )
    model = MultiTaskModel(load_encoder(config), TrunkConfig(width=16, dropout=0.2), specs)
    inputs = read_inputs(model.encoder, examples.texts, model.units, cache, SilentReporter())
    learning = [each for each in model.parameters() if each.requires_grad]
    below = {id(each) for each in model.encoder.parameters()}
    groups = [
        {
            "params": [each],
            "lr": RATE if id(each) in below else HEAD_RATE,
            "weight_decay": DECAY if each.ndim > 1 else 0.0,
        }
        for each in learning
    ]
    optimizer = torch.optim.AdamW(groups, fused=True)
    rates = [group["lr"] for group in optimizer.param_groups]
    rows, seen = examples.rows[TRAIN], 0
    model.train()
    for batch in token_batches(inputs.lengths[rows], 256, np.random.default_rng(0)):
        index = rows[batch]
        logits = model(inputs.read(index, wanted_units(model, examples, index)))
        losses = []
        for task, loss in (("mood", _binary), ("topic", cross_entropy)):
            places = np.flatnonzero(examples.present(task, index))
            if len(places):
                targets = examples.targets[task].take(index[places]).rows
                each = loss(logits[task].take(places).rows, targets, reduction="none")
                losses.append(each.mean())
        optimizer.zero_grad(set_to_none=True)
        torch.stack(losses).sum().backward()  # type: ignore[no-untyped-call]
        clip_grad_norm_(learning, 1.0)
        factor = schedule((seen + len(index) / 2) / len(rows), WARMUP)
        for group, rate in zip(optimizer.param_groups, rates, strict=True):
            group["lr"] = factor * rate
        optimizer.step()
        seen += len(index)
    return model.eval()


def _binary(logits: Tensor, targets: Tensor, reduction: str) -> Tensor:
    return binary_cross_entropy_with_logits(logits[:, 0], targets.float(), reduction=reduction)


@pytest.mark.parametrize("method", ["frozen", "top", "full"])
def test_with_every_switch_off_not_a_digit_changes(
    method: str, dataset: Any, trainer: Any, tmp_path: Path
) -> None:
    settings = {
        "epochs": 1,
        "batch_tokens": 256,
        "learning_rate": RATE,
        "precision": "fp32",
        "trunk": {"dropout": 0.2},
        **STRENGTHS,
    }
    model = trainer(dataset, None, method, **settings).model
    plain = plainly_learned(dataset, trainer.folder, tmp_path / "other", method)
    ours, theirs = model.state_dict(), plain.state_dict()
    for name, weights in theirs.items():
        assert torch.equal(ours[name], weights), name


@pytest.mark.parametrize("settings", [{"augment": {"words": True}}, {"adversarial": {"fgm": True}}])
def test_what_a_frozen_encoder_cannot_do_is_refused_before_anything_is_read(
    settings: dict[str, Any], dataset: Any, trainer: Any, watcher: Any
) -> None:
    with pytest.raises(InputError, match="reads each text once"):
        trainer(dataset, watcher, "frozen", **settings)
    assert not watcher.phases and not trainer.cache.exists()


def test_two_readings_that_would_not_differ_are_refused(dataset: Any, trainer: Any) -> None:
    with pytest.raises(InputError, match="nothing is hidden at random"):
        trainer(dataset, None, "frozen", adversarial={"rdrop": True})
