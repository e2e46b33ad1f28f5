"""A training that was killed goes on from what was kept, to the digits of one that was not."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from mtrec.errors import MtrecError
from mtrec.schema import SPLIT, task_column
from mtrec.strategies import STRATEGIES
from mtrec.training import snapshot
from mtrec.training.loop import TrainResult
from mtrec.training.snapshot import Keeper, Snapshot, load_snapshot, save_snapshot

SETTINGS = {"epochs": 3, "batch_tokens": 256, "learning_rate": 1e-3}
METHODS = ("frozen", "top", "lora", "prompt", "full")
SWITCHES: dict[str, tuple[str, dict[str, Any]]] = {
    "fgm": ("top", {"adversarial": {"fgm": True}}),
    "rdrop": ("frozen", {"adversarial": {"rdrop": True}}),
    "words": ("top", {"augment": {"words": True, "words_strength": 0.4}}),
    "cutoff": ("prompt", {"augment": {"cutoff": True, "cutoff_strength": 0.4}}),
    "cutoff of states": ("frozen", {"augment": {"cutoff": True, "cutoff_strength": 0.4}}),
    "mixup": ("frozen", {"augment": {"mixup": True}}),
    "layers": ("full", {"layer_decay": 0.5}),
    "layers of lora": ("lora", {"layer_decay": 0.5}),
    "temperature": ("top", {"sampling": "temperature"}),
    "equal": ("frozen", {"sampling": "equal"}),
    "all": (
        "full",
        {
            "adversarial": {"fgm": True, "rdrop": True},
            "augment": {"words": True, "cutoff": True, "mixup": True},
            "layer_decay": 0.9,
            "sampling": "equal",
            "task_patience": 1,
            "strategy": "famo",
        },
    ),
}


class Killed(BaseException):
    """What no training catches."""


def killed_when(condition: Callable[[Any], bool]) -> Callable[[Any], bool]:
    def asked(watcher: Any) -> bool:
        if condition(watcher):
            raise Killed
        return False

    return asked


@pytest.fixture
def always(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything is kept after every update, whatever it costs."""
    monkeypatch.setattr(snapshot, "EVERY", 0.0)
    monkeypatch.setattr(snapshot, "COST", float("inf"))


def same(a: TrainResult, b: TrainResult) -> bool:
    ours, theirs = a.model.state_dict(), b.model.state_dict()
    equal = all(torch.equal(ours[name], theirs[name]) for name in ours)
    return equal and a.model.calibrations == b.model.calibrations


@pytest.fixture(scope="module")
def wholes() -> dict[str, tuple[TrainResult, Any]]:
    """What learned in one go by each method, and who watched it."""
    return {}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("share", [0.0, 0.2, 0.5, 0.7, 0.99])
def test_killed_anywhere_it_goes_on_to_equal_digits(
    method: str,
    share: float,
    always: None,
    wholes: dict[str, tuple[TrainResult, Any]],
    dataset: Any,
    trainer: Any,
    watcher: Any,
    tmp_path: Path,
) -> None:
    if method not in wholes:
        wholes[method] = trainer(dataset, watcher, method, **SETTINGS), watcher
    whole, watcher = wholes[method]
    steps = len(watcher.steps)
    last = int(share * steps)
    broken = type(watcher)(stop_when=killed_when(lambda each: len(each.steps) == last))
    with pytest.raises(Killed):
        trainer(dataset, broken, method, kept=tmp_path / "kept", **SETTINGS)

    second = type(watcher)()
    result = trainer(dataset, second, method, kept=tmp_path / "kept", **SETTINGS)

    assert same(whole, result)
    assert (result.epochs, result.best_epoch) == (whole.epochs, whole.best_epoch)
    assert second.before[1] == last and len(second.steps) == steps - last
    assert broken.steps + second.steps == watcher.steps
    assert broken.epochs + second.epochs == watcher.epochs
    assert second.done == watcher.done
    assert result.notes == ()


