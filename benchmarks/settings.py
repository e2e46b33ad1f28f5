"""What `benchmarks.measured` trains: data, settings and seeds."""

from __future__ import annotations

from dataclasses import dataclass

from mtrec.strategies import STRATEGIES

SEEDS = (0, 1, 2)


@dataclass(frozen=True)
class Setting:
    """Runs that differ in their seed alone.

    Args:
        dataset: the name of an imported set.
        label: says in a few words what is special about the settings.
        settings: `key=value` each.
        group: settings of one group compete: the one with the best mean headline on validation,
            over seeds and tasks, is the one whose test figures are shown.
        damaged: whether the test texts are read with damage too.
    """

    dataset: str
    label: str
    settings: tuple[str, ...]
    seeds: tuple[int, ...] = SEEDS
    group: str = ""
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


ALONE = {"emotion": "tasks.irony.enabled=false", "irony": "tasks.emotion.enabled=false"}
TWEETS = {
    "8 epochs at 1e-4": full(8, "1e-4", 1024),
    "8 epochs at 2e-4": full(8, "2e-4", 1024),
    "8 epochs at 2e-4, lower layers slower": full(8, "2e-4", 1024, "train.layer_decay=0.8"),
    "R-Drop, 8 epochs at 1e-4": full(8, "1e-4", 1024, "train.adversarial.rdrop=true"),
    "guessing words first, 8 epochs at 1e-4": full(8, "1e-4", 1024, "encoder.pretrain_epochs=3"),
}
WNUT17 = {
    "10 epochs at 5e-5": full(10, "5e-5"),
    "15 epochs at 3e-5": full(15, "3e-5"),
    "10 epochs at 1e-4, lower layers slower": full(10, "1e-4", 512, "train.layer_decay=0.8"),
    "8 epochs at 1e-4": full(8, "1e-4"),
    "R-Drop, 10 epochs at 5e-5": full(10, "5e-5", 512, "train.adversarial.rdrop=true"),
    "FGM, 10 epochs at 5e-5": full(10, "5e-5", 512, "train.adversarial.fgm=true"),
    "damaged words, 10 epochs at 5e-5": full(10, "5e-5", 512, "train.augment.words=true"),
    "guessing words first, 10 epochs at 5e-5": full(10, "5e-5", 512, "encoder.pretrain_epochs=3"),
}
CLINC150 = {
    "5 epochs at 1e-4": full(5, "1e-4", 1024),
    "8 epochs at 2e-4": full(8, "2e-4", 1024),
    "R-Drop, 8 epochs at 2e-4": full(8, "2e-4", 1024, "train.adversarial.rdrop=true"),
}
# What makes answers that small differences do not change, against none of it.
HARDER = {
    "nothing": "",
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
            damaged=True,
        )
        for label, switch in HARDER.items()
    ),
    *(
        Setting("tweets-2000", name, full(8, "1e-4", 1024, f"strategy.name={name}"), (0,))
        for name in STRATEGIES
    ),
    *(
        Setting(
            "critics",
            name,
            full(1, "1e-4", 2048, f"strategy.name={name}", "recommend.enabled=false"),
            (0,),
        )
        for name in STRATEGIES
    ),
    Setting("waimai", "full, minilm", full(5, "1e-4", 2048)),
    Setting("waimai", "full, scratch", full(5, "3e-4", 2048, "encoder.name=scratch")),
)
