"""Dropout: how many values it drops, that it keeps their mean, and where it stands."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch
from torch import nn

from mtrec.models.config import EncoderConfig
from mtrec.models.dropout import Dropout, use_quick_dropout
from mtrec.models.encoder import load_encoder

MANY = 400_003  # of no round number, so that the last draw is used in part


@pytest.mark.parametrize("p", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_drops_its_share_and_scales_what_is_left(p: float, dtype: torch.dtype) -> None:
    torch.manual_seed(0)
    values = Dropout(p)(torch.ones(MANY, dtype=dtype))
    dropped = (values == 0).double().mean().item()
    assert dropped == pytest.approx(p, abs=5 * math.sqrt(p * (1 - p) / MANY))
    torch.testing.assert_close(
        values[values != 0], torch.full_like(values[values != 0], 1 / (1 - p)), rtol=1e-4, atol=0
    )


def test_neighbours_are_dropped_independently() -> None:
    """Four values share a random number, so no place in it may know of another."""
    torch.manual_seed(1)
    kept = (Dropout(0.3)(torch.ones(MANY // 4 * 4)) != 0).double().reshape(-1, 4)
    correlations = torch.corrcoef(kept.T) - torch.eye(4, dtype=torch.float64)
    assert correlations.abs().max().item() < 5 / math.sqrt(len(kept))


def test_gradient_is_that_of_the_values_kept() -> None:
    torch.manual_seed(2)
    values = torch.full((7, 5, 3), 2.0, requires_grad=True)
    dropped = Dropout(0.4)(values)
    dropped.sum().backward()  # type: ignore[no-untyped-call]
    assert values.grad is not None
    torch.testing.assert_close(values.grad, dropped.detach() / 2.0)


def test_the_same_seed_drops_the_same() -> None:
    module = Dropout(0.5)
    torch.manual_seed(3)
    first, second = module(torch.ones(1001)), module(torch.ones(1001))
    torch.manual_seed(3)
    assert torch.equal(module(torch.ones(1001)), first)
    assert not torch.equal(first, second)


def test_at_the_ends_and_while_not_training() -> None:
    values = torch.randn(3, 4)
    assert torch.equal(Dropout(0.0)(values), values)
    assert torch.equal(Dropout(1.0)(values), torch.zeros(3, 4))
    assert torch.equal(Dropout(1 - 2**-20)(values), torch.zeros(3, 4))
    assert torch.equal(Dropout(0.5).eval()(values), values)
    assert Dropout(0.5)(torch.empty(0, 4)).shape == (0, 4)


def test_takes_the_place_of_torchs_and_of_no_other() -> None:
    module = nn.Sequential(nn.Dropout(0.25), nn.Sequential(nn.Dropout1d(0.5), Dropout(0.1)))
    use_quick_dropout(module)
    assert [type(each) for each in (module[0], *module[1])] == [Dropout, nn.Dropout1d, Dropout]
    assert module[0].p == 0.25


def test_an_encoder_has_no_other(tiny_encoder_folder: Path) -> None:
    encoder = load_encoder(EncoderConfig(name=str(tiny_encoder_folder), method="full"))
    found = [each for each in encoder.modules() if isinstance(each, nn.Dropout)]
    assert found
    assert {type(each) for each in found} == {Dropout}
