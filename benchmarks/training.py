"""How fast does the encoder learn, against common ways to fine-tune it and against less work?

    python -m benchmarks.training DATA --records 4096 --repeats 3

DATA is the folder of real data sets, each with its recipe. On a seeded sample of the training texts
of clinc150 (intent) and critics (verdict), all of MiniLM learns: by mtrec, by the loop of tutorials
(texts padded to 128 pieces, 16 a step, float32) on a part of them, since it takes the same for each
text, and by the transformers Trainer, grouping lengths, in bf16, at the batch size that is fastest
here. Then three tasks on the critics' texts (verdict, stars, the film's first genre) in one model
against one Trainer or one mtrec training for each. Then a frozen encoder whose vectors are known,
against a bare loop over the same vectors, which is what plain torch reaches with the same layers in
float32, and both against all of MiniLM. Each is measured in turn, several times; ratios are of
medians. The last table says where the time of an update goes.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import pandas as pd
import torch
import yaml
from torch import Tensor, nn

from benchmarks.markdown import table
from benchmarks.peers import Labelled, bare_loop, trainer, tutorial_loop
from benchmarks.spent import Spent
from mtrec.data.dataset import Dataset
from mtrec.data.importer import read_dataset
from mtrec.models.config import MINILM, EncoderConfig, TrunkConfig
from mtrec.models.encoder import Encoder, load_encoder
from mtrec.models.pretrained import tokenizer_file
from mtrec.models.trunk import build_trunk
from mtrec.schema import RECORD, SPLIT, TEXT, TRAIN, VAL, task_column
from mtrec.strategies.config import StrategyConfig
from mtrec.strategies.sum import Sum
from mtrec.tasks import TASK_TYPES
from mtrec.tasks.config import TaskConfig
from mtrec.training import step
from mtrec.training.config import EPOCHS, TrainConfig
from mtrec.training.course import Course
from mtrec.training.device import pick_device, pick_precision
from mtrec.training.features import encode_texts
from mtrec.training.inputs import VECTOR_TOKENS
from mtrec.training.loop import TrainResult, train
from mtrec.training.reporter import SilentReporter

MINILM_FOLDER = tokenizer_file(MINILM).parent
BATCH_SIZES = (16, 32, 64)  # of the Trainer
GPU_BATCH_SIZES = (64, 128, 256)
BUDGETS = (1024, 2048, 4096)  # tokens of a step
GPU_BUDGETS = (2048, 8192, 32_768)
FEW = 512  # texts for what takes long
VALIDATED = 64  # texts; validation is not timed
TRIPLE = ("verdict", "stars", "genre")


def dataset(data: Path, name: str, size: int, validated: int = VALIDATED) -> Dataset:
    """A set with seeded samples of its training records, and of those to validate on."""
    found = read_dataset(data / name / "recipe.yaml", TASK_TYPES)
    parts = [
        part.sample(min(n, len(part)), random_state=0).sort_index()
        for split, n in ((TRAIN, size), (VAL, validated))
        for part in [found.records[found.records[SPLIT] == split]]
    ]
    records = pd.concat(parts, ignore_index=True)
    records[RECORD] = range(len(records))
    return replace(found, tables={**found.tables, "records": records})


def with_genres(data: Path, folder: Path) -> Path:
    """The critics' reviews with a third label, their film's first genre; its folder's parent."""
    there = folder / "critics"
    shutil.copytree(data / "critics", there)
    films = pd.read_csv(there / "movies.csv", dtype=str).set_index("movie_id")
    reviews = pd.read_csv(there / "reviews.csv", dtype=str)
    reviews["first"] = reviews["movie_id"].map(films["genre"].str.partition("|")[0])
    recipe = yaml.safe_load((there / "recipe.yaml").read_text(encoding="utf-8"))
    recipe["records"][0]["tasks"]["genre"] = {"label": "first", "type": "multiclass"}
    for name in ("reviews.csv", "recipe.yaml"):
        (there / name).unlink()  # it may be a link, or read-only
    reviews.to_csv(there / "reviews.csv", index=False)
    (there / "recipe.yaml").write_text(yaml.safe_dump(recipe), encoding="utf-8")
    return folder


def labelled(data: Dataset, task: str) -> Labelled:
    """The training texts that carry a label of a task."""
    records = data.records[data.records[SPLIT] == TRAIN].dropna(subset=[task_column(task)])
    places = {label: place for place, label in enumerate(data.tasks[task].labels)}
    labels = records[task_column(task)].map(places).astype(int)
    return Labelled(records[TEXT].tolist(), labels.tolist())


def only(data: Dataset, tasks: Sequence[str]) -> Dataset:
    """The set with some of its tasks."""
    return replace(data, tasks={task: data.tasks[task] for task in tasks})


