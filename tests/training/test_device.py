from __future__ import annotations

import pytest
import torch

from mtrec.training import device
from mtrec.training.device import pick_precision


def test_a_set_precision_is_taken_as_it_is() -> None:
    assert pick_precision("bf16", torch.device("cpu")) == "bf16"


@pytest.mark.parametrize(("ratio", "expected"), [(2.2, "bf16"), (1.1, "fp32"), (0.2, "fp32")])
def test_auto_takes_bf16_only_where_it_is_clearly_faster(
    ratio: float, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds = {torch.float32: ratio, torch.bfloat16: 1.0}
    monkeypatch.setattr(device, "_seconds", lambda dtype, place: seconds[dtype])
    device._faster.cache_clear()
    assert pick_precision("auto", torch.device("cpu")) == expected
    device._faster.cache_clear()
