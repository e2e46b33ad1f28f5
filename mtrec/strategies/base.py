"""What a strategy is: it turns the losses of one step into gradients."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from mtrec.errors import InputError

if TYPE_CHECKING:
    from torch import Tensor
    from torch.nn import Parameter


@dataclass(frozen=True, eq=False)
class Learning:
    """The parameters that learn, by whose they are.

    Attributes:
        compared: shared by all tasks; over these the tasks' gradients are compared.
        shared: everything else that tasks share.
        heads: what belongs to one task each.
    """

    compared: Sequence[Tensor] = ()
    shared: Sequence[Tensor] = ()
    heads: Sequence[Tensor] = ()


@dataclass(frozen=True)
class Setting:
    """A number that a strategy takes.

    Args:
        default: where nobody says otherwise.
        title: what it is called on a page.
        words: what it does, for people.
        or_zero: whether it may be 0; it is above 0 otherwise.
    """

    default: float
    title: str
    words: str
    or_zero: bool = False

    def checked(self, name: str, value: Any) -> float:
        """The value, where it is one that can be used.

        Raises:
            InputError: it is not.
        """
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if is_number and math.isfinite(value) and (value > 0 or (self.or_zero and value == 0)):
            return float(value)
        raise InputError(
            "A setting of the strategy has a value that cannot be used",
            expected=f"{name} to be a number {'of at least' if self.or_zero else 'above'} 0",
            found=str(value),
            where=f"strategy.params.{name}",
        )


class Strategy(ABC):
    """Combines task losses into one update of the shared parameters.

    A newcomer is one file with a subclass, and one line in `mtrec/strategies/__init__.py`.
    Tasks whose λ is 0 never reach a strategy. A task without a label in a step is left out of
    that step's losses, and the step is what it would be if there were no such task.

    Args:
        lambdas: λ of each task, all above 0.
        settings: those of `params` that are not left at their defaults.
    """

    name: ClassVar[str]

    reads_lambda: ClassVar[bool]
    """Whether λ moves the update."""

    linear: ClassVar[bool] = False
    """Whether the update is that of Σ_k λ_k · L_k, with λ as set."""

    reason: ClassVar[str]
    """How the strategy treats λ, in a sentence for the sliders it enables or disables."""

    what_for: ClassVar[str]
    """When to take it, in plain words."""

    params: ClassVar[Mapping[str, Setting]] = {}
    """The settings it takes, each a keyword argument and an attribute of its own."""

    rate: float = 0.025
    """The learning rate of `parameters()`, before the schedule."""

    def __init__(self, lambdas: Mapping[str, float], **settings: float) -> None:
        for name, value in (self.defaults() | settings).items():
            setattr(self, name, self.params[name].checked(name, value))
        self.lambdas = dict(lambdas)
        self._weights = dict(zip(self.lambdas, self.prior(list(self.lambdas)), strict=True))

    @classmethod
    def defaults(cls) -> dict[str, float]:
        """Its settings where nobody says otherwise."""
        return {name: setting.default for name, setting in cls.params.items()}

    def prior(self, tasks: Sequence[str]) -> list[float]:
        """What each task counts before anything is known of it: its λ where that is read, or 1."""
        return [self.lambdas[task] if self.reads_lambda else 1.0 for task in tasks]

    def attach(self, learning: Learning) -> None:  # noqa: B027 (most need only the losses)
        """Told once, before the first step, which parameters learn."""

    def parameters(self) -> list[Parameter]:
        """What the strategy wants the optimizer to learn, on the CPU."""
        return []

    def weights(self) -> dict[str, float]:
        """How much each task counted in the last step that it was in."""
        return dict(self._weights)

    def cosines(self) -> dict[tuple[str, str], float]:
        """How far the gradients of two tasks agreed in the last step, -1 to 1.

        Pairs in the order of their names; empty where the strategy computes no gradient of each
        task, and without the pairs of which one has no gradient.
        """
        return {}

    @abstractmethod
    def backward(self, losses: Mapping[str, Tensor]) -> None:
        """Adds gradients to the parameters, from scalar losses of the tasks in this step."""

    def after_step(self, losses_now: Callable[[], Mapping[str, float]]) -> None:  # noqa: B027
        """Called once the optimizer has moved.

        Args:
            losses_now: gives the losses of the step's tasks on its batch after the move, at the
                cost of another forward pass.
        """

    def end_epoch(self) -> None:  # noqa: B027
        """Called after each pass over the training records."""

    def state(self) -> dict[str, Any]:
        """What it has learned so far: numbers in lists and dicts, which JSON gives back exactly."""
        return {"weights": self.weights()}

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Goes on from what `state` gave, for the same tasks."""
        self._weights = dict(state["weights"])
