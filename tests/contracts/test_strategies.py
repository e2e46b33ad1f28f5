"""What every registered strategy keeps to. A newcomer is tested from its first line."""

from __future__ import annotations

import doctest
import importlib
import json
import math

import pytest
import torch
from torch import Tensor

from mtrec.strategies import STRATEGIES, Strategy
from mtrec.strategies.base import Learning
from mtrec.strategies.config import StrategyConfig
from mtrec.strategies.gradients import GradientStrategy

TARGETS = {"a": 1.0, "b": -2.0, "c": 0.5}
LAMBDAS = {"a": 1.0, "b": 2.0, "c": 0.5}
COMPARING = [each for each in STRATEGIES.values() if issubclass(each, GradientStrategy)]
RATE = 0.05


@pytest.fixture(params=STRATEGIES.values(), ids=STRATEGIES.keys())
def kind(request: pytest.FixtureRequest) -> type[Strategy]:
    return request.param


@pytest.fixture(params=COMPARING, ids=[each.name for each in COMPARING])
def comparing(request: pytest.FixtureRequest) -> type[Strategy]:
    return request.param


def losses(x: Tensor, tasks: str) -> dict[str, Tensor]:
    """Paraboloids with their lowest points on a line and different slopes along it."""
    scale = x.new_tensor([1.0, 2.0])
    return {task: ((x - TARGETS[task]) * scale).square().sum() + 0.1 for task in tasks}


def start() -> Tensor:
    return torch.tensor([0.3, -0.7], dtype=torch.float64, requires_grad=True)


def descend(strategy: Strategy, x: Tensor, *steps: str) -> Tensor:
    """Plain gradient descent under the strategy, on the tasks of each step; an epoch every third.

    Returns:
        Where it leads, `(2,)`.
    """
    strategy.attach(Learning(compared=[x]))
    for count, tasks in enumerate(steps, start=1):
        learning = [x, *strategy.parameters()]
        for parameter in learning:
            parameter.grad = None
        strategy.backward(losses(x, tasks))
        with torch.no_grad():
            for parameter in learning:
                if parameter.grad is not None:
                    parameter -= RATE * parameter.grad
        strategy.after_step(
            lambda tasks=tasks: {task: each.item() for task, each in losses(x, tasks).items()}
        )
        if count % 3 == 0:
            strategy.end_epoch()
    return x.detach().clone()


def gradients(x: Tensor, tasks: str) -> dict[str, Tensor]:
    return {task: torch.autograd.grad(loss, x)[0] for task, loss in losses(x, tasks).items()}


def test_is_registered_and_says_in_words_what_it_is_for(kind: type[Strategy]) -> None:
    assert STRATEGIES[kind.name] is kind
    assert isinstance(kind.reads_lambda, bool)
    assert kind.reason
    assert kind.what_for.startswith("When ")
    assert not kind.what_for.endswith(".")


def test_its_page_has_the_source_and_an_example_that_runs(kind: type[Strategy]) -> None:
    assert "arXiv:" in (kind.__doc__ or "")
    result = doctest.testmod(importlib.import_module(kind.__module__))
    assert result.attempted > 0
    assert result.failed == 0


def test_its_settings_stand_in_the_config_and_are_checked(kind: type[Strategy]) -> None:
    StrategyConfig(name=kind.name)
    assert StrategyConfig(name=kind.name).filled().params == kind.defaults()
    for setting, told in kind.params.items():
        assert told.title and told.words and not told.words.endswith(".")
        assert getattr(kind({}, **{setting: 0.3}), setting) == 0.3
        StrategyConfig(name=kind.name, params={setting: 0.3})
        for wrong in (-1, "much", math.nan, True):
            with pytest.raises(ValueError, match=f"{setting} to be a number"):
                StrategyConfig(name=kind.name, params={setting: wrong})


def test_the_update_is_the_gradients_weighted_as_it_says(kind: type[Strategy]) -> None:
    strategy, x = kind(LAMBDAS), start()
    descend(strategy, x, "abc", "ac", "abc", "abc", "bc")
    parts, x.grad = gradients(x, "abc"), None
    strategy.backward(losses(x, "abc"))
    weights = strategy.weights()
    assert x.grad is not None
    torch.testing.assert_close(x.grad, sum(weights[task] * parts[task] for task in "abc"))


