"""What every registered strategy keeps to. A newcomer is tested from its first line."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from mtrec.strategies import STRATEGIES, Strategy

TARGETS = {"a": 1.0, "b": -2.0, "c": 0.5}


@pytest.fixture(params=STRATEGIES.values(), ids=STRATEGIES.keys())
def kind(request: pytest.FixtureRequest) -> type[Strategy]:
    return request.param


def losses(x: Tensor, tasks: str) -> dict[str, Tensor]:
    return {task: (x - TARGETS[task]).square().sum() for task in tasks}


def descend(strategy: Strategy, tasks: str, steps: int = 20) -> Tensor:
    """Where plain gradient descent under the strategy leads from one fixed point."""
    x = torch.tensor([0.3, -0.7], dtype=torch.float64, requires_grad=True)
    for _ in range(steps):
        x.grad = None
        strategy.backward(losses(x, tasks))
        with torch.no_grad():
            x -= 0.05 * x.grad
        strategy.after_step(losses(x, tasks))
    strategy.end_epoch()
    return x.detach()


def test_is_registered_under_its_name_and_says_how_it_treats_lambda(kind: type[Strategy]) -> None:
    assert STRATEGIES[kind.name] is kind
    assert isinstance(kind.reads_lambda, bool)
    assert kind.reason


def test_one_task_with_lambda_one_is_plain_training(kind: type[Strategy]) -> None:
    x = torch.tensor([0.3, -0.7], dtype=torch.float64, requires_grad=True)
    for _ in range(20):
        (gradient,) = torch.autograd.grad(losses(x, "a")["a"], x)
        x = (x - 0.05 * gradient).detach().requires_grad_()
    assert torch.allclose(descend(kind({"a": 1.0}), "a"), x)


def test_the_order_of_tasks_changes_nothing(kind: type[Strategy]) -> None:
    lambdas = {"a": 1.0, "b": 2.0, "c": 0.5}
    turned = dict(reversed(lambdas.items()))
    one, other = kind(lambdas), kind(turned)
    assert torch.allclose(descend(one, "abc"), descend(other, "cba"))
    assert one.weights() == pytest.approx(other.weights())


def test_an_absent_task_changes_nothing_for_the_others(kind: type[Strategy]) -> None:
    with_absent = descend(kind({"a": 1.0, "b": 2.0, "c": 0.5}), "ab")
    assert torch.allclose(with_absent, descend(kind({"a": 1.0, "b": 2.0}), "ab"))


def test_there_is_a_weight_for_every_task(kind: type[Strategy]) -> None:
    weights = kind({"a": 1.0, "b": 2.0}).weights()
    assert set(weights) == {"a", "b"}
    assert all(weight >= 0 for weight in weights.values())


def test_lambda_moves_the_update_exactly_where_the_strategy_reads_it(kind: type[Strategy]) -> None:
    low, high = descend(kind({"a": 1.0, "b": 1.0}), "ab"), descend(kind({"a": 1.0, "b": 3.0}), "ab")
    assert torch.equal(low, high) is not kind.reads_lambda
