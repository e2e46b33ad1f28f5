"""Where a training stands, in one file, so that it can go on after whatever ended it.

The file is replaced in one piece, so that a process killed at any moment leaves the one before.
Tensors are safetensors, everything else is JSON in the same file's metadata; nothing is pickled.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from mtrec.errors import MtrecError
from mtrec.files import replacing

EVERY = 60.0  # seconds after which a training is kept again, in the middle of an epoch too
COST = 0.015  # the share of all time that keeping may take, above which it is done less often
PACKAGES = ("torch", "transformers")  # whose versions may change a result's digits
LAYOUT = "4"  # of what is kept; another one where `Course.snapshot` keeps other things
_NUMBERS, _LAYOUT, _CPU, _GPU = "numbers", "layout", "random:cpu", "random:cuda"


@dataclass(frozen=True, eq=False)
class Snapshot:
    """A training at one moment.

    Attributes:
        tensors: by name.
        numbers: all else, as JSON holds it.
    """

    tensors: Mapping[str, Tensor]
    numbers: Mapping[str, Any]

    def part(self, prefix: str) -> dict[str, Tensor]:
        """The tensors whose names begin so, without that beginning."""
        return {
            name.removeprefix(prefix): tensor
            for name, tensor in self.tensors.items()
            if name.startswith(prefix)
        }

    @property
    def other_versions(self) -> list[str]:
        """The packages that are another version by now, such as `torch 2.12.0, now 2.13.0`."""
        then = self.numbers["versions"]
        return [
            f"{name} {then[name]}, now {now}"
            for name, now in versions().items()
            if then.get(name) != now
        ]

    @property
    def remarks(self) -> list[str]:
        """What a person should know where a training goes on from here, in sentences."""
        if not self.other_versions:
            return []
        return [
            f"It was begun with other versions ({'; '.join(self.other_versions)}), so its figures "
            "may differ in their last digits from those of a training in one go."
        ]


def versions() -> dict[str, str]:
    """The versions of the packages that do the arithmetic."""
    return {name: version(name) for name in PACKAGES}


def save_snapshot(path: Path, snapshot: Snapshot) -> None:
    """Writes it in the place of the one before."""
    tensors = {
        name: tensor.detach().cpu().contiguous() for name, tensor in snapshot.tensors.items()
    }
    with replacing(path) as part:
        metadata = {_NUMBERS: json.dumps(snapshot.numbers), _LAYOUT: LAYOUT}
        save_file(tensors, part, metadata=metadata)


def load_snapshot(path: Path) -> Snapshot | None:
    """What was kept; None where nothing was.

    Raises:
        MtrecError: the file cannot be read, or another version of mtrec wrote it.
    """
    if not path.exists():
        return None
    try:
        with safe_open(path, framework="pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            metadata = file.metadata()
            snapshot = Snapshot(tensors, json.loads(metadata[_NUMBERS]))
    except (SafetensorError, KeyError, TypeError, ValueError) as error:
        raise MtrecError(
            "What was kept of this training cannot be read",
            expected="a file that mtrec wrote",
            found=str(error),
            where=str(path),
            fix="delete the file; the training then begins anew",
        ) from error
    if metadata.get(_LAYOUT) != LAYOUT:
        raise MtrecError(
            "This training was kept by another version of mtrec, and cannot go on from there",
            expected=f"layout {LAYOUT} of what is kept",
            found=metadata.get(_LAYOUT, "none named"),
            where=str(path),
            fix="delete the file and resume: the training then begins anew; or go on with the "
            "version that began it",
        )
    return snapshot


def random_states() -> dict[str, Tensor]:
    """Where torch's random numbers stand, on every device that is used."""
    states = {_CPU: torch.get_rng_state()}
    if torch.cuda.is_available():
        states[_GPU] = torch.cuda.get_rng_state()
    return states


def set_random_states(states: Mapping[str, Tensor]) -> None:
    """Puts torch's random numbers where they stood; other tensors are left alone."""
    torch.set_rng_state(states[_CPU])
    if _GPU in states and torch.cuda.is_available():
        torch.cuda.set_rng_state(states[_GPU])


class Keeper:
    """Keeps a training on disk now and then: after every epoch and every minute.

    Where that would take more than a small share of the time, it is done less often.

    Args:
        path: of the file; None keeps nothing.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._began = self._last = time.monotonic()
        self._took = 0.0

    def offer(self, take: Callable[[], Snapshot], epoch_is_over: bool = False) -> None:
        """Keeps what `take` gives, if it is time."""
        now = time.monotonic()
        is_due = epoch_is_over or now - self._last >= EVERY
        if is_due and self._took <= COST * (now - self._began):
            self.keep(take)

    def latest(self) -> Snapshot | None:
        """What was kept last; None where nothing was."""
        return None if self._path is None else load_snapshot(self._path)

    def keep(self, take: Callable[[], Snapshot]) -> None:
        """Keeps what `take` gives."""
        if self._path is None:
            return
        started = time.monotonic()
        save_snapshot(self._path, take())
        self._last = time.monotonic()
        self._took += self._last - started
