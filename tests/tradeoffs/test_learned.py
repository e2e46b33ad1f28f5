"""Weights that a strategy finds on what settings of λ are tried on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mtrec.schema import task_column
from mtrec.tradeoffs.learned import by_uncertainty
from mtrec.training.reporter import SilentReporter, Stopped
from tests.contracts.test_learning import made
from tests.tradeoffs.test_instrument import ready

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture
def dataset() -> Any:
    return made()


def weights(dataset: Any, folder: Path, cache: Path) -> dict[str, float]:
    return dict(by_uncertainty(ready(dataset, folder, cache), SilentReporter()))


def test_a_task_that_nothing_tells_counts_less(
    dataset: Any, tiny_encoder_folder: Path, tmp_path: Path
) -> None:
    told = weights(dataset, tiny_encoder_folder, tmp_path)
    assert sum(told.values()) == pytest.approx(2, abs=0.01)
    labels = dataset.records[task_column("binary")]
    dataset.records[task_column("binary")] = np.random.default_rng(0).permutation(labels)
    untold = weights(dataset, tiny_encoder_folder, tmp_path)
    assert untold["binary"] < told["binary"] - 0.05 and untold["multiclass"] > told["multiclass"]


def test_it_can_be_stopped(dataset: Any, tiny_encoder_folder: Path, tmp_path: Path) -> None:
    class Watching(SilentReporter):
        def should_stop(self) -> bool:
            return True

    instrument = ready(dataset, tiny_encoder_folder, tmp_path)
    with pytest.raises(Stopped):
        by_uncertainty(instrument, Watching())
