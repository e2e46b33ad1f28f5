"""What a strategy is: it turns the losses of one step into gradients."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from torch import Tensor


class Strategy(ABC):
    """Combines task losses into one update of the shared parameters.

    A newcomer is one file with a subclass, and one line in `mtrec/strategies/__init__.py`.
    Tasks whose λ is 0 never reach a strategy; a task without a label in a step is left out of
    that step's losses.

    Args:
        lambdas: λ of each task, all above 0.
    """

    name: ClassVar[str]

    reads_lambda: ClassVar[bool]
    """Whether λ counts as a magnitude."""

    reason: ClassVar[str]
    """How the strategy treats λ, in a sentence for the sliders it enables or disables."""

    params: ClassVar[tuple[str, ...]] = ()
    """The names of the settings it takes, keyword arguments of its own."""

    def __init__(self, lambdas: Mapping[str, float]) -> None:
        self.lambdas = dict(lambdas)

    @abstractmethod
    def weights(self) -> dict[str, float]:
        """How much each task counts right now."""

    @abstractmethod
    def backward(self, losses: Mapping[str, Tensor]) -> None:
        """Adds gradients to the parameters, from scalar losses of the tasks in this step."""

    def after_step(self, losses: Mapping[str, Tensor]) -> None:  # noqa: B027 (most need nothing)
        """Called once the optimizer has moved, with the step's losses."""

    def end_epoch(self) -> None:  # noqa: B027
        """Called after each pass over the training records."""