@pytest.mark.parametrize("method", ["frozen", "full"])
def test_stopped_it_goes_on_where_it_stood(
    method: str, dataset: Any, trainer: Any, watcher: Any, tmp_path: Path
) -> None:
    whole = trainer(dataset, watcher, method, **SETTINGS)
    middle = len(watcher.steps) // 2
    stopped = type(watcher)(stop_when=lambda each: len(each.steps) == middle)
    assert trainer(dataset, stopped, method, kept=tmp_path / "kept", **SETTINGS).stopped
    second = type(watcher)()
    result = trainer(dataset, second, method, kept=tmp_path / "kept", **SETTINGS)
    assert same(whole, result) and not result.stopped
    assert len(second.steps) == len(watcher.steps) - middle


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_every_strategy_goes_on_to_equal_digits(
    strategy: str, always: None, dataset: Any, trainer: Any, watcher: Any, tmp_path: Path
) -> None:
    settings = {**SETTINGS, "strategy": strategy}
    whole = trainer(dataset, watcher, "top", **settings)
    middle = len(watcher.steps) // 2
    broken = type(watcher)(stop_when=killed_when(lambda each: len(each.steps) == middle))
    with pytest.raises(Killed):
        trainer(dataset, broken, "top", kept=tmp_path / "kept", **settings)
    second = type(watcher)()
    result = trainer(dataset, second, "top", kept=tmp_path / "kept", **settings)
    assert same(whole, result)
    assert broken.weights + second.weights == watcher.weights


@pytest.mark.parametrize("strategy", ["sum", "pcgrad"])
@pytest.mark.parametrize("kind", ["mmoe", "cgc"])
def test_every_trunk_goes_on_to_equal_digits(
    kind: str,
    strategy: str,
    always: None,
    dataset: Any,
    trainer: Any,
    watcher: Any,
    tmp_path: Path,
) -> None:
    settings = {**SETTINGS, "strategy": strategy, "trunk": {"kind": kind, "dropout": 0.2}}
    lambdas = {"topic": 0.0} if strategy == "sum" else {}
    whole = trainer(dataset, watcher, "top", lambdas, **settings)
    middle = len(watcher.steps) // 2
    broken = type(watcher)(stop_when=killed_when(lambda each: len(each.steps) == middle))
    with pytest.raises(Killed):
        trainer(dataset, broken, "top", lambdas, kept=tmp_path / "kept", **settings)
    second = type(watcher)()
    result = trainer(dataset, second, "top", lambdas, kept=tmp_path / "kept", **settings)
    assert same(whole, result)
    assert broken.steps + second.steps == watcher.steps


@pytest.mark.parametrize("switch", SWITCHES)
def test_changed_texts_and_losses_go_on_to_equal_digits(
    switch: str, always: None, dataset: Any, trainer: Any, watcher: Any, tmp_path: Path
) -> None:
    method, chosen = SWITCHES[switch]
    settings = {**SETTINGS, "trunk": {"dropout": 0.2}, **chosen}
    whole = trainer(dataset, watcher, method, **settings)
    middle = len(watcher.steps) // 2
    broken = type(watcher)(stop_when=killed_when(lambda each: len(each.steps) == middle))
    with pytest.raises(Killed):
        trainer(dataset, broken, method, kept=tmp_path / "kept", **settings)
    second = type(watcher)()
    result = trainer(dataset, second, method, kept=tmp_path / "kept", **settings)
    assert same(whole, result)
    assert broken.steps + second.steps == watcher.steps
    assert broken.weights + second.weights == watcher.weights


@pytest.mark.parametrize(("strategy", "later"), [("sum", -1), *((each, 1) for each in STRATEGIES)])
def test_a_task_that_stops_is_stopped_alike_before_and_after_a_break(
    strategy: str,
    later: int,
    always: None,
    dataset: Any,
    trainer: Any,
    watcher: Any,
    tmp_path: Path,
) -> None:
    """Broken off an update before or after the mood has stopped; the topic is never measured."""
    records = dataset.records.copy()
    records.loc[records[SPLIT] == "val", task_column("topic")] = None
    one_measured = type(dataset)(records=records, tasks=dataset.tasks)
    settings = {
        "epochs": 6,
        "patience": 6,
        "batch_tokens": 256,
        "task_patience": 1,
        "sampling": "equal",
        "strategy": strategy,
        "trunk": {"kind": "cgc", "dropout": 0.2},
    }
    whole = trainer(one_measured, watcher, **settings)
    last = [each["mood"] for each in watcher.weights].index(0) + later
    broken = type(watcher)(stop_when=killed_when(lambda each: len(each.steps) == last))
    with pytest.raises(Killed):
        trainer(one_measured, broken, kept=tmp_path / "kept", **settings)
    second = type(watcher)()
    result = trainer(one_measured, second, kept=tmp_path / "kept", **settings)
    assert same(whole, result) and result.notes == whole.notes
    assert broken.steps + second.steps == watcher.steps
    assert broken.weights + second.weights == watcher.weights


