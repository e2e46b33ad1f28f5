"""The papers' formulas by hand, for two or three gradients in the plane."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
import torch

from mtrec.strategies import STRATEGIES
from mtrec.strategies.cagrad import CaGrad
from mtrec.strategies.gradients import GradientStrategy, cosines
from mtrec.strategies.mgda import Mgda
from mtrec.strategies.nashmtl import NashMtl
from mtrec.strategies.pcgrad import PcGrad
from mtrec.strategies.upgrad import UpGrad
from tests.strategies.making import step

ACROSS = {"a": [1.0, 0.0], "b": [0.0, 2.0]}  # at right angles, one twice as long
AGAINST = {"a": [1.0, 0.0], "b": [-1.0, 1.0]}  # g_a · g_b = -1
ALONG = {"a": [1.0, 0.0], "b": [1.0, 1.0]}  # no conflict

CASES = {
    # Right angles: nothing is taken out, so the plain sum.
    ("pcgrad", "across"): (ACROSS, [1.0, 2.0]),
    # g_a + ½ g_b = (½, ½) and g_b + g_a = (0, 1).
    ("pcgrad", "against"): (AGAINST, [0.5, 1.5]),
    ("pcgrad", "along"): (ALONG, [2.0, 1.0]),
    # For two tasks the projections onto the cone are PCGrad's.
    ("upgrad", "across"): (ACROSS, [1.0, 2.0]),
    ("upgrad", "against"): (AGAINST, [0.5, 1.5]),
    ("upgrad", "along"): (ALONG, [2.0, 1.0]),
    # The foot of the perpendicular from 0 to the line between the gradients.
    ("mgda", "across"): (ACROSS, [0.8, 0.4]),
    ("mgda", "against"): (AGAINST, [0.2, 0.4]),
    # The shorter one lies nearest: its foot is outside the segment.
    ("mgda", "along"): (ALONG, [1.0, 0.0]),
    # d · g_a / 1 = d · g_b / 2 with weights (⅔, ⅓).
    ("imtlg", "across"): (ACROSS, [2 / 3, 2 / 3]),
    # Eigenvalues 1 and 4, so that both become as long as the shorter.
    ("alignedmtl", "across"): (ACROSS, [1.0, 1.0]),
    # c = 0.4, g_0 = (½, 1): the slope of g_v · g_0 + c ‖g_0‖ ‖g_v‖ along v_a stays negative up to
    # v_a = 1, so d = g_0 + 0.4 · √1.25 · (1, 0).
    ("cagrad", "across"): (ACROSS, [0.5 + 0.4 * 1.25**0.5, 1.0]),
}


@pytest.mark.parametrize(("name", "how"), CASES)
def test_the_update_is_the_papers(name: str, how: str) -> None:
    gradients, expected = CASES[name, how]
    strategy = STRATEGIES[name]({"a": 1.0, "b": 1.0})
    assert step(strategy, gradients, {}) == pytest.approx(expected, abs=2e-3)


@pytest.mark.parametrize("gradients", [ACROSS, AGAINST, ALONG])
def test_imtl_g_serves_all_tasks_equally(gradients: dict[str, Sequence[float]]) -> None:
    strategy = STRATEGIES["imtlg"]({"a": 1.0, "b": 1.0})
    d = torch.tensor(step(strategy, gradients, {}))
    served = [float(d @ torch.tensor(g) / torch.tensor(g).norm()) for g in gradients.values()]
    assert served[0] == pytest.approx(served[1], rel=1e-4)
    assert sum(strategy.weights().values()) == pytest.approx(1)


@pytest.mark.parametrize("gradients", [ACROSS, AGAINST, ALONG])
def test_the_bargain_is_struck_where_gains_are_in_inverse_proportion(
    gradients: dict[str, Sequence[float]],
) -> None:
    """G w = 1 / w up to a common factor, within TorchJD's rule for stopping."""
    strategy = NashMtl({"a": 1.0, "b": 1.0})
    for _ in range(5):
        step(strategy, gradients, {})
    jacobian = torch.tensor(list(gradients.values()), dtype=torch.float64)
    weights = jacobian.new_tensor(list(strategy.weights().values()))
    products = weights * (jacobian @ jacobian.T @ weights)
    assert float(products[0] / products[1]) == pytest.approx(1, rel=0.02)


def test_aligned_gradients_are_equally_long_and_at_right_angles() -> None:
    """w = B λ with B symmetric and B G B = σ² · I, for any gradients that differ."""
    columns = []
    for lambdas in ({"a": 1.0, "b": 1e-12}, {"a": 1e-12, "b": 1.0}):
        strategy = STRATEGIES["alignedmtl"](lambdas)
        columns.append(step(strategy, AGAINST, {}))
    aligned = torch.tensor(columns, dtype=torch.float64)  # one aligned gradient a row
    products = aligned @ aligned.T
    smallest = torch.linalg.eigvalsh(torch.tensor([[1.0, -1.0], [-1.0, 2.0]]))[0]
    torch.testing.assert_close(
        products, float(smallest) * torch.eye(2, dtype=torch.float64), rtol=1e-4, atol=1e-6
    )


@pytest.mark.parametrize("kind", [Mgda, UpGrad])
def test_no_task_gets_worse(kind: type[GradientStrategy]) -> None:
    generator = torch.Generator().manual_seed(0)
    for _ in range(20):
        jacobian = torch.randn(3, 4, dtype=torch.float64, generator=generator)
        gradients = dict(zip("abc", jacobian.tolist(), strict=True))
        d = jacobian.new_tensor(step(kind(dict.fromkeys("abc", 1.0)), gradients, {}))
        assert float((jacobian @ d).min()) > -0.02 * float(jacobian.norm() * d.norm())


def test_lambda_weighs_what_is_left_of_each_gradient() -> None:
    """3 · (½, ½) + (0, 1)."""
    assert step(UpGrad({"a": 3.0, "b": 1.0}), AGAINST, {}) == pytest.approx([1.5, 2.5], abs=5e-3)


def test_without_room_around_the_average_it_is_the_average() -> None:
    strategy = CaGrad({"a": 1.0, "b": 1.0}, c=0)
    assert step(strategy, AGAINST, {}) == pytest.approx([0.0, 0.5], abs=1e-6)


def test_surgery_draws_its_order_from_the_step_alone() -> None:
    """It neither reads nor moves the random numbers of the training."""
    gradients = {"a": [1.0, 0.0], "b": [-1.0, 0.5], "c": [-0.5, -1.0]}
    updates = []
    for seed in (0, 1):
        torch.manual_seed(seed)
        before = torch.get_rng_state()
        strategy = PcGrad(dict.fromkeys("abc", 1.0))
        updates.append([step(strategy, gradients, {}) for _ in range(6)])
        assert torch.equal(before, torch.get_rng_state())
    assert updates[0] == updates[1]
    assert len({tuple(update) for update in updates[0]}) > 1


def test_cosines_leave_out_what_has_no_direction() -> None:
    gramian = torch.tensor([[4.0, -2.0, 0.0], [-2.0, 1.0, 0.0], [0.0, 0.0, 0.0]])
    assert cosines(["a", "b", "c"], gramian) == {("a", "b"): -1.0}


def test_parameters_have_to_be_known_first() -> None:
    x = torch.tensor([1.0], requires_grad=True)
    with pytest.raises(RuntimeError, match="attach"):
        Mgda({"a": 1.0}).backward({"a": x.sum()})
