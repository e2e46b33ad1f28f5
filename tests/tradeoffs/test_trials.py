"""Settings are tried once, with steps as large as the data allows."""

from __future__ import annotations

import pytest

from mtrec.tradeoffs.trials import in_large_steps
from mtrec.training.config import TrainConfig

CONFIG = TrainConfig(batch_tokens=2000, head_learning_rate=0.001)


@pytest.mark.parametrize(
    "tokens, factor",
    [
        (1_000, 1),  # too few for ten steps: as the settings say
        (20_000, 1),
        (50_000, 2.5),
        (80_000, 4),
        (9_000_000, 4),
    ],
)
def test_ten_steps_are_left_of_an_epoch(tokens: int, factor: float) -> None:
    config = in_large_steps(CONFIG, tokens)
    assert config.batch_tokens == 2000 * factor
    assert config.head_learning_rate == pytest.approx(0.001 * factor)
    assert config.model_copy(update={"batch_tokens": 2000, "head_learning_rate": 0.001}) == CONFIG
