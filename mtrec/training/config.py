"""The settings of a training."""

from __future__ import annotations

import math
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from mtrec.errors import InputError
from mtrec.models.config import SCRATCH, EncoderConfig, TrunkConfig

EPOCHS = {"frozen": 15, "top": 3, "lora": 3, "prompt": 5, "full": 3}
# Best on validation of the sample shop (top, lora, prompt) and of wnut17 (full), of two to four.
LEARNING_RATES = {"frozen": 0.0, "top": 2e-4, "lora": 1e-3, "prompt": 2e-2, "full": 1e-4}
SCRATCH_RATES = {"full": 3e-4}  # of a small encoder made from nothing; on waimai, of two

LEARNING: list[JsonValue] = [method for method in EPOCHS if method != "frozen"]


class AdversarialConfig(BaseModel):
    """Learning to answer alike where a text is read a little differently."""

    model_config = ConfigDict(extra="forbid")

    fgm: bool = Field(
        False,
        title="Hardest small changes (FGM)",
        json_schema_extra={"used_where": {"encoder.method": LEARNING}},
        description="Also learn each text as it reads after the small change of its words' meaning "
        "that hurts the answers most, so that small differences in wording matter less. Takes two "
        "to four times as long. Not where the method is frozen",
    )
    fgm_strength: float = Field(
        0.3,
        gt=0,
        le=100,
        title="Size of these changes",
        description="How far the meanings of a text's words are moved, all together: 1 is as far "
        "as the meaning of one word is large",
    )
    rdrop: bool = Field(
        False,
        title="Same answer twice (R-Drop)",
        description="Read each text twice, with different parts of it hidden at random, and learn "
        "to answer alike both times. Takes up to twice as long",
    )
    rdrop_strength: float = Field(
        1.0,
        gt=0,
        le=100,
        title="Weight of the same answer",
        description="How much it counts that both answers are alike, beside that they are right",
    )


class AugmentConfig(BaseModel):
    """Learning from texts that are changed a little, other ways in each epoch."""

    model_config = ConfigDict(extra="forbid")

    words: bool = Field(
        False,
        title="Damaged words",
        json_schema_extra={"used_where": {"encoder.method": LEARNING}},
        description="Learn from texts in which some words are misspelt, left out or swapped with "
        "the next one, so that such slips matter less. Labels of marked words stay with their "
        "words. Not where the method is frozen",
    )
    words_strength: float = Field(
        0.1,
        gt=0,
        lt=1,
        title="Share of damaged words",
        description="The share of a text's words that is changed",
    )
    cutoff: bool = Field(
        False,
        title="Hidden parts (cutoff)",
        description="Hide some of each text at random, so that no single word decides: word "
        "pieces where the language model learns; where it is frozen, some of the numbers that "
        "it says of the text",
    )
    cutoff_strength: float = Field(
        0.1,
        gt=0,
        lt=1,
        title="Share of hidden parts",
        description="The share of a text that is hidden",
    )
    mixup: bool = Field(
        False,
        title="Mixed texts (mixup)",
        description="Learn from mixtures of two texts whose answer should be as mixed, so that "
        "the model is less sure between labels. Tasks that mark words are left as they are",
    )
    mixup_strength: float = Field(
        0.2,
        gt=0,
        le=100,
        title="Evenness of the mixtures",
        description="Near 0 a mixture is almost one of the two texts alone, at 1 any share is as "
        "likely, above it most mixtures are about half and half",
    )


