"""What a search may change: settings, each with the values it may take."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import reduce
from typing import Any

import yaml
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

from mtrec.config import RunConfig, with_settings
from mtrec.errors import InputError
from mtrec.strategies import STRATEGIES

Space = Mapping[str, BaseDistribution]
"""Keys of settings, such as `train.learning_rate`, and where their values come from."""

LAMBDAS = (0.1, 10.0)  # of every task but the first, whose λ stays: they count beside each other
AROUND = 5.0  # how far a size of steps may lie from the usual one, as a factor
DROPOUT = (0.0, 0.5)
WIDE = 10.0  # a range whose ends differ by this factor or more is searched by orders of magnitude
RANGE = re.compile(r"^(\S+?)\.\.(\S+)$")


def usual(config: RunConfig) -> Space:
    """What is searched where nobody says otherwise.

    Args:
        config: with one entry for each task of the dataset.
    """
    space: dict[str, BaseDistribution] = {}
    learned = [name for name, task in config.tasks.items() if task.enabled and task.lambda_ > 0]
    if STRATEGIES[config.strategy.name].reads_lambda:
        for name in learned[1:]:
            space[f"tasks.{name}.lambda"] = FloatDistribution(*LAMBDAS, log=True)
    rates = {"train.head_learning_rate": config.train.head_learning_rate}
    if config.encoder.method != "frozen":
        rates["train.learning_rate"] = config.train.learning_rate_for(config.encoder)
    for key, rate in rates.items():
        space[key] = FloatDistribution(rate / AROUND, min(1.0, rate * AROUND), log=True)
    space["trunk.dropout"] = FloatDistribution(*DROPOUT)
    return space


def parse_space(ranges: Sequence[str], config: RunConfig) -> Space:
    """Reads `train.learning_rate=1e-5..1e-3` and `trunk.kind=shared,mmoe`.

    Ends of a range that lie far apart are searched by orders of magnitude, whole ones in whole
    steps.

    Raises:
        InputError: a range is none, or its key or an end is not one of a run's settings.
    """
    space: dict[str, BaseDistribution] = {}
    for given in ranges:
        key, _, values = (part.strip() for part in given.partition("="))
        ends = RANGE.match(values)
        chosen = [_value(each) for each in (ends.groups() if ends else values.split(","))]
        if not key or not values or (not ends and len(set(map(str, chosen))) < 2):
            raise _no_range(given)
        for each in chosen:
            with_settings(config, [f"{key}={each}"])
        space[key] = _range(given, *chosen) if ends else CategoricalDistribution(chosen)
    return space


def _range(given: str, low: Any, high: Any) -> BaseDistribution:
    if not all(isinstance(end, int | float) for end in (low, high)) or low >= high:
        raise _no_range(given)
    far = low > 0 and high / low >= WIDE
    if isinstance(low, int) and isinstance(high, int):
        return IntDistribution(low, high, log=far)
    return FloatDistribution(float(low), float(high), log=far)


def _no_range(given: str) -> InputError:
    return InputError(
        "This is nothing to search over",
        expected="key=low..high with numbers, the lower first, or key=one,another",
        found=given,
        where="--over",
        fix="write, for example, train.learning_rate=1e-5..1e-3 or trunk.kind=shared,mmoe",
    )


def as_it_is(config: RunConfig, space: Space) -> dict[str, Any] | None:
    """The values that the settings have by themselves; None where one lies outside the space."""
    tree = config.model_dump(mode="json")
    values: dict[str, Any] = {
        key: reduce(lambda at, part: at[part], key.split("."), tree) for key in space
    }
    if values.get("train.learning_rate", 0) is None:
        values["train.learning_rate"] = config.train.learning_rate_for(config.encoder)
    for key, among in space.items():
        if not _holds(among, values[key]):
            return None
    return values


def with_values(config: RunConfig, values: Mapping[str, Any]) -> RunConfig:
    """The settings with the values of a trial."""
    return with_settings(config, [f"{key}={shown(value)}" for key, value in values.items()])


def ends(among: BaseDistribution) -> str:
    """Between which values a setting is searched, or among which, in words."""
    if isinstance(among, FloatDistribution | IntDistribution):
        return f"{among.low:g} to {among.high:g}"
    choices = among.choices if isinstance(among, CategoricalDistribution) else ()
    return ", ".join(map(str, choices))


def shown(value: Any) -> str:
    """A value in as many digits as it is tried with."""
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _holds(among: BaseDistribution, value: Any) -> bool:
    if isinstance(among, FloatDistribution | IntDistribution):
        return value is not None and bool(among.low <= value <= among.high)
    return isinstance(among, CategoricalDistribution) and value in among.choices


def _value(text: str) -> Any:
    """A number as such, also `1e-5`, which YAML takes for text; anything else as YAML reads it."""
    try:
        return int(text) if text.strip().isdecimal() else float(text)
    except ValueError:
        return yaml.safe_load(text)
