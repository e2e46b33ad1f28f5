"""What is searched: read from words, usual where nobody says, and told exactly as it is tried."""

from __future__ import annotations

import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from mtrec.config import RunConfig, with_settings
from mtrec.errors import InputError
from mtrec.search.space import as_it_is, parse_space, usual, with_values

CONFIG = with_settings(RunConfig(), ["tasks.mood.lambda=1", "tasks.topic.lambda=1"])


def test_ranges_are_read() -> None:
    space = parse_space(
        [
            "train.learning_rate=1e-5..1e-3",
            "trunk.dropout=0..0.5",
            "train.epochs=2..8",
            "trunk.width=16..512",
            "trunk.kind=shared,mmoe",
        ],
        CONFIG,
    )
    assert space == {
        "train.learning_rate": FloatDistribution(1e-5, 1e-3, log=True),
        "trunk.dropout": FloatDistribution(0, 0.5),
        "train.epochs": IntDistribution(2, 8),
        "trunk.width": IntDistribution(16, 512, log=True),
        "trunk.kind": CategoricalDistribution(["shared", "mmoe"]),
    }


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("train.epochs", "nothing to search over"),
        ("train.epochs=", "nothing to search over"),
        ("train.epochs=3", "nothing to search over"),
        ("train.epochs=3,3", "nothing to search over"),
        ("train.epochs=5..3", "nothing to search over"),
        ("trunk.kind=shared..mmoe", "nothing to search over"),
        ("trunk.dropout=0..1", "less than 1"),
        ("train.epoch=1..3", "write train.epochs"),
        ("trunk.kind=shared,mmo", "'shared', 'mmoe' or 'cgc'"),
    ],
)
def test_what_is_no_range_is_refused_in_a_sentence(given: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        parse_space([given], CONFIG)


def test_usually_the_weights_of_all_tasks_but_one_and_the_steps_are_searched() -> None:
    assert set(usual(CONFIG)) == {
        "tasks.topic.lambda",
        "train.learning_rate",
        "train.head_learning_rate",
        "trunk.dropout",
    }


@pytest.mark.parametrize(
    ("setting", "key"),
    [
        ("encoder.method=frozen", "train.learning_rate"),
        ("strategy.name=dwa", "tasks.topic.lambda"),
        ("tasks.topic.lambda=0", "tasks.topic.lambda"),
    ],
)
def test_what_a_training_does_not_use_is_not_searched(setting: str, key: str) -> None:
    assert key not in usual(with_settings(CONFIG, [setting]))


@pytest.mark.parametrize("method", ["frozen", "top", "lora", "prompt", "full"])
def test_settings_as_they_are_lie_in_what_is_usually_searched(method: str) -> None:
    config = with_settings(CONFIG, [f"encoder.method={method}"])
    values = as_it_is(config, usual(config))
    assert values is not None
    assert with_values(config, values).train.learning_rate_for(
        config.encoder
    ) == config.train.learning_rate_for(config.encoder)


def test_settings_outside_of_what_is_searched_are_not_tried_first() -> None:
    left_to_the_method = parse_space(["train.epochs=1..3"], CONFIG)
    assert as_it_is(CONFIG, left_to_the_method) is None
    assert as_it_is(CONFIG, parse_space(["trunk.dropout=0.3..0.5"], CONFIG)) is None
    assert as_it_is(CONFIG, parse_space(["trunk.kind=mmoe,cgc"], CONFIG)) is None
    assert as_it_is(CONFIG, parse_space(["trunk.kind=shared,cgc"], CONFIG)) == {
        "trunk.kind": "shared"
    }