def test_one_task_with_lambda_one_is_plain_training(kind: type[Strategy]) -> None:
    """Up to the size of the step, where the strategy learns that size."""
    strategy, x, plain = kind({"a": 1.0}), start(), start()
    for _ in range(20):
        descend(strategy, x, "a")
        weight = strategy.weights()["a"]
        assert weight > 0
        if not strategy.parameters():
            assert weight == pytest.approx(1, abs=1e-6)
        plain = (plain - RATE * weight * gradients(plain, "a")["a"]).detach().requires_grad_()
        torch.testing.assert_close(x.detach(), plain.detach())


def test_the_order_of_tasks_changes_nothing(kind: type[Strategy]) -> None:
    one, other = kind(LAMBDAS), kind(dict(reversed(LAMBDAS.items())))
    torch.testing.assert_close(
        descend(one, start(), *["abc"] * 12), descend(other, start(), *["cba"] * 12)
    )
    assert one.weights() == pytest.approx(other.weights())


def test_other_names_change_nothing(kind: type[Strategy], monkeypatch: pytest.MonkeyPatch) -> None:
    """Two tasks that swap names swap weights."""
    one, other = kind({"a": 1.0, "b": 2.0}), kind({"a": 2.0, "b": 1.0})
    before = descend(one, start(), *["ab"] * 7)
    swapped = {"a": TARGETS["b"], "b": TARGETS["a"]}
    for task, target in swapped.items():
        monkeypatch.setitem(TARGETS, task, target)
    torch.testing.assert_close(descend(other, start(), *["ab"] * 7), before, rtol=1e-3, atol=1e-3)
    weights = other.weights()
    expected = {"a": weights["b"], "b": weights["a"]}
    assert one.weights() == pytest.approx(expected, rel=1e-2, abs=1e-3)


def test_an_absent_task_changes_nothing_for_the_others(kind: type[Strategy]) -> None:
    with_it, without = kind(LAMBDAS), kind({"a": 1.0, "b": 2.0})
    steps = ["ab", "a", "ab", "ab", "b", "ab"] * 2
    torch.testing.assert_close(descend(with_it, start(), *steps), descend(without, start(), *steps))
    absent = with_it.weights().pop("c")
    assert absent == kind(LAMBDAS).weights()["c"]
    assert with_it.weights() == pytest.approx(without.weights() | {"c": absent})


def test_there_is_a_weight_for_every_task_from_the_start(kind: type[Strategy]) -> None:
    weights = kind({"a": 1.0, "b": 2.0}).weights()
    assert set(weights) == {"a", "b"}
    assert all(weight > 0 for weight in weights.values())


def test_lambda_moves_the_update_exactly_where_the_strategy_reads_it(kind: type[Strategy]) -> None:
    low = descend(kind({"a": 1.0, "b": 1.0}), start(), *["ab"] * 7)
    high = descend(kind({"a": 1.0, "b": 3.0}), start(), *["ab"] * 7)
    assert torch.equal(low, high) is not kind.reads_lambda


def test_going_on_from_a_stored_state_gives_equal_digits(kind: type[Strategy]) -> None:
    first, later = ["abc", "ab", "abc", "bc", "abc"], ["abc", "a", "abc", "ac"]
    strategy, x = kind(LAMBDAS), start()
    descend(strategy, x, *first)
    stored, y = json.dumps(strategy.state()), x.detach().clone().requires_grad_()
    resumed = kind(LAMBDAS)
    resumed.load_state(json.loads(stored))
    assert resumed.weights() == strategy.weights()
    assert torch.equal(descend(strategy, x, *later), descend(resumed, y, *later))
    assert resumed.weights() == strategy.weights()
    assert resumed.state() == strategy.state()


def test_an_empty_state_is_stored_as_well(kind: type[Strategy]) -> None:
    strategy = kind(LAMBDAS)
    strategy.load_state(json.loads(json.dumps(kind(LAMBDAS).state())))
    there = descend(strategy, start(), *["abc"] * 4)
    assert torch.equal(there, descend(kind(LAMBDAS), start(), *["abc"] * 4))


@pytest.mark.parametrize("which", ["constant", "flat", "zero", "all flat"])
def test_losses_that_nothing_can_lower_give_numbers(kind: type[Strategy], which: str) -> None:
    strategy, x = kind({"a": 1.0, "b": 1.0}), start()
    strategy.attach(Learning(compared=[x]))
    for step in range(5):
        x.grad = None
        level = 0.0 if which == "zero" else 0.4
        flat = torch.tensor(level, dtype=x.dtype) if which == "constant" else 0 * x.sum() + level
        other = 0 * x.sum() + 1 if which == "all flat" else losses(x, "a")["a"]
        strategy.backward({"a": other, "b": flat})
        assert x.grad is not None
        assert x.grad.isfinite().all(), step
        with torch.no_grad():
            x -= RATE * x.grad
        strategy.after_step(lambda level=level: {"a": 0.5, "b": level})
        strategy.end_epoch()
        assert all(math.isfinite(weight) for weight in strategy.weights().values())