def learn(
    data: Dataset, cache: Path, method: str = "full", budget: int | None = None, epochs: int = 1
) -> TrainResult:
    """Epochs of mtrec over all tasks of the set."""
    settings: dict[str, Any] = {"epochs": epochs, "patience": epochs}
    if budget is not None:
        settings["batch_tokens"] = budget
    return train(
        data,
        EncoderConfig.model_validate({"method": method}),
        TrunkConfig(),
        {task: TaskConfig() for task in data.tasks},
        StrategyConfig(),
        TrainConfig.model_validate(settings),
        cache,
        SilentReporter(),
    )


@dataclass
class Turns:
    """Several ways of doing the same, measured in turn.

    Attributes:
        paces: texts a second, by way.
    """

    ways: Mapping[str, Callable[[], float]]
    paces: dict[str, list[float]] = field(default_factory=dict)

    def go(self, repeats: int) -> None:
        for _ in range(repeats):
            for name, way in self.ways.items():
                self.paces.setdefault(name, []).append(way())

    def pace(self, name: str) -> float:
        return statistics.median(self.paces[name])

    def row(self, data: str, name: str, against: str, wanted: float) -> list[str]:
        """How much faster one way is than another, with the least and the most over the turns."""
        ratios = [a / b for a, b in zip(self.paces[name], self.paces[against], strict=True)]
        ratio = f"{self.pace(name) / self.pace(against):.1f}"
        spread = f"{min(ratios):.1f} to {max(ratios):.1f}"
        paces = [f"{self.pace(each):,.0f}" for each in (name, against)]
        return [data, name, against, *paces, f"{ratio} ({spread})", f"{wanted:g}"]


def fastest(ways: Mapping[int, Callable[[], float]]) -> int:
    """The size with which a way is fastest, in one go each."""
    return max(ways, key=lambda size: ways[size]())


class Bench:
    """The measurements.

    Args:
        data: the folder of data sets.
        repeats: how often each is measured.
        records: training records of each sample.
    """

    def __init__(self, data: Path, scratch: Path, records: int, repeats: int) -> None:
        self.device = pick_device()
        on_gpu = self.device.type == "cuda"
        self.batch_sizes = GPU_BATCH_SIZES if on_gpu else BATCH_SIZES
        self.budgets = GPU_BUDGETS if on_gpu else BUDGETS
        self.cache = scratch / "cache"
        self.repeats = repeats
        self.few = records if on_gpu else FEW
        self.sets = {
            "clinc150": only(dataset(data, "clinc150", records), ["intent"]),
            "critics": dataset(with_genres(data, scratch), "critics", records),
        }

    def one_task(self, name: str, task: str, wanted: float) -> Iterator[list[str]]:
        """Of one task: mtrec at its own and at its fastest step, the Trainer, the tutorial loop."""
        data = only(self.sets[name], [task])
        texts = labelled(data, task)
        learn(data, self.cache)  # warms up
        size = fastest({n: self._trainer(texts.first(4 * self.few), n) for n in self.batch_sizes})
        budget = fastest({n: self._mtrec(data, n) for n in self.budgets})
        ours, best = "mtrec", f"mtrec, {budget} pieces a step"
        peer, loop = f"Trainer, {size} texts a step", "tutorial loop"
        turns = Turns(
            {
                ours: self._mtrec(data),
                best: self._mtrec(data, budget),
                peer: self._trainer(texts, size),
                loop: lambda: tutorial_loop(MINILM_FOLDER, texts.first(self.few), self.device),
            }
        )
        turns.go(self.repeats)
        yield turns.row(name, ours, loop, wanted)
        yield turns.row(name, ours, peer, 1.25)
        yield turns.row(name, best, peer, 1.25)

    def three_tasks(self) -> Iterator[list[str]]:
        """One training of three tasks against one of each; texts that carry all of them."""
        whole = only(self.sets["critics"], TRIPLE)
        columns = [task_column(task) for task in TRIPLE]
        data = replace(
            whole, tables={**whole.tables, "records": whole.records.dropna(subset=columns)}
        )
        size = fastest({n: self._trainer(labelled(data, TRIPLE[0]), n) for n in self.batch_sizes})
        joint = "mtrec, three tasks"
        peers, own = f"three Trainers, {size} texts a step", "three mtrec trainings"
        turns = Turns(
            {
                joint: self._mtrec(data),
                peers: lambda: together(
                    self._trainer(labelled(data, task), size)() for task in TRIPLE
                ),
                own: lambda: together(self._mtrec(only(data, [task]))() for task in TRIPLE),
            }
        )
        turns.go(self.repeats)
        yield turns.row("critics", joint, peers, 3)
        yield turns.row("critics", joint, own, 2.6)

    def frozen(self) -> Iterator[list[str]]:
        """Learning from known vectors: by mtrec and by a bare loop, and all of the encoder."""
        epochs, size = EPOCHS["frozen"], TrainConfig().batch_tokens // VECTOR_TOKENS
        config, trunk = EncoderConfig(method="frozen"), TrunkConfig()
        encoder = load_encoder(config, pick_precision("auto", self.device)).to(self.device)
        ours, bare = "frozen", f"a bare loop over the same vectors, {size} texts a step"
        for name, task in (("clinc150", "intent"), ("critics", "verdict")):
            data = only(self.sets[name], [task])
            texts = labelled(data, task)
            vectors = encode_texts(encoder, texts.texts, self.cache, SilentReporter())
            states = torch.from_numpy(vectors).to(self.device)
            labels = torch.tensor(texts.labels, device=self.device)

            def loop(
                states: Tensor = states, labels: Tensor = labels, classes: int = texts.classes
            ) -> float:
                head = nn.Linear(trunk.width, classes)
                layers = build_trunk(trunk, states.shape[1]).append(head)
                return bare_loop(layers.to(self.device), states, labels, size, epochs)

            turns = Turns(
                {
                    ours: lambda data=data: (
                        learn(data, self.cache, "frozen", epochs=epochs).samples_per_second
                    ),
                    bare: loop,
                    "full": self._mtrec(data),
                }
            )
            turns.go(self.repeats)
            yield turns.row(name, ours, "full", 500)
            yield turns.row(name, ours, bare, 1)
            yield turns.row(name, bare, "full", 500)

    def shares(self) -> Iterator[list[str]]:
        """Where the time of an update goes, in percent, and how many pieces are read a second."""
        for name, task in (("clinc150", "intent"), ("critics", "verdict")):
            data = only(self.sets[name], [task])
            spent = Spent(self.device)
            # The trial on the longest texts is no update, but would count as some.
            with (
                patch.object(Course, "_rehearse"),
                spent.watching(
                    read=(Encoder, "read"),
                    backward=(Sum, "backward"),
                    clip=(step, "clip_grad_norm_"),
                    optimizer=(torch.optim.AdamW, "step"),
                ),
            ):
                result = learn(data, self.cache)
            encoder = load_encoder(EncoderConfig(method="full"))
            texts = labelled(data, task).texts
            pieces = int(encoder.tokenize(texts).lengths.sum())
            total = len(texts) / result.samples_per_second
            seconds = {**spent.seconds, "rest": total - sum(spent.seconds.values())}
            yield [
                name,
                f"{pieces / total:,.0f}",
                result.precision,
                *(f"{100 * each / total:.0f} %" for each in seconds.values()),
                f"{100 * pieces / total * operations(encoder) / peak(self.device):.0f} %",
            ]

    def _mtrec(self, data: Dataset, budget: int | None = None) -> Callable[[], float]:
        return lambda: learn(data, self.cache, budget=budget).samples_per_second

    def _trainer(self, texts: Labelled, size: int) -> Callable[[], float]:
        return lambda: trainer(MINILM_FOLDER, texts, size)


