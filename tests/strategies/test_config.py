from __future__ import annotations

import pytest
from pydantic import ValidationError

from mtrec.strategies.config import StrategyConfig


def test_an_unknown_strategy_is_refused_with_the_list() -> None:
    with pytest.raises(ValidationError, match="no strategy dwarf; choose one of: sum"):
        StrategyConfig(name="dwarf")


def test_a_setting_the_strategy_does_not_have_is_refused() -> None:
    with pytest.raises(ValidationError, match="sum has no setting temperature; it has: none"):
        StrategyConfig(params={"temperature": 2})
