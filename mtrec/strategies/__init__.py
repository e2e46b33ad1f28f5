"""Strategies: how several losses become one update. Registering one is one line here."""

from __future__ import annotations

from mtrec.strategies.base import Strategy
from mtrec.strategies.sum import Sum

STRATEGIES: dict[str, type[Strategy]] = {
    Sum.name: Sum,
}
