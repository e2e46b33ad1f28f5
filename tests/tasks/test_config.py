from __future__ import annotations

import pytest
from pydantic import ValidationError

from mtrec.tasks.config import TaskConfig


def test_lambda_keeps_its_name_on_the_way_out_and_back() -> None:
    text = TaskConfig(lambda_=2).model_dump_json()
    assert '"lambda":2.0' in text
    assert TaskConfig.model_validate_json(text) == TaskConfig(lambda_=2)


@pytest.mark.parametrize("value", [-1, float("nan"), float("inf"), "much"])
def test_lambda_is_a_finite_number_from_zero_up(value: object) -> None:
    with pytest.raises(ValidationError):
        TaskConfig.model_validate({"lambda": value})