def test_killed_again_and_again(
    always: None, dataset: Any, trainer: Any, watcher: Any, tmp_path: Path
) -> None:
    whole = trainer(dataset, watcher, "top", **SETTINGS)
    for _ in watcher.steps[:-1]:
        broken = type(watcher)(stop_when=killed_when(lambda each: len(each.steps) == 1))
        with pytest.raises(Killed):
            trainer(dataset, broken, "top", kept=tmp_path / "kept", **SETTINGS)
    assert same(whole, trainer(dataset, None, "top", kept=tmp_path / "kept", **SETTINGS))


def test_what_is_over_is_not_learned_again(
    dataset: Any, trainer: Any, watcher: Any, tmp_path: Path
) -> None:
    whole = trainer(dataset, None, kept=tmp_path / "kept", **SETTINGS)
    again = trainer(dataset, watcher, kept=tmp_path / "kept", **SETTINGS)
    assert same(whole, again) and not watcher.steps and again.epochs == whole.epochs


def test_of_what_is_over_nothing_is_kept_that_only_learning_needs(
    dataset: Any, trainer: Any, tmp_path: Path
) -> None:
    result = trainer(dataset, None, "full", kept=tmp_path / "kept", **SETTINGS)
    weights = sum(4 * parameter.numel() for parameter in result.model.parameters())
    assert weights < (tmp_path / "kept").stat().st_size < 1.2 * weights


def test_what_was_finished_early_stays_so_when_its_reports_are_made_later(
    dataset: Any, trainer: Any, watcher: Any, tmp_path: Path
) -> None:
    asked = type(watcher)(finish_when=lambda each: len(each.steps) > 2)
    short = trainer(dataset, asked, kept=tmp_path / "kept", **SETTINGS)
    again = trainer(dataset, watcher, kept=tmp_path / "kept", **SETTINGS)
    assert same(short, again) and not watcher.steps and again.epochs < SETTINGS["epochs"]
    assert again.notes == short.notes and "ended early, as asked" in short.notes[0]


def test_finished_early_before_it_went_on_it_says_so(
    dataset: Any, trainer: Any, watcher: Any, tmp_path: Path
) -> None:
    """Asked to between the break and the first update after it."""
    stopped = type(watcher)(stop_when=lambda each: len(each.epochs) == 1)
    trainer(dataset, stopped, kept=tmp_path / "kept", **SETTINGS)
    asked = type(watcher)(finish_when=lambda _: True)
    result = trainer(dataset, asked, kept=tmp_path / "kept", **SETTINGS)
    assert not asked.steps and result.epochs == 1 and not result.stopped
    assert "ended early, as asked" in result.notes[0]


