from __future__ import annotations

from typing import get_args

import pytest
from pydantic import ValidationError

from mtrec.config import RunConfig, for_dataset, with_settings
from mtrec.errors import InputError
from mtrec.models.config import EncoderConfig
from mtrec.training.config import AdversarialConfig, AugmentConfig, TrainConfig

RDROP = "train.adversarial.rdrop=true"


@pytest.mark.parametrize("method", get_args(EncoderConfig.model_fields["method"].annotation))
def test_every_method_has_its_epochs(method: str) -> None:
    assert TrainConfig().epochs_for(method) >= 1


def test_a_learning_rate_left_empty_is_the_methods_own() -> None:
    full, lora = (EncoderConfig.model_validate({"method": each}) for each in ("full", "lora"))
    assert TrainConfig().learning_rate_for(full) < TrainConfig().learning_rate_for(lora)
    assert TrainConfig(learning_rate=0.5).learning_rate_for(full) == 0.5


def test_a_small_encoder_made_from_nothing_takes_larger_steps_as_a_whole() -> None:
    rates = {
        (name, method): TrainConfig().learning_rate_for(
            EncoderConfig.model_validate({"name": name, "method": method})
        )
        for name in ("minilm", "scratch")
        for method in ("full", "lora")
    }
    assert rates["scratch", "full"] > rates["minilm", "full"]
    assert rates["scratch", "lora"] == rates["minilm", "lora"]


def test_epochs_left_empty_are_the_methods_own() -> None:
    assert TrainConfig().epochs_for("frozen") > TrainConfig().epochs_for("top")
    assert TrainConfig(epochs=1).epochs_for("frozen") == 1


def test_every_setting_is_described_and_unknown_ones_are_refused() -> None:
    for settings in (TrainConfig, AdversarialConfig, AugmentConfig):
        assert all(field.description for field in settings.model_fields.values())
    with pytest.raises(ValidationError, match="Extra inputs"):
        TrainConfig.model_validate({"learning_rat": 1e-3})


def test_what_changes_texts_or_losses_is_off_unless_asked_for() -> None:
    for settings in (AdversarialConfig(), AugmentConfig()):
        switches = [value for value in settings.model_dump().values() if isinstance(value, bool)]
        assert switches and not any(switches)


@pytest.mark.parametrize(
    ("settings", "where"),
    [
        (["encoder.method=frozen", "train.augment.words=true"], "train.augment.words"),
        (["encoder.method=frozen", "train.adversarial.fgm=true"], "train.adversarial.fgm"),
        (["trunk.dropout=0", "encoder.method=frozen", RDROP], "train.adversarial.rdrop"),
        (["trunk.dropout=0", "encoder.method=prompt", RDROP], "train.adversarial.rdrop"),
        (
            ["trunk.dropout=0", "encoder.method=lora", "encoder.lora_dropout=0", RDROP],
            "train.adversarial.rdrop",
        ),
    ],
)
def test_what_cannot_apply_is_refused_with_a_sentence(settings: list[str], where: str) -> None:
    config = with_settings(RunConfig(), settings)
    with pytest.raises(InputError) as error:
        for_dataset(config, {})
    assert error.value.where == where
    assert error.value.expected and error.value.found and f"{where}=false" in error.value.fix


@pytest.mark.parametrize("method", ["frozen", "prompt"])
def test_layers_that_do_not_learn_have_no_rates(method: str) -> None:
    config = with_settings(RunConfig(), [f"encoder.method={method}", "train.layer_decay=0.9"])
    with pytest.raises(InputError, match="No layer of the language model learns") as error:
        for_dataset(config, {})
    assert error.value.where == "train.layer_decay"
    assert error.value.fix and "train.layer_decay=1" in error.value.fix


@pytest.mark.parametrize(
    "settings",
    [
        *([f"encoder.method={each}", "train.layer_decay=0.9"] for each in ("top", "lora", "full")),
        ["encoder.method=frozen", "train.sampling=equal", "train.task_patience=1"],
        ["encoder.method=top", "train.augment.words=true", "train.adversarial.fgm=true"],
        ["encoder.method=frozen", RDROP],  # by the trunk's dropout
        ["trunk.dropout=0", "encoder.method=full", RDROP],  # by the encoder's own
        ["trunk.dropout=0", "encoder.method=lora", RDROP],
        ["encoder.method=frozen", "train.augment.cutoff=true", "train.augment.mixup=true"],
    ],
)
def test_what_applies_is_let_through(settings: list[str]) -> None:
    for_dataset(with_settings(RunConfig(), settings), {})
