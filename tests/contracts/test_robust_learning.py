"""What holds for every switch against small changes: all types and strategies still learn."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from mtrec.models.config import EncoderConfig, TrunkConfig
from mtrec.schema import Estimate
from mtrec.strategies import STRATEGIES
from mtrec.strategies.config import StrategyConfig
from mtrec.tasks import TASK_TYPES
from mtrec.tasks.config import TaskConfig
from mtrec.training.config import AdversarialConfig, AugmentConfig, TrainConfig
from mtrec.training.loop import train
from mtrec.training.reporter import SilentReporter
from tests.contracts.test_learning import made

EPOCHS = 15
CASES: list[tuple[str, dict[str, Any]]] = [
    ("top", {"adversarial": {"fgm": True}}),
    ("frozen", {"adversarial": {"rdrop": True}}),
    ("top", {"augment": {"words": True}}),
    ("top", {"augment": {"cutoff": True}}),
    ("frozen", {"augment": {"cutoff": True}}),
    ("frozen", {"augment": {"mixup": True}}),
]


class Losses(SilentReporter):
    """Remembers each epoch's validation losses."""

    def __init__(self) -> None:
        self.seen: list[Mapping[str, float]] = []

    def epoch(
        self,
        epoch: int,
        metrics: Mapping[str, Mapping[str, Estimate]],
        losses: Mapping[str, float],
    ) -> None:
        self.seen.append(losses)


@pytest.fixture(scope="module")
def dataset() -> Any:
    return made()


def test_every_switch_is_tried() -> None:
    tried = {
        (part, switch)
        for _, settings in CASES
        for part, each in settings.items()
        for switch in each
    }
    assert tried == {
        (part, switch)
        for part, settings in (("adversarial", AdversarialConfig()), ("augment", AugmentConfig()))
        for switch, value in settings.model_dump().items()
        if isinstance(value, bool)
    }


def learned(
    dataset: Any,
    folder: Path,
    cache: Path,
    method: str,
    strategy: str,
    epochs: int,
    settings: Mapping[str, Any],
) -> Losses:
    watcher = Losses()
    train(
        dataset,
        EncoderConfig.model_validate(
            {"name": str(folder), "method": method, "top_layers": 1, "max_length": 48}
        ),
        TrunkConfig(width=32, dropout=0.1),
        {name: TaskConfig() for name in dataset.tasks},
        StrategyConfig(name=strategy),
        TrainConfig.model_validate(
            {
                "epochs": epochs,
                "patience": epochs,
                "learning_rate": 3e-3,
                "head_learning_rate": 0.01,
                "batch_tokens": 512,
                **settings,
            }
        ),
        cache,
        watcher,
    )
    return watcher


@pytest.mark.parametrize(("method", "settings"), CASES)
def test_every_type_learns(
    method: str,
    settings: dict[str, Any],
    dataset: Any,
    tiny_encoder_folder: Path,
    tmp_path: Path,
    one_thread: None,
) -> None:
    seen = learned(dataset, tiny_encoder_folder, tmp_path, method, "sum", EPOCHS, settings).seen
    assert set(seen[-1]) == set(TASK_TYPES)
    for name in TASK_TYPES:
        assert seen[-1][name] < 0.95 * seen[0][name], name


@pytest.fixture(scope="module")
def half(dataset: Any) -> Any:
    """Every other record."""
    records = dataset.records.iloc[::2].reset_index(drop=True)
    return SimpleNamespace(**vars(dataset) | {"records": records})


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_every_strategy_goes_on_with_all_of_them(
    strategy: str, half: Any, tiny_encoder_folder: Path, tmp_path: Path, one_thread: None
) -> None:
    every: dict[str, Any] = {}
    for _, settings in CASES:
        for part, switches in settings.items():
            every[part] = every.get(part, {}) | switches
    first, *_, last = learned(half, tiny_encoder_folder, tmp_path, "top", strategy, 4, every).seen
    assert np.mean([*last.values()]) < np.mean([*first.values()])
