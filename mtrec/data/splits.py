"""Training, validation and test, made once at import so that nothing of the test is seen early.

A split is a rank here: 0 train, 1 val, 2 test, NaN not decided or left out. A record takes the
later of the split of its own time and the split of the interaction it is about.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mtrec.data.recipe import SplitsSpec
from mtrec.data.sampling import (
    TEST_RANK,
    TRAIN_RANK,
    VAL_RANK,
    Ranks,
    draw_texts,
    last_of_each,
)
from mtrec.errors import InputError
from mtrec.schema import ITEM, SPLIT, SPLITS, TIME, USER

PUBLISHED = "published"  # bool, the row's file says its split
STRATUM = "stratum"  # int, the same for records with the same labels, -1 without any
KIND = "kind"  # int, the same for records of files that publish their splits together

WARM = 5  # training interactions that make a user worth testing under one cut
COLD_RECORDS = 3  # records about other things that a cold user needs
COLD_SHARES = (0.1, 0.2)  # of the eligible users: val, test


@dataclass(frozen=True)
class Splits:
    """The outcome.

    Attributes:
        records, interactions: train, val or test for each row given; missing where it is left out.
        cold: `val` or `test` by user whose interactions are all held out.
        repeated_texts: how many records are left out because their text stands in another split.
    """

    scheme: str
    reason: str
    records: pd.Series
    interactions: pd.Series
    cold: pd.Series
    repeated_texts: int


@dataclass(frozen=True)
class _Cuts:
    """The moments at which validation and test begin, in microseconds since 1970."""

    val: float
    test: float


def make_splits(
    records: pd.DataFrame,
    texts: NDArray[np.int64],
    interactions: pd.DataFrame,
    spec: SplitsSpec,
) -> Splits:
    """Splits records and interactions as the recipe asks.

    Args:
        records: user, item, time, split, `published`, `stratum` and `kind`.
        texts: the same number for the same text, by record, as `text_numbers` gives it.
        interactions: user, item, time, split and `published`, one row a (user, item), in the order
            of their source rows; an interaction taken from a record has that record's index.

    Raises:
        InputError: the scheme asked for needs times that are not there.
    """
    rng = np.random.default_rng(spec.seed)
    records = records[[USER, ITEM, SPLIT, PUBLISHED, STRATUM, KIND]].assign(
        **{TIME: _microseconds(records[TIME])}
    )
    interactions = interactions.assign(**{TIME: _microseconds(interactions[TIME])})
    given = records[PUBLISHED].to_numpy(dtype=bool)
    record_ranks = _ranks(records[SPLIT])
    _add_validation(records, texts, given, record_ranks, spec.fractions[1], rng)

    interaction_ranks = _ranks(interactions[SPLIT])
    _follow_records(interactions, interaction_ranks, records, record_ranks)
    free = ~interactions[PUBLISHED].to_numpy(dtype=bool)

    scheme, reason, cuts = _choose(records[~given], interactions[free], spec)
    interaction_ranks[free] = _interaction_ranks(interactions[free], scheme, cuts, spec, rng)
    acts = _acts_about(records, interactions)
    cold = _cold_users(records, acts, interactions, free, rng)
    cold_ranks = interactions[USER].map(cold).to_numpy(dtype=float)
    interaction_ranks = np.where(np.isnan(cold_ranks), interaction_ranks, cold_ranks)

    about = np.append(interaction_ranks, np.nan)[acts]
    own = _own_ranks(records, interactions, interaction_ranks, cold, scheme, cuts, spec)
    record_ranks = np.where(given, record_ranks, np.fmax(own, about))
    undecided = ~given & np.isnan(record_ranks)
    strata = records[STRATUM].to_numpy()
    draw_texts(texts, strata, undecided, record_ranks, spec.fractions, rng)
    repeated = _repeats_elsewhere(texts, given, record_ranks)
    record_ranks[repeated] = np.nan
    return Splits(
        scheme=scheme,
        reason=reason,
        records=_names(record_ranks, records.index),
        interactions=_names(interaction_ranks, interactions.index),
        cold=_names(cold.to_numpy(dtype=float), cold.index),
        repeated_texts=int(repeated.sum()),
    )


def _microseconds(times: pd.Series) -> pd.Series:
    """Microseconds since 1970 as float64, NaN where the time is missing."""
    return times.astype("int64").astype("float64").where(times.notna())


def _ranks(column: pd.Series) -> Ranks:
    if column.isna().all():
        return np.full(len(column), np.nan)
    ranks = {split: float(rank) for rank, split in enumerate(SPLITS)}
    return np.array(column.map(ranks), dtype=np.float64)


def _names(ranks: Ranks, index: pd.Index) -> pd.Series:
    return pd.Series(ranks, index=index).map(dict(enumerate(SPLITS))).astype("str")


def _add_validation(
    records: pd.DataFrame,
    texts: NDArray[np.int64],
    given: NDArray[np.bool_],
    ranks: Ranks,
    share: float,
    rng: np.random.Generator,
) -> None:
    """Draws a share of the training records of each kind that publishes no validation split."""
    has_val = records[KIND].isin(records.loc[given & (ranks == VAL_RANK), KIND]).to_numpy()
    train = given & ~has_val & (ranks == TRAIN_RANK)
    if not train.any():
        return
    elsewhere = np.where(given & ~train & (ranks != TEST_RANK), ranks, np.nan)
    strata = np.maximum(records[STRATUM].to_numpy(), 0)
    draw_texts(texts, strata, train, elsewhere, (1 - share, share, 0.0), rng)
    ranks[train] = elsewhere[train]


def _follow_records(
    interactions: pd.DataFrame, ranks: Ranks, records: pd.DataFrame, record_ranks: Ranks
) -> None:
    """An interaction taken from a record with a published split stands where that record stands."""
    position = records.index.get_indexer(interactions.index)
    follows = interactions[PUBLISHED].to_numpy(dtype=bool) & (position >= 0)
    ranks[follows] = record_ranks[position[follows]]


def _choose(
    records: pd.DataFrame, interactions: pd.DataFrame, spec: SplitsSpec
) -> tuple[str, str, _Cuts | None]:
    """The scheme, why, and the one cut in time where that is the scheme."""
    if records.empty and interactions.empty:
        return "published", "The files say the split of every row", None
    what = "records" if interactions.empty else "interactions"
    events = records if interactions.empty else interactions
    events = events[events[USER].notna()]
    timed = events[events[TIME].notna()]
    if spec.scheme == "random":
        return "random", "The recipe asks for it", None
    if timed.empty or 2 * len(timed) < len(events):
        if spec.scheme != "auto":
            raise InputError(
                f"The {what} cannot be split by time",
                expected="a user and a readable time in at least half of the rows",
                found=f"{len(timed)} of {len(events)} rows with both",
                where="splits: scheme",
                fix="name the time column in the recipe, or use scheme: random",
            )
        lacking = "people" if events.empty else "times"
        return "random", f"The {what} have no {lacking} to split by", None
    cuts = _global_cuts(timed[TIME], spec)
    if spec.scheme == "global-time":
        if not (timed[TIME] < cuts.val).any():
            raise InputError(
                "One cut in time leaves nothing to train on",
                expected="times that differ",
                found=f"most {what} at {pd.to_datetime(cuts.val, unit='us')}",
                where="splits: scheme",
                fix="use scheme: user-time or scheme: auto",
            )
        return "global-time", "The recipe asks for it", cuts
    if spec.scheme == "user-time":
        return "user-time", "The recipe asks for it", None
    share = _warm_share(timed, cuts)
    if share >= 0.5:
        reason = f"{share:.0%} of the test users keep {WARM} or more training {what}"
        return "global-time", reason, cuts
    reason = f"With one cut in time only {share:.0%} of the test users would keep {WARM} or more "
    return "user-time", f"{reason}training {what}", None


def _global_cuts(times: pd.Series, spec: SplitsSpec) -> _Cuts:
    ordered = np.sort(times.to_numpy())
    train, val, _ = spec.fractions
    first_val = min(int(len(ordered) * train + 1e-9), len(ordered) - 1)
    first_test = min(int(len(ordered) * (train + val) + 1e-9), len(ordered) - 1)
    return _Cuts(float(ordered[first_val]), float(ordered[first_test]))


def _warm_share(events: pd.DataFrame, cuts: _Cuts) -> float:
    """Of the users with test events, the share that keeps enough training events."""
    training = events.loc[events[TIME] < cuts.val, USER].value_counts()
    testing = events.loc[events[TIME] >= cuts.test, USER].unique()
    return float((training.reindex(testing).fillna(0) >= WARM).mean())


def _interaction_ranks(
    interactions: pd.DataFrame,
    scheme: str,
    cuts: _Cuts | None,
    spec: SplitsSpec,
    rng: np.random.Generator,
) -> Ranks:
    if cuts is not None:
        return _by_cuts(interactions[TIME], cuts.val, cuts.test)
    if scheme == "random":
        return last_of_each(interactions[USER], rng.permutation(len(interactions)), spec.fractions)
    timed = interactions[TIME].notna().to_numpy()
    ranks = np.full(len(interactions), np.nan)
    ranks[timed] = last_of_each(
        interactions.loc[timed, USER], interactions.loc[timed, TIME].to_numpy(), spec.fractions
    )
    return ranks


def _by_cuts(times: pd.Series, val: pd.Series | float, test: pd.Series | float) -> Ranks:
    """Ranks by one pair of cuts, or by each row's own; a missing cut never comes."""
    ranks = np.zeros(len(times))
    ranks[(times >= val).to_numpy()] = VAL_RANK
    ranks[(times >= test).to_numpy()] = TEST_RANK
    ranks[times.isna().to_numpy()] = np.nan
    return ranks


