"""Settings are tried once, in few steps, as large as the data allows."""

from __future__ import annotations

import pytest

from mtrec.tradeoffs.trials import quick
from mtrec.training.config import TrainConfig

CONFIG = TrainConfig(batch_tokens=2000, head_learning_rate=0.001, epochs=12)


@pytest.mark.parametrize(
    "tokens, epochs, larger, faster",
    [
        (1_000, 12, 1, 1),  # too few for twenty steps: as the settings say
        (40_000, 12, 1, 1),
        (60_000, 12, 1.5, 1.5),
        (80_000, 12, 2, 2),
        (9_000_000, 12, 2, 2),
        (1_000, 3, 1, 4),
        (60_000, 4, 1.5, 4.5),
    ],
)
def test_fewer_steps_go_together_as_far(
    tokens: int, epochs: int, larger: float, faster: float
) -> None:
    config = quick(CONFIG, tokens, epochs)
    assert config.batch_tokens == 2000 * larger
    assert config.head_learning_rate == pytest.approx(0.001 * faster)
    assert config.model_copy(update={"batch_tokens": 2000, "head_learning_rate": 0.001}) == CONFIG


def test_settings_that_leave_the_epochs_open_go_as_far_as_a_training_of_the_layers() -> None:
    config = quick(CONFIG.model_copy(update={"epochs": None}), 1_000, 3)
    assert config.head_learning_rate == pytest.approx(0.001 * 15 / 3)
