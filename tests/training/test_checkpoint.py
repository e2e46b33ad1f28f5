from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from mtrec.errors import MtrecError
from mtrec.models.config import EncoderConfig, TrunkConfig
from mtrec.models.encoder import load_encoder
from mtrec.models.multitask import HeadSpec, MultiTaskModel
from mtrec.training.checkpoint import load_model, save_model
from mtrec.training.inference import infer
from mtrec.training.reporter import SilentReporter

TEXTS = ["the film was good", "bad", "it was a very very fine book"]


@pytest.mark.parametrize(
    ("method", "kind"),
    [("frozen", "shared"), ("top", "shared"), ("frozen", "mmoe"), ("frozen", "cgc")],
)
def test_a_loaded_model_says_exactly_what_the_saved_one_said(
    method: str, kind: str, dataset: Any, trainer: Any, tmp_path: Path
) -> None:
    trunk = {"kind": kind, "experts": 3, "task_experts": 2}
    model = trainer(dataset, method=method, learning_rate=1e-3, trunk=trunk).model
    save_model(model, tmp_path / "model")
    loaded = load_model(tmp_path / "model").to(model.encoder.device)
    before = infer(model, TEXTS, None, SilentReporter())
    after = infer(loaded, TEXTS, None, SilentReporter())
    assert np.array_equal(before.vectors, after.vectors)
    assert list(before.states) == list(after.states)
    for space, states in before.states.items():
        assert np.array_equal(states, after.states[space])
    for task in model.tasks:
        assert np.array_equal(before.predictions[task].shares, after.predictions[task].shares)
    assert loaded.calibrations == model.calibrations
    assert loaded.tasks == model.tasks
    assert loaded.trunk_config == model.trunk_config
    assert loaded.encoder.config == model.encoder.config
    assert loaded.encoder.learns is (method == "top")


def test_only_an_encoder_that_learned_is_stored(dataset: Any, trainer: Any, tmp_path: Path) -> None:
    for method in ("frozen", "top"):
        save_model(trainer(dataset, method=method).model, tmp_path / method)
    assert {path.name for path in (tmp_path / "frozen").iterdir()} == {
        "model.json",
        "weights.safetensors",
    }
    assert (tmp_path / "top" / "encoder" / "model.safetensors").exists()
    assert not list(tmp_path.glob("*.part"))


@pytest.mark.parametrize("method", ["lora", "prompt"])
def test_what_was_learned_beside_the_encoder_is_stored_with_it(
    method: str, tiny_encoder_folder: Path, tmp_path: Path, one_thread: None
) -> None:
    torch.manual_seed(0)
    config = EncoderConfig.model_validate(
        {"name": str(tiny_encoder_folder), "method": method, "max_length": 32}
    )
    specs = [HeadSpec("mood", "binary", ("bad", "good")), HeadSpec("names", "tags", ("film",))]
    encoder = load_encoder(config)
    model = MultiTaskModel(encoder, TrunkConfig(width=16), specs)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.requires_grad:
                parameter += torch.randn_like(parameter)
    untouched = infer(model, TEXTS, None, SilentReporter())
    save_model(model, tmp_path / "model")
    loaded = load_model(tmp_path / "model").to(model.encoder.device)
    before, after = (infer(each, TEXTS, None, SilentReporter()) for each in (model, loaded))
    np.testing.assert_allclose(untouched.vectors, before.vectors, atol=1e-4)
    assert np.array_equal(before.vectors, after.vectors)
    for task in model.tasks:
        assert np.array_equal(before.predictions[task].shares, after.predictions[task].shares)
    assert loaded.encoder.config == config
    assert loaded.encoder.learns
    assert {path.suffix for path in tmp_path.rglob("*") if path.is_file()} <= {
        ".json",
        ".safetensors",
        ".txt",
    }


def test_saving_again_replaces_the_whole_folder(dataset: Any, trainer: Any, tmp_path: Path) -> None:
    save_model(trainer(dataset, method="top").model, tmp_path / "model")
    save_model(trainer(dataset, method="frozen").model, tmp_path / "model")
    assert not (tmp_path / "model" / "encoder").exists()
    assert load_model(tmp_path / "model").encoder.config.method == "frozen"


def test_another_encoder_under_the_same_name_is_refused(
    dataset: Any, trainer: Any, tmp_path: Path
) -> None:
    save_model(trainer(dataset).model, tmp_path / "model")
    path = tmp_path / "model" / "model.json"
    description = json.loads(path.read_text())
    path.write_text(json.dumps(description | {"fingerprint": "0" * 64}))
    with pytest.raises(MtrecError, match="not the one this model was trained with"):
        load_model(tmp_path / "model")


def test_a_broken_or_missing_model_gives_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(MtrecError, match="can't be read"):
        load_model(tmp_path)
    (tmp_path / "model.json").write_text("{")
    with pytest.raises(MtrecError, match="can't be read"):
        load_model(tmp_path)
