"""How figures are told in sentences, on pages and in documents."""

from __future__ import annotations

from mtrec.schema import Estimate
from mtrec.tasks.report import apart

DIGITS = 3  # of a figure in a sentence


def percent(share: float) -> str:
    """In whole percent; nothing is called 0 % or 100 % that only comes near."""
    return f"{_whole(share)}\u00a0%"


def points(share: float, other: float) -> int:
    """By how many points two shares differ as `percent` writes them, so that a sentence adds up."""
    return _whole(share) - _whole(other)


def difference(figure: float, other: float) -> float:
    """By how much two figures differ as they are written, so that a sentence adds up."""
    return round(round(figure, DIGITS) - round(other, DIGITS), DIGITS)


def _whole(share: float) -> int:
    whole = round(100 * share)
    if whole in (0, 100) and abs(100 * share - whole) > 1e-6:
        return min(max(whole, 1), 99)
    return whole


def against(ours: Estimate, theirs: Estimate, whose: str) -> str:
    """What can be said of a figure beside another, which may be nothing."""
    side = apart(ours, theirs)
    if side:
        word = "better" if side > 0 else "worse"
        return f"{word} than {whose} ({theirs.value:.3f}) by more than noise"
    known = ours.low is not None and theirs.low is not None
    why = "since the intervals overlap" if known else "since there is no interval to go by"
    return f"no distinguishable difference from {whose} ({theirs.value:.3f}), {why}"
