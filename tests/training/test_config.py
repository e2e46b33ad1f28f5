from __future__ import annotations

import pytest
from pydantic import ValidationError

from mtrec.training.config import TrainConfig


def test_epochs_left_empty_are_the_methods_own() -> None:
    assert TrainConfig().epochs_for("frozen") > TrainConfig().epochs_for("top")
    assert TrainConfig(epochs=1).epochs_for("frozen") == 1


def test_every_setting_is_described_and_unknown_ones_are_refused() -> None:
    assert all(field.description for field in TrainConfig.model_fields.values())
    with pytest.raises(ValidationError, match="Extra inputs"):
        TrainConfig.model_validate({"learning_rat": 1e-3})
