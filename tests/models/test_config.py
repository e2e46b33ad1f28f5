from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from mtrec.models.config import EncoderConfig, TrunkConfig


@pytest.mark.parametrize(
    ("key", "value", "sentence"),
    [
        ("method", "best", "'frozen', 'top', 'lora', 'prompt' or 'full'"),
        ("lora_rank", 0, "greater than or equal to 1"),
        ("prompt_length", 0, "greater than or equal to 1"),
        ("name", "scratch", "scratch is not here yet; use minilm, a folder or a hub id"),
        ("max_length", 0, "greater than or equal to 8"),
        ("depth", 1, "Extra inputs are not permitted"),
    ],
)
def test_what_is_not_here_is_refused_in_a_sentence(key: str, value: Any, sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        EncoderConfig.model_validate({key: value})


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
