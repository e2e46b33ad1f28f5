"""A trained model as a folder: model.json, weights as safetensors, the encoder where it learned."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import nn

from mtrec.errors import MtrecError
from mtrec.files import replacing, write_json
from mtrec.models.config import EncoderConfig, TrunkConfig
from mtrec.models.encoder import load_encoder
from mtrec.models.multitask import HeadSpec, MultiTaskModel, reads_marks, reads_words
from mtrec.tasks.calibration import Calibration

DESCRIPTION, WEIGHTS, ENCODER = "model.json", "weights.safetensors", "encoder"


def save_model(model: MultiTaskModel, folder: Path) -> None:
    """Writes the model so that a reader finds all of it or what was there before.

    An encoder that is as it came is stored by its name and fingerprint alone. One that learned is
    settled, so that the model in memory and the one in the folder give equal digits.
    """
    encoder = model.encoder
    encoder.settle()
    description = {
        "encoder": encoder.config.model_dump(),
        "precision": encoder.precision,
        "fingerprint": encoder.fingerprint,
        "trunk": model.trunk_config.model_dump(),
        "tasks": [
            {
                "name": task.name,
                "type": task.type,
                "labels": list(task.labels),
                **asdict(model.calibrations[task.name]),
            }
            for task in model.tasks.values()
        ],
    }
    weights = {name: value.cpu() for name, value in _above_encoder(model).state_dict().items()}
    with replacing(folder) as part:
        part.mkdir(parents=True)
        write_json(part / DESCRIPTION, description)
        save_file(weights, part / WEIGHTS)
        if encoder.learns or encoder.config.is_made:
            encoder.save(part / ENCODER)


def load_model(folder: Path) -> MultiTaskModel:
    """The model that `save_model` wrote, on the CPU, in evaluation mode.

    Raises:
        MtrecError: the folder holds no whole model, or its encoder is no longer the same.
    """
    try:
        description = json.loads((folder / DESCRIPTION).read_text(encoding="utf-8"))
        weights = load_file(folder / WEIGHTS)
    except (OSError, json.JSONDecodeError, SafetensorError) as error:
        raise MtrecError(
            "The model can't be read",
            expected=f"{DESCRIPTION} and {WEIGHTS}",
            found=str(error),
            where=str(folder),
            fix="train again",
        ) from error
    config = EncoderConfig.model_validate(description["encoder"])
    stored = folder / ENCODER
    tasks = [
        HeadSpec(task["name"], task["type"], tuple(task["labels"])) for task in description["tasks"]
    ]
    encoder = load_encoder(
        config,
        description["precision"],
        reads_marks(tasks),
        stored if stored.is_dir() else None,
        reads_words(tasks),
    )
    encoder.settle()  # reads faster
    if encoder.fingerprint != description["fingerprint"]:
        raise MtrecError(
            f"The encoder '{config.name}' is not the one this model was trained with",
            expected=f"fingerprint {description['fingerprint'][:12]}",
            found=encoder.fingerprint[:12],
            where=str(folder),
            fix="bring the former encoder back, or train again",
        )
    model = MultiTaskModel(encoder, TrunkConfig.model_validate(description["trunk"]), tasks)
    _above_encoder(model).load_state_dict(weights)
    for task in description["tasks"]:
        if "temperature" in task:  # models that were saved before there were any have none
            thresholds = tuple(task["thresholds"])
            model.calibrations[task["name"]] = Calibration(task["temperature"], thresholds)
    return model.eval()


def _above_encoder(model: MultiTaskModel) -> nn.ModuleDict:
    return nn.ModuleDict({"trunk": model.trunk, "mixtures": model.mixtures, "heads": model.heads})