def _cold_users(
    records: pd.DataFrame,
    acts: NDArray[np.int64],
    interactions: pd.DataFrame,
    free: NDArray[np.bool_],
    rng: np.random.Generator,
) -> pd.Series:
    """Rank 1 or 2 by user, drawn among the users with enough records about other things."""
    others = records.loc[(acts < 0) & records[USER].notna(), USER].value_counts()
    eligible = np.intersect1d(
        np.array(others.index[others >= COLD_RECORDS], dtype=object),
        np.setdiff1d(
            np.array(interactions.loc[free, USER].unique(), dtype=object),
            np.array(interactions.loc[~free, USER].unique(), dtype=object),
        ),
    )
    users = rng.permutation(eligible)
    val, test = (int(len(users) * share + 0.5) for share in COLD_SHARES)
    ranks = np.repeat([TEST_RANK, VAL_RANK], [test, val])
    return pd.Series(
        ranks, index=pd.Index(users[: test + val], dtype="str", name=USER)
    ).sort_index()


def _acts_about(records: pd.DataFrame, interactions: pd.DataFrame) -> NDArray[np.int64]:
    """Where each record's interaction, of its user with its item, stands among all; -1 without."""
    pairs = interactions[[USER, ITEM]].assign(place=np.arange(len(interactions)))
    about = records[[USER, ITEM]].merge(pairs, on=[USER, ITEM], how="left")
    return about["place"].fillna(-1).to_numpy(dtype=np.int64)


