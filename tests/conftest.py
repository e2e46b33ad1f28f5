"""What tests of several packages share."""

from __future__ import annotations

import csv
import os
import random
import string
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from filelock import FileLock

Shared = Callable[[str, Callable[[Path], None]], Path]

WORDS = ("good", "bad", "fine", "film", "book", "song", "the", "a", "was", "it", "very", "not")


@pytest.fixture
def one_thread() -> Iterator[None]:
    """Torch on one thread: on tiny tensors more threads only wait for each other."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def untried(monkeypatch: pytest.MonkeyPatch) -> None:
    """No trial step before a training, so that what is counted is what is learned from."""
    from mtrec.training.course import Course

    monkeypatch.setattr(Course, "_rehearse", lambda self, inputs: None)


@pytest.fixture
def tiny_scratch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Encoders made from nothing are small: 2 layers, 32 wide."""
    from mtrec.models import scratch

    for name, value in (("LAYERS", 2), ("WIDTH", 32), ("HEADS", 2)):
        monkeypatch.setattr(scratch, name, value)


@pytest.fixture(scope="session")
def tiny_encoder_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random BERT (2 layers, 32 wide) with a tokenizer of a few words and all letters."""
    import torch
    from transformers import BertConfig, BertModel, BertTokenizerFast

    letters = string.ascii_lowercase + string.digits + string.punctuation
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS]
    pieces += [*letters, *(f"##{letter}" for letter in letters)]
    vocabulary = {piece: index for index, piece in enumerate(dict.fromkeys(pieces))}
    folder = tmp_path_factory.mktemp("tiny_encoder")
    BertTokenizerFast(vocab=vocabulary).save_pretrained(folder)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        config = BertConfig(
            vocab_size=len(vocabulary),
            hidden_size=32,
            num_hidden_layers=2,
            num_attention_heads=2,
            intermediate_size=64,
            max_position_embeddings=64,
        )
        BertModel(config).save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def tiny_recipe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A shop of 24 people and 60 items: reviews with a sentiment, notes with a topic, purchases."""
    rng = random.Random(0)
    people = [f"u{number:02d}" for number in range(24)]
    items = [f"i{number:02d}" for number in range(60)]
    topics = ("film", "book", "song")
    reviews, notes, purchases = [], [], []
    for index, person in enumerate(people):
        topic = topics[index % 3]
        for day, item in enumerate(rng.sample(items, 10)):
            verdict = rng.choice(("good", "bad"))
            day_text = f"2024-03-{day + 1:02d}"
            purchases.append((person, item, day_text, 4 if verdict == "good" else 2))
            if day in (0, 4, 8, 9):
                words = " ".join(rng.sample(WORDS[6:], 4))
                reviews.append((person, item, day_text, f"it was {verdict} {words}", verdict))
        for day in (1, 5, 8, 9):
            words = " ".join(rng.sample(WORDS[6:], 4))
            notes.append((person, f"2024-03-{day + 1:02d}", f"the {topic} {words}", topic))
    folder = tmp_path_factory.mktemp("tiny_shop")
    _write_csv(folder / "reviews.csv", ("user", "item", "time", "text", "sentiment"), reviews)
    _write_csv(folder / "notes.csv", ("user", "time", "text", "topic"), notes)
    _write_csv(folder / "purchases.csv", ("user", "item", "time", "stars"), purchases)
    named = [(item, f"Thing {item}", f"a {topics[i % 3]}") for i, item in enumerate(items)]
    _write_csv(folder / "items.csv", ("id", "title", "about"), named)
    recipe = folder / "recipe.yaml"
    recipe.write_text(TINY_RECIPE, encoding="utf-8")
    return recipe


@pytest.fixture(scope="session")
def meeting_place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for all processes that test."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


@pytest.fixture(scope="session")
def importer(meeting_place: Path) -> str:
    """The address of a process that has imported what workers need, from which they are forked."""
    from tests.forking import start

    address = meeting_place / "importer"
    with FileLock(meeting_place / "importer.lock"):
        if not address.exists():
            start(address, os.getppid() if "PYTEST_XDIST_WORKER" in os.environ else os.getpid())
    return str(address)


@pytest.fixture(scope="session")
def shared(meeting_place: Path, tmp_path_factory: pytest.TempPathFactory) -> Shared:
    """A folder by its name, which the first of all processes that test fills; to be copied."""

    def folder(name: str, fill: Callable[[Path], None]) -> Path:
        with FileLock(meeting_place / f"{name}.lock"):
            if not (meeting_place / name).exists():
                draft = tmp_path_factory.mktemp(name)
                fill(draft)
                draft.rename(meeting_place / name)
        return meeting_place / name

    return folder


@pytest.fixture(scope="session")
def empty_database(shared: Shared) -> Path:
    """A run store's file without runs, to be copied: making one takes seconds."""
    from mtrec.config import RunConfig
    from mtrec.runs.store import FAILED, RunStore
    from mtrec.workspace import Workspace

    def fill(folder: Path) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.delenv("MLFLOW_TRACKING_URI", raising=False)
            store = RunStore(Workspace(folder))
            run = store.create("none", "none", RunConfig(), "none")
            store.set_status(run, FAILED)
            store.delete(run)

    return Workspace(shared("empty_store", fill)).database


@pytest.fixture(scope="session")
def marked_workspace(
    shared: Shared, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Two trainings on data whose ids and texts are told from all else; to be copied."""
    from mtrec.workspace import Workspace
    from tests.finished import train
    from tests.marking import marked_files

    def fill(folder: Path) -> None:
        recipe = marked_files(tmp_path_factory.mktemp("marked_files"))
        seeds = {f"Seed {seed}": [f"train.seed={seed}"] for seed in (0, 1)}
        train(Workspace(folder), recipe, seeds, request.getfixturevalue("importer"))

    return shared("marked", fill)


TINY_RECIPE = """\
name: tiny
records:
  - {file: reviews.csv, text: text, user: user, item: item, time: time,
     tasks: {sentiment: {label: sentiment}}}
  - {file: notes.csv, text: text, user: user, time: time, tasks: {topic: {label: topic}}}
items: {file: items.csv, id: id, title: title, text: [title, about]}
interactions: {file: purchases.csv, user: user, item: item, time: time, positive: "stars >= 3"}
"""


def _write_csv(path: Path, header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header, *rows])
