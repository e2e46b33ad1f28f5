"""Where the time of something goes: functions are watched while it runs."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any
from unittest.mock import patch

import torch


class Spent:
    """Seconds spent in functions of which none calls another of the same name.

    Attributes:
        seconds: by name, all calls together.
    """

    def __init__(self, device: torch.device) -> None:
        self.seconds: dict[str, float] = {}
        self._device = device

    def watching(self, **functions: tuple[Any, *tuple[str, ...]]) -> ExitStack:
        """While it is entered, every call counts. `functions`: an owner and its attributes."""
        stack = ExitStack()
        for name, (owner, *attributes) in functions.items():
            self.seconds.setdefault(name, 0.0)
            for each in attributes:
                timed = self._timed(name, getattr(owner, each))
                stack.enter_context(patch.object(owner, each, timed))
        return stack

    def _timed(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*args: Any, **kwargs: Any) -> Any:
            started = self._now()
            result = function(*args, **kwargs)
            self.seconds[name] += self._now() - started
            return result

        return timed

    def _now(self) -> float:
        if self._device.type == "cuda":
            torch.cuda.synchronize()
        return time.perf_counter()
