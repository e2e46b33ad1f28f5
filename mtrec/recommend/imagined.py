"""Somebody imagined: what is left of their parts where some are taken out, and what is added."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mtrec.recommend.explain import Owned
from mtrec.recommend.fused import FusedSource
from mtrec.recommend.guest import NewTexts
from mtrec.recommend.profiles import OF_ITEMS, ages_among


@dataclass(frozen=True)
class LeftOut:
    """What is known of somebody and left out.

    Attributes:
        sources: whole sources, by name.
        records: rows of the dataset.
        items: ids of items that they liked or mentioned.
    """

    sources: frozenset[str] = frozenset()
    records: frozenset[int] = frozenset()
    items: frozenset[str] = frozenset()


def remaining(
    owned: Mapping[str, Owned],
    left_out: LeftOut,
    sources: Mapping[str, FusedSource],
    records: NDArray[np.int64],
    items: NDArray[Any],
) -> dict[str, Owned]:
    """The records and items that are not left out; whole sources are left as they are.

    Args:
        owned: a person's parts by source.
        records: the dataset's rows, by the position that a part says `(R,)`.
        items: ids, likewise `(I,)`.
    """
    found = {}
    for name, each in owned.items():
        of_items = sources[name].kind in OF_ITEMS
        said = items[each.positions] if of_items else records[each.positions]
        gone = pd.Index(said).isin(list(left_out.items if of_items else left_out.records))
        ages = ages_among(each.ages[~gone])
        found[name] = Owned(each.positions[~gone], each.vectors[~gone], ages)
    return found


def added(
    owned: Mapping[str, Owned],
    new: NewTexts,
    sources: Mapping[str, FusedSource],
    looking: Collection[str],
    known: int,
) -> dict[str, Owned]:
    """What is owned of the sources that look at new texts, with these behind it.

    Args:
        looking: the sources that look at texts of this activity.
        known: how many records there are; the new texts' positions follow theirs.
    """
    positions = known + np.arange(len(new.texts))
    found = {}
    for name, source in sources.items():
        if source.kind in OF_ITEMS or name not in looking:
            continue
        vectors, ages = new.vectors[source.parts], np.ones(len(positions), np.float32)
        before = owned.get(name)
        if before is None:
            found[name] = Owned(positions, vectors, ages)
        else:
            found[name] = Owned(
                np.concatenate([before.positions, positions]),
                np.concatenate([before.vectors, vectors]),
                np.concatenate([before.ages, ages]),
            )
    return found
