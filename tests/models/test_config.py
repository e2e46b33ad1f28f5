from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from mtrec.models.config import PRETRAIN_EPOCHS, EncoderConfig, TrunkConfig


@pytest.mark.parametrize(
    ("key", "value", "sentence"),
    [
        ("method", "best", "'frozen', 'top', 'lora', 'prompt' or 'full'"),
        ("lora_rank", 0, "greater than or equal to 1"),
        ("prompt_length", 0, "greater than or equal to 1"),
        ("name", "", "at least 1 character"),
        ("pretrain_epochs", -1, "greater than or equal to 0"),
        ("max_length", 0, "greater than or equal to 8"),
        ("depth", 1, "Extra inputs are not permitted"),
    ],
)
def test_what_is_not_here_is_refused_in_a_sentence(key: str, value: Any, sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        EncoderConfig.model_validate({key: value})


@pytest.mark.parametrize(
    ("settings", "epochs", "is_made"),
    [
        ({}, 0, False),
        ({"pretrain_epochs": 3}, 3, True),
        ({"name": "scratch"}, PRETRAIN_EPOCHS, True),
        ({"name": "scratch", "pretrain_epochs": 2}, 2, True),
        ({"name": "scratch", "pretrain_epochs": 0}, 0, True),
    ],
)
def test_only_scratch_guesses_words_unasked(
    settings: dict[str, Any], epochs: int, is_made: bool
) -> None:
    config = EncoderConfig.model_validate(settings)
    assert (config.epochs_of_guessing, config.is_made) == (epochs, is_made)


def test_a_trunk_of_an_unknown_kind_is_refused_and_experts_are_counted() -> None:
    with pytest.raises(ValidationError, match="'shared', 'mmoe' or 'cgc'"):
        TrunkConfig.model_validate({"kind": "ple"})
    for setting in ("experts", "task_experts"):
        with pytest.raises(ValidationError, match="greater than or equal to 1"):
            TrunkConfig.model_validate({setting: 0})
    trunks = [
        TrunkConfig.model_validate({"kind": kind, "task_experts": 2})
        for kind in ("shared", "mmoe", "cgc")
    ]
    assert [trunk.own_experts for trunk in trunks] == [0, 0, 2]


@pytest.mark.parametrize("config", [EncoderConfig, TrunkConfig])
def test_every_setting_is_described(config: type[BaseModel]) -> None:
    assert all(field.description for field in config.model_fields.values())