def test_a_step_without_anything_to_learn_passes(kind: type[Strategy]) -> None:
    strategy = kind({"a": 1.0})
    strategy.attach(Learning(compared=[start()]))
    strategy.backward({"a": torch.tensor(0.7)})
    strategy.after_step(lambda: {"a": 0.7})


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("size", [1e-4, 1e4])
def test_gradients_of_any_size_are_compared_alike(
    comparing: type[Strategy], dtype: torch.dtype, size: float
) -> None:
    """A training whose losses are all a thousand times smaller takes the same directions."""
    directions = []
    for scale in (1.0, size):
        x = start().detach().to(dtype).requires_grad_()
        strategy = comparing(LAMBDAS)
        strategy.attach(Learning(compared=[x]))
        strategy.backward({task: scale * loss for task, loss in losses(x, "abc").items()})
        assert x.grad is not None
        assert x.grad.dtype == dtype
        directions.append(x.grad / scale)
    torch.testing.assert_close(*directions, rtol=1e-2, atol=1e-3)


def two_layers(task_scale: float) -> tuple[Tensor, Tensor, dict[str, Tensor], dict[str, Tensor]]:
    """Losses of two tasks over y (below), x (compared) and a head each."""
    y = torch.tensor([1.0, 2.0], dtype=torch.float64, requires_grad=True)
    x = torch.tensor([0.5, -1.0], dtype=torch.float64, requires_grad=True)
    states = (x * y.tanh()).tanh()
    heads = {
        "a": torch.tensor([1.0, 0.5], dtype=torch.float64, requires_grad=True),
        "b": torch.tensor([-1.0, 2.0], dtype=torch.float64, requires_grad=True),
    }
    found = {
        "a": (states @ heads["a"] - 1).square(),
        "b": task_scale * (states @ heads["b"] + 2).square(),
    }
    return y, x, heads, found


def test_what_lies_below_learns_with_the_same_weights(comparing: type[Strategy]) -> None:
    y, x, heads, found = two_layers(3)
    plain = {task: torch.autograd.grad(found[task], y, retain_graph=True)[0] for task in found}
    strategy = comparing({"a": 1.0, "b": 2.0})
    strategy.attach(Learning(compared=[x], shared=[y], heads=list(heads.values())))
    strategy.backward(found)
    weights = strategy.weights()
    assert y.grad is not None
    torch.testing.assert_close(y.grad, sum(weights[task] * plain[task] for task in "ab"))


def test_heads_learn_from_their_own_task(kind: type[Strategy]) -> None:
    """At weight 1 where gradients are compared, else at the task's weight."""
    y, x, heads, found = two_layers(3)
    plain = {
        task: torch.autograd.grad(loss, heads[task], retain_graph=True)[0]
        for task, loss in found.items()
    }
    strategy = kind({"a": 1.0, "b": 2.0})
    strategy.attach(Learning(compared=[x], shared=[y], heads=list(heads.values())))
    strategy.backward(found)
    for task, head in heads.items():
        weight = 1.0 if issubclass(kind, GradientStrategy) else strategy.weights()[task]
        assert head.grad is not None
        torch.testing.assert_close(head.grad, weight * plain[task])


def test_gradients_add_to_what_is_there(kind: type[Strategy]) -> None:
    alone, added = start(), start()
    for x in (alone, added):
        strategy = kind(LAMBDAS)
        strategy.attach(Learning(compared=[x]))
        if x is added:
            x.grad = torch.ones_like(x)
        strategy.backward(losses(x, "abc"))
    assert alone.grad is not None
    torch.testing.assert_close(added.grad, alone.grad + 1)


def test_the_cosines_of_the_last_step_are_told(comparing: type[Strategy]) -> None:
    strategy, x = comparing(LAMBDAS), start()
    parts = gradients(x, "abc")
    strategy.attach(Learning(compared=[x]))
    strategy.backward(losses(x, "bac"))
    cosine = torch.nn.functional.cosine_similarity
    assert strategy.cosines() == pytest.approx(
        {
            (one, other): float(cosine(parts[one], parts[other], dim=0))
            for one, other in (("a", "b"), ("a", "c"), ("b", "c"))
        }
    )
    strategy.backward({"a": losses(x, "a")["a"], "b": 0 * x.sum()})
    assert strategy.cosines() == {}
