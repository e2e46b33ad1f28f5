from __future__ import annotations

from typing import get_args

import pytest
from pydantic import ValidationError

from mtrec.models.config import EncoderConfig
from mtrec.training.config import TrainConfig


@pytest.mark.parametrize("method", get_args(EncoderConfig.model_fields["method"].annotation))
def test_every_method_has_its_epochs(method: str) -> None:
    assert TrainConfig().epochs_for(method) >= 1


def test_a_learning_rate_left_empty_is_the_methods_own() -> None:
    assert TrainConfig().learning_rate_for("full") < TrainConfig().learning_rate_for("lora")
    assert TrainConfig(learning_rate=0.5).learning_rate_for("full") == 0.5


def test_epochs_left_empty_are_the_methods_own() -> None:
    assert TrainConfig().epochs_for("frozen") > TrainConfig().epochs_for("top")
    assert TrainConfig(epochs=1).epochs_for("frozen") == 1


def test_every_setting_is_described_and_unknown_ones_are_refused() -> None:
    assert all(field.description for field in TrainConfig.model_fields.values())
    with pytest.raises(ValidationError, match="Extra inputs"):
        TrainConfig.model_validate({"learning_rat": 1e-3})