def _own_ranks(
    records: pd.DataFrame,
    interactions: pd.DataFrame,
    ranks: Ranks,
    cold: pd.Series,
    scheme: str,
    cuts: _Cuts | None,
    spec: SplitsSpec,
) -> Ranks:
    """The rank of a record by its own time, NaN where that cannot be told."""
    if cuts is not None:
        return _by_cuts(records[TIME], cuts.val, cuts.test)
    own = np.full(len(records), np.nan)
    if scheme == "user-time":
        timed = (records[USER].notna() & records[TIME].notna()).to_numpy()
        held = interactions[ranks >= VAL_RANK]
        begin_val = held.groupby(USER)[TIME].min()
        begin_test = interactions[ranks == TEST_RANK].groupby(USER)[TIME].min()
        users = records[USER]
        has_cut = timed & users.isin(begin_val.index).to_numpy()
        own[has_cut] = _by_cuts(
            records.loc[has_cut, TIME],
            users[has_cut].map(begin_val).astype("float64"),
            users[has_cut].map(begin_test).astype("float64"),
        )
        without = timed & ~has_cut
        own[without] = last_of_each(
            users[without], records.loc[without, TIME].to_numpy(), spec.fractions
        )
    own[records[USER].isin(cold.index).to_numpy()] = TRAIN_RANK
    return own


def _repeats_elsewhere(
    texts: NDArray[np.int64], given: NDArray[np.bool_], ranks: Ranks
) -> NDArray[np.bool_]:
    """Records split here whose text stands in an earlier split, or in a later published one."""
    known = ~np.isnan(ranks)
    size = int(texts.max()) + 1 if len(texts) else 0
    earliest, latest = np.full(size, np.inf), np.full(size, -np.inf)
    np.minimum.at(earliest, texts[known], ranks[known])
    np.maximum.at(latest, texts[given & known], ranks[given & known])
    return known & ~given & ((ranks > earliest[texts]) | (ranks < latest[texts]))
