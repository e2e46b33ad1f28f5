from __future__ import annotations

import subprocess
import sys

import pytest
from pydantic import ValidationError

from mtrec.strategies.config import StrategyConfig


def test_an_unknown_strategy_is_refused_with_the_list() -> None:
    with pytest.raises(ValidationError, match="no strategy dwarf; choose one of: sum"):
        StrategyConfig(name="dwarf")


def test_a_setting_the_strategy_does_not_have_is_refused() -> None:
    with pytest.raises(ValidationError, match="sum has no setting temperature; it has: none"):
        StrategyConfig(params={"temperature": 2})


def test_a_value_that_cannot_be_used_is_refused_with_what_is_expected() -> None:
    with pytest.raises(ValidationError, match="mu to be a number above 0"):
        StrategyConfig(name="stch", params={"mu": 0})
    with pytest.raises(ValidationError, match="c to be a number of at least 0"):
        StrategyConfig(name="cagrad", params={"c": "much"})


def test_filled_has_every_setting_and_keeps_those_that_are_set() -> None:
    config = StrategyConfig(name="famo", params={"decay": 0.5})
    assert config.filled().params == {"rate": 0.025, "decay": 0.5}
    assert StrategyConfig().filled() == StrategyConfig()


def test_reading_settings_leaves_torch_alone() -> None:
    """Pages open and files are checked without its seconds of loading."""
    code = (
        "import sys; from mtrec.strategies import STRATEGIES;"
        "from mtrec.strategies.config import StrategyConfig;"
        "[StrategyConfig(name=name) for name in STRATEGIES]; assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
