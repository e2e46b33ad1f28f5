"""What `benchmarks.measured` trains: data, settings and seeds.

All of it that has no kept figures yet takes less than 4 hours on 2 cores. So on the critics' many
reviews strategies are compared where the upper layers of the encoder learn, not all.
"""

from __future__ import annotations

from dataclasses import dataclass

from mtrec.strategies import STRATEGIES

SEEDS = (0, 1, 2)
SUM = "sum"  # the strategy that others are compared with


@dataclass(frozen=True)
class Setting:
    """Runs that differ in their seed alone.

    Args:
        dataset: the name of an imported set.
        label: says in a few words what is special about the settings.
        settings: `key=value` each.
        group: settings of one group compete: the one with the best mean headline on validation,
            over seeds and tasks, is the one whose test figures are shown.
        against: the label of the setting on the same data that it is compared with on test.
        damaged: whether the test texts are read with damage too.
    """

    dataset: str
    label: str
    settings: tuple[str, ...]
    seeds: tuple[int, ...] = SEEDS
    group: str = ""
    against: str = ""
    damaged: bool = False


def full(epochs: int, rate: str, tokens: int = 512, *more: str) -> tuple[str, ...]:
    """The whole encoder for so many epochs, of which the best on validation is kept."""
    return (
        "encoder.method=full",
        f"train.batch_tokens={tokens}",
        f"train.epochs={epochs}",
        f"train.patience={epochs}",
        f"train.learning_rate={rate}",
        *more,
    )


def competing(
    dataset: str, group: str, candidates: dict[str, tuple[str, ...]], *settings: str
) -> tuple[Setting, ...]:
    """Settings of which the best on validation is shown, each with settings that all share."""
    return tuple(
        Setting(dataset, f"{group}: {label}", (*chosen, *settings), group=group)
        for label, chosen in candidates.items()
    )


def strategies(dataset: str, how: str, settings: tuple[str, ...]) -> tuple[Setting, ...]:
    """Every strategy, of one seed each, against the weighted sum. `how` ends their labels."""
    return tuple(
        Setting(
            dataset,
            f"{name}{how}",
            (*settings, f"strategy.name={name}"),
            seeds=SEEDS[:1],
            against="" if name == SUM else f"{SUM}{how}",
        )
        for name in STRATEGIES
    )


ALONE = {"emotion": "tasks.irony.enabled=false", "irony": "tasks.emotion.enabled=false"}
SLOWER_BELOW = "train.layer_decay=0.8"
TWEETS = {
    "8 epochs at 1e-4": full(8, "1e-4", 1024),
    "8 epochs at 2e-4": full(8, "2e-4", 1024),
    "8 epochs at 2e-4, lower layers slower": full(8, "2e-4", 1024, SLOWER_BELOW),
    "R-Drop, 8 epochs at 1e-4": full(8, "1e-4", 1024, "train.adversarial.rdrop=true"),
    "guessing words first, 8 epochs at 1e-4": full(8, "1e-4", 1024, "encoder.pretrain_epochs=3"),
}
WNUT17 = {
    "10 epochs at 1e-4, lower layers slower": full(10, "1e-4", 512, SLOWER_BELOW),
}
CLINC150 = {
    "5 epochs at 1e-4": full(5, "1e-4", 1024),
    "8 epochs at 2e-4": full(8, "2e-4", 1024),
    "R-Drop, 5 epochs at 2e-4": full(5, "2e-4", 1024, "train.adversarial.rdrop=true"),
}
PLAIN = "nothing"
UPPER = ("encoder.method=top", "train.epochs=1", "recommend.enabled=false")
# What makes answers that small differences do not change, against none of it.
HARDER = {
    PLAIN: "",
    "damaged words": "train.augment.words=true",
    "cutoff": "train.augment.cutoff=true",
    "mixup": "train.augment.mixup=true",
    "FGM": "train.adversarial.fgm=true",
    "R-Drop": "train.adversarial.rdrop=true",
}
SETTINGS = (
    *competing("tweets", "both tasks", TWEETS),
    *(each for task, other in ALONE.items() for each in competing("tweets", task, TWEETS, other)),
    *competing("wnut17", "full", WNUT17),
    *competing("clinc150", "full", CLINC150),
    *(
        Setting(
            "tweets-2000",
            label,
            full(8, "1e-4", 1024, *([switch] if switch else [])),
            against="" if label == PLAIN else PLAIN,
            damaged=True,
        )
        for label, switch in HARDER.items()
    ),
    *strategies("tweets-2000", "", full(8, "1e-4", 1024)),
    *strategies("critics", ", upper layers", UPPER),
    Setting("waimai", "full, minilm", full(5, "1e-4", 2048)),
    Setting("waimai", "full, scratch", full(5, "3e-4", 2048, "encoder.name=scratch")),
)