class TrainConfig(BaseModel):
    """How long, how fast and how carefully to learn."""

    model_config = ConfigDict(extra="forbid")

    epochs: int | None = Field(
        None,
        ge=1,
        le=1000,
        title="Epochs at most",
        description="How often to go through the training records, at most. Left empty: "
        f"{EPOCHS['frozen']} where the encoder is frozen (an epoch takes about a second then), "
        f"{EPOCHS['prompt']} where prompts learn, {EPOCHS['top']} otherwise",
    )
    patience: int = Field(
        3,
        ge=1,
        le=1000,
        title="Epochs without progress",
        description="Stop once this many epochs in a row brought nothing better on validation",
    )
    task_patience: int | None = Field(
        None,
        ge=1,
        le=1000,
        title="Patience with each task",
        json_schema_extra={"empty": "never"},
        description="A task that gets no better on validation for this many epochs in a row is "
        "taken out of what tasks share: it shapes that no more, and what is its own goes back to "
        "its best epoch and learns on by itself. Left empty: never",
    )
    sampling: Literal["proportional", "temperature", "equal"] = Field(
        "proportional",
        title="How often tasks are seen",
        description="Tasks may have very different numbers of labels, and those with few are "
        "seldom seen. An epoch reads as many records either way",
    )
    sampling_temperature: float = Field(
        2.0,
        ge=1,
        le=100,
        title="Evenness of tasks",
        json_schema_extra={"used_where": {"train.sampling": ["temperature"]}},
        description="Where how often tasks are seen is temperature: 1 is as often as there are "
        "labels, 2 as the square root of their number, and large ones are almost equal",
    )
    batch_tokens: int = Field(
        2048,
        ge=64,
        le=262_144,
        title="Word pieces read at once",
        description="How many word pieces are read at once. Fewer need less memory",
    )
    learning_rate: float | None = Field(
        None,
        gt=0,
        le=1,
        title="Learning speed of the language model",
        json_schema_extra={"used_where": {"encoder.method": LEARNING}},
        description="How large the steps are by which the language model learns (its learning "
        "rate). Left empty: "
        + ", ".join(f"{rate:g} for {way}" for way, rate in LEARNING_RATES.items() if rate)
        + f" ({SCRATCH_RATES['full']:g} where scratch is the language model)",
    )
    head_learning_rate: float = Field(
        1e-3,
        gt=0,
        le=1,
        title="Learning speed above the language model",
        description="How large the steps are by which everything above the language model learns "
        "(its learning rate)",
    )
    layer_decay: float = Field(
        1.0,
        gt=0,
        le=1,
        title="Smaller steps further down",
        json_schema_extra={"used_where": {"encoder.method": ["top", "lora", "full"]}},
        description="What the size of the language model's steps is multiplied by from each of its "
        "layers to the one below. Lower layers know more of language in general; at 0.9 or so "
        "they keep more of it. 1 for steps of one size. Not where the method is frozen or prompt",
    )
    warmup: float = Field(
        0.1,
        ge=0,
        lt=1,
        title="Slow start",
        description="The share of the training over which the steps grow to full size",
    )
    weight_decay: float = Field(
        0.01,
        ge=0,
        le=1,
        title="Pull towards zero",
        description="How strongly what is learned is pulled back to zero (weight decay), against "
        "learning by heart",
    )
    clip: float = Field(
        1.0,
        gt=0,
        le=1000,
        title="Limit on one step",
        description="How strongly the texts of one step may ask for a change, at most (the norm of "
        "the gradient), so that a few odd ones cannot undo what was learned",
    )
    seed: int = Field(
        0,
        ge=0,
        lt=2**32,
        title="Random seed",
        description="Another seed gives another random start and order",
    )
    precision: Literal["auto", "fp32", "bf16"] = Field(
        "auto",
        title="Number format",
        description="The number format that the language model calculates in. auto measures which "
        "one is faster on this machine",
    )
    adversarial: AdversarialConfig = Field(
        AdversarialConfig(), description="Answers that small differences do not change"
    )
    augment: AugmentConfig = Field(
        AugmentConfig(), description="Texts that are changed a little while learning"
    )

    @property
    def temperature(self) -> float:
        """How even tasks of unequal size are drawn: 1 by their size, infinite all alike."""
        temperatures = {"proportional": 1.0, "equal": math.inf}
        return temperatures.get(self.sampling, self.sampling_temperature)

    def epochs_for(self, method: str) -> int:
        """The most epochs for an encoder method: as set, or the method's own number."""
        return self.epochs or EPOCHS[method]

    def learning_rate_for(self, encoder: EncoderConfig) -> float:
        """The encoder's learning rate: as set, or its method's own."""
        rates = LEARNING_RATES | (SCRATCH_RATES if encoder.name == SCRATCH else {})
        return self.learning_rate or rates[encoder.method]


def check_applicable(train: TrainConfig, encoder: EncoderConfig, trunk: TrunkConfig) -> None:
    """Refuses what cannot work together with how the encoder learns.

    Raises:
        InputError: what rests of the encoder would be random, since it never learned; or texts
            would have to be read anew, but a frozen encoder reads each once; or two readings would
            have to differ, but nothing is hidden at random; or layers would learn at rates of their
            own, but none learns.
    """
    if encoder.name == SCRATCH and encoder.method != "full" and not encoder.epochs_of_guessing:
        raise InputError(
            "The language model begins with random numbers, and most of it would never learn",
            expected="encoder.method=full, or encoder.pretrain_epochs above 0",
            found=f"encoder.method={encoder.method}, encoder.pretrain_epochs=0",
            where="encoder.pretrain_epochs",
            fix="set encoder.method=full, or leave encoder.pretrain_epochs out",
        )
    frozen = encoder.method == "frozen"
    for switch, on in (
        ("adversarial.fgm", train.adversarial.fgm),
        ("augment.words", train.augment.words),
    ):
        if on and frozen:
            raise InputError(
                "This way of learning needs texts that are read anew in each epoch",
                expected="an encoder that learns: encoder.method=top, lora, prompt or full",
                found="encoder.method=frozen, which reads each text once",
                where=f"train.{switch}",
                fix=f"set train.{switch}=false, or encoder.method=top",
            )
    if train.layer_decay != 1 and encoder.method in ("frozen", "prompt"):
        raise InputError(
            "No layer of the language model learns, so their steps can't differ in size",
            expected="an encoder whose layers learn: encoder.method=top, lora or full",
            found=f"train.layer_decay={train.layer_decay:g} with encoder.method={encoder.method}",
            where="train.layer_decay",
            fix="set train.layer_decay=1, or encoder.method=full",
        )
    hides = trunk.dropout or {
        "frozen": 0.0,
        "prompt": 0.0,
        "lora": encoder.lora_dropout,
    }.get(encoder.method, 1.0)
    if train.adversarial.rdrop and not hides:
        raise InputError(
            "Two readings of a text would never differ, since nothing is hidden at random",
            expected="trunk.dropout above 0",
            found=f"trunk.dropout=0 with encoder.method={encoder.method}",
            where="train.adversarial.rdrop",
            fix="set trunk.dropout=0.2, or train.adversarial.rdrop=false",
        )
