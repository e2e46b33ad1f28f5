"""The tree of a run's settings: files, single settings, datasets, and what errors say."""

from __future__ import annotations

from pathlib import Path

import pytest

from mtrec.config import RunConfig, for_dataset, load_config, parse_config, with_settings
from mtrec.errors import InputError


def test_a_config_survives_json() -> None:
    config = with_settings(RunConfig(), ["tasks.mood.lambda=0.5", "encoder.method=full"])

    assert RunConfig.model_validate_json(config.model_dump_json()) == config


def test_settings_are_read_as_yaml_and_leave_the_original_alone() -> None:
    config = RunConfig()

    changed = with_settings(
        config,
        [
            "tasks.mood.lambda=2",
            "tasks.mood.enabled=false",
            "train.learning_rate=1e-4",
            "encoder.name=some/folder",
            "train.epochs=null",
        ],
    )

    assert changed.tasks["mood"].lambda_ == 2.0
    assert changed.tasks["mood"].enabled is False
    assert changed.train.learning_rate == 1e-4
    assert changed.encoder.name == "some/folder"
    assert changed.train.epochs is None
    assert config == RunConfig()


def test_the_last_setting_of_a_key_holds() -> None:
    assert with_settings(RunConfig(), ["train.seed=1", "train.seed=2"]).train.seed == 2


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("train.epoch=2", "Fix: write train.epochs"),
        ("trian.epochs=2", "Fix: write train"),
        ("tasks.mood.lamda=2", "Fix: write tasks.mood.lambda"),
        ("tasks.mood.lambda=-1", "greater than or equal to 0"),
        ("encoder.method=topp", "'frozen', 'top', 'lora', 'prompt' or 'full'"),
        ("encoder.lora_rnk=4", "Fix: write encoder.lora_rank"),
        ("encoder.pretrain_epochs=-1", "greater than or equal to 0"),
        ("strategy.name=uncertainly", "one of: sum"),
        ("train.epochs=many", "a valid integer"),
        ("train.epochs.most=2", "Expected: train.epochs=value"),
        ("train.epochs", "Expected: key=value"),
        ("=2", "Expected: key=value"),
    ],
)
def test_an_error_names_the_fix(setting: str, said: str) -> None:
    with pytest.raises(InputError, match="--set") as caught:
        with_settings(RunConfig(), [setting])

    assert said in str(caught.value)


def test_a_file_fills_what_it_names(tmp_path: Path) -> None:
    path = tmp_path / "settings.yaml"
    path.write_text("encoder: {method: frozen}\ntasks: {mood: {lambda: 0}}\n", encoding="utf-8")

    config = load_config(path)

    assert config.encoder.method == "frozen"
    assert config.tasks["mood"].lambda_ == 0
    assert config.train == RunConfig().train


def test_an_empty_file_is_the_defaults(tmp_path: Path) -> None:
    path = tmp_path / "settings.yaml"
    path.write_text("", encoding="utf-8")

    assert load_config(path) == RunConfig()


@pytest.mark.parametrize(
    "content", ["encoder: [", "- a list", "encoder: {methods: top}", "just words"]
)
def test_a_bad_file_is_named(tmp_path: Path, content: str) -> None:
    path = tmp_path / "settings.yaml"
    path.write_text(content, encoding="utf-8")

    with pytest.raises(InputError, match=r"settings\.yaml"):
        load_config(path)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"absent\.yaml"):
        load_config(tmp_path / "absent.yaml")


def test_a_dataset_fills_in_its_tasks_in_its_order() -> None:
    config = with_settings(RunConfig(), ["tasks.topic.lambda=3"])

    filled = for_dataset(config, {"mood": "binary", "topic": "multiclass"})

    assert list(filled.tasks) == ["mood", "topic"]
    assert (filled.tasks["mood"].lambda_, filled.tasks["topic"].lambda_) == (1.0, 3.0)


def test_a_task_the_dataset_lacks_is_refused_with_the_nearest() -> None:
    config = with_settings(RunConfig(), ["tasks.sentimet.lambda=3"])

    with pytest.raises(InputError, match="write sentiment instead of sentimet"):
        for_dataset(config, {"topic": "binary", "sentiment": "binary"})


def test_only_labels_that_exclude_each_other_can_be_balanced() -> None:
    config = with_settings(RunConfig(), ["tasks.mood.balanced=true"])
    assert for_dataset(config, {"mood": "binary"}).tasks["mood"].balanced
    with pytest.raises(InputError, match="mood cannot be balanced"):
        for_dataset(config, {"mood": "multilabel"})


def test_where_stands_in_front_of_the_key() -> None:
    with pytest.raises(InputError, match=r"Where: the form: train\.epochs"):
        parse_config({"train": {"epochs": 0}}, "the form")
