from __future__ import annotations

import pytest
import torch

from mtrec.strategies.sum import Sum


def test_gradients_add_up_weighted() -> None:
    """d/dx (2·x² + 0.5·7x) at x = 3 is 2·6 + 0.5·7."""
    x = torch.tensor(3.0, requires_grad=True)
    Sum({"a": 2.0, "b": 0.5}).backward({"a": x**2, "b": 7 * x})
    assert x.grad is not None
    assert float(x.grad) == pytest.approx(15.5)


def test_the_lambda_of_an_absent_task_is_not_handed_on() -> None:
    x = torch.tensor(3.0, requires_grad=True)
    Sum({"a": 2.0, "b": 50.0}).backward({"a": x**2})
    assert x.grad is not None
    assert float(x.grad) == pytest.approx(12.0)