def together(paces: Iterator[float]) -> float:
    """The pace of doing one after another what is done at these paces."""
    return 1 / sum(1 / pace for pace in paces)


def operations(encoder: Encoder) -> float:
    """Floating-point operations of learning a piece: 6 for each weight of the layers."""
    layers = [p for name, p in encoder.named_parameters() if ".layer." in name and p.ndim == 2]
    return 6.0 * sum(p.numel() for p in layers)


def peak(device: torch.device, size: int = 4096, repeats: int = 5) -> float:
    """Floating-point operations a second of a large product in bf16."""
    if device.type == "cpu":
        size = 2048
    a = torch.randn(size, size, dtype=torch.bfloat16, device=device)
    taken = []
    for _ in range(repeats):
        started = time.perf_counter()
        (a @ a)[0, 0].item()  # waits for a GPU
        taken.append(time.perf_counter() - started)
    return 2.0 * size**3 / min(taken)


def main() -> None:
    """Prints two tables."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("data", type=Path, help="the folder of real data sets")
    parser.add_argument("--records", type=int, default=4096)
    parser.add_argument("--repeats", type=int, default=3)
    args = parser.parse_args()
    with TemporaryDirectory() as scratch:
        bench = Bench(args.data.resolve(), Path(scratch), args.records, args.repeats)
        rows = [
            *bench.one_task("clinc150", "intent", 12),
            *bench.one_task("critics", "verdict", 6.5),
            *bench.three_tasks(),
            *bench.frozen(),
        ]
        head = ["data", "this", "against", "texts/s", "texts/s", "times as fast", "wanted"]
        print(table(head, rows), end="\n\n")
        head = ["data", "pieces/s", "format", "read", "backward", "clip", "optimizer", "rest"]
        print(table([*head, "of a matrix product's pace"], bench.shares()))


if __name__ == "__main__":
    main()