def test_other_versions_are_told(
    dataset: Any, trainer: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trainer(dataset, None, kept=tmp_path / "kept", **SETTINGS)
    now = {"torch": "99.0", "transformers": snapshot.versions()["transformers"]}
    before = snapshot.versions()["torch"]
    monkeypatch.setattr(snapshot, "versions", lambda: now)
    result = trainer(dataset, None, kept=tmp_path / "kept", **SETTINGS)
    assert f"(torch {before}, now 99.0)" in result.notes[0]


def test_a_snapshot_is_read_as_it_was_written(tmp_path: Path) -> None:
    tensors = {"a": torch.rand(3, 2), "of:b": torch.tensor(2.5), "of:c": torch.arange(4)}
    written = Snapshot(tensors, {"order": {"state": 2**100}, "score": None, "losses": [0.1]})
    save_snapshot(tmp_path / "kept", written)
    read = load_snapshot(tmp_path / "kept")
    assert read is not None and read.numbers == written.numbers
    assert all(torch.equal(read.tensors[name], tensors[name]) for name in tensors)
    assert set(read.part("of:")) == {"b", "c"}
    assert load_snapshot(tmp_path / "absent") is None


@pytest.mark.parametrize("content", [b"", b"no safetensors", b"\x02\0\0\0\0\0\0\0{}"])
def test_a_file_that_is_none_of_ours_is_a_sentence(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "kept").write_bytes(content)
    with pytest.raises(MtrecError, match="cannot be read") as error:
        load_snapshot(tmp_path / "kept")
    assert error.value.where == str(tmp_path / "kept") and "begins anew" in str(error.value.fix)


def test_what_another_version_kept_is_not_gone_on_from(
    dataset: Any, trainer: Any, tmp_path: Path
) -> None:
    """The version before kept neither which tasks watch nor which have stopped improving."""
    trainer(dataset, None, kept=tmp_path / "kept", **SETTINGS)
    kept = load_snapshot(tmp_path / "kept")
    assert kept is not None
    numbers = {name: value for name, value in kept.numbers.items() if name != "stopping"}
    del numbers["updater"]["watching"]
    tensors = {name: tensor.contiguous() for name, tensor in kept.tensors.items()}
    save_file(tensors, tmp_path / "kept", metadata={"numbers": json.dumps(numbers)})
    with pytest.raises(MtrecError, match="by another version of mtrec") as error:
        trainer(dataset, None, kept=tmp_path / "kept", **SETTINGS)
    assert "begins anew" in error.value.fix


def test_the_layout_is_that_of_what_is_kept(
    dataset: Any, trainer: Any, watcher: Any, tmp_path: Path
) -> None:
    """Whoever keeps something else gives the layout another number, and says here what it is."""
    stopped = type(watcher)(stop_when=lambda each: len(each.epochs) == 1)
    trainer(dataset, stopped, kept=tmp_path / "kept", **SETTINGS)
    kept = load_snapshot(tmp_path / "kept")
    assert kept is not None and snapshot.LAYOUT == "4"
    assert set(kept.numbers) == {
        *(
            "over",
            "epoch",
            "best_epoch",
            "best_score",
            "seen",
            "seconds",
            "batch",
            "parts",
            "notes",
        ),
        *("order", "updater", "stopping", "precision", "versions"),
    }
    assert set(kept.numbers["updater"]) == {"steps", "pace", "watching", "strategy"}
    assert {name.partition(":")[0] for name in kept.tensors} >= {"updater", "learning", "random"}


@dataclass
class Clock:
    """Time that goes on where it is told to."""

    now: float = 0.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    clock = Clock()
    monkeypatch.setattr(snapshot, "time", clock)
    yield clock


def test_it_is_kept_every_minute_and_epoch_but_not_at_any_cost(
    clock: Clock, tmp_path: Path
) -> None:
    taken: list[float] = []

    def take() -> Snapshot:
        taken.append(clock.now)
        clock.now += 3  # seconds that keeping takes: 1.5 % of 200
        return Snapshot({"a": torch.zeros(1)}, {})

    def offer(*moments: tuple[float, bool]) -> None:
        for now, over in moments:
            clock.now = now
            keeper.offer(take, epoch_is_over=over)

    keeper = Keeper(tmp_path / "kept")
    offer((59, False), (61, False), (70, True), (199, True), (201, True))
    assert taken == [61, 201]
    keeper.keep(take)
    assert taken == [61, 201, 204]
    offer((599, True), (601, True))
    assert taken == [61, 201, 204, 601], "three times 3 s are 1.5 % of 600 s"
    assert load_snapshot(tmp_path / "kept") is not None


def test_nothing_is_kept_where_nothing_is_asked(clock: Clock) -> None:
    Keeper(None).offer(lambda: pytest.fail("taken"), epoch_is_over=True)
    Keeper(None).keep(lambda: pytest.fail("taken"))


def test_what_is_kept_holds_no_pickle(dataset: Any, trainer: Any, tmp_path: Path) -> None:
    trainer(dataset, None, kept=tmp_path / "kept", **SETTINGS)
    content = (tmp_path / "kept").read_bytes()
    size = int.from_bytes(content[:8], "little")
    assert json.loads(content[8 : 8 + size])["__metadata__"]
