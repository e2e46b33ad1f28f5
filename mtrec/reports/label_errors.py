"""Labels that are probably wrong, as a list for a person to review.

After Northcutt, Jiang and Chuang (2021), *Confident Learning: Estimating Uncertainty in Dataset
Labels*, JAIR 70, arXiv:1911.00068: a model that never saw a record's label says how probable it is,
and records are ranked by how improbable it finds what is written. Of their two measures that is
*self-confidence*; *normalised margin* found fewer flipped labels on snips and tweets. The model is
a logistic regression on vectors of the encoder as it came, so that no training has learned a wrong
label by heart. How many are found: `benchmarks/label_errors.py`.

Throughout, N records, U of them labelled, L labels, vectors of size d.
"""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mtrec.models.config import EncoderConfig
from mtrec.tasks.base import TaskType, Unit
from mtrec.tasks.ragged import Index, Ragged

if TYPE_CHECKING:
    from mtrec.training.reporter import Reporter

PLACE, WRITTEN, SUGGESTED, DOUBT = "place", "written", "suggested", "doubt"
FOLDS = 5
# Of the logistic regression. So much regularisation that single wrong labels are not learned.
STRENGTH = 0.01
TOLERANCE, ITERATIONS = 1e-3, 100

Vectors = NDArray[np.float32]
Flags = NDArray[np.bool_]
Keys = NDArray[np.uint64]


def supports(task_type: TaskType) -> bool:
    """Whether labels of this type belong to the text as a whole, so that one vector can tell."""
    return task_type.exclusive or task_type.several


def read_vectors(
    texts: Sequence[str],
    task_type: TaskType,
    config: EncoderConfig,
    precision: Literal["fp32", "bf16"],
    cache: Path | None,
    reporter: Reporter,
    made: Path | None = None,
) -> Vectors:
    """What a task reads of its labelled texts in the encoder as it came, `(N, d)`.

    It is the mean or first state of the whole text, or both marked entities' states side by side.

    Args:
        config: the encoder; how much of it learns makes no difference.
        cache: the folder in which trainings keep what they read.
        made: the folder of the encoder, where a run made it.

    Raises:
        InputError: the encoder can't be loaded.
        Stopped: the reporter asked to stop.
    """
    from mtrec.models.encoder import load_encoder
    from mtrec.training.features import encode_units

    unit = task_type.unit
    frozen = config.model_copy(update={"method": "frozen"})
    encoder = load_encoder(frozen, precision, marks=unit is Unit.MARKS, folder=made)
    read = encode_units(encoder, texts, [unit], cache, reporter)[unit]
    return np.asarray(read.rows.reshape(len(texts), -1))


def suspects(
    vectors: Vectors,
    values: pd.Series,
    labels: Sequence[str],
    task_type: TaskType,
    groups: Sequence[str] | None = None,
    folds: int = FOLDS,
    seed: int = 0,
) -> pd.DataFrame:
    """Labelled records, ranked by how little a model that did not see their label believes it.

    Where a record carries exactly one label, `doubt` is 1 - p(written), and `suggested` is the
    likeliest label. Where it may carry several, each label is a question of its own; `doubt` is the
    largest |y - p| over labels, y being 1 if the label is written and 0 otherwise, and `suggested`
    is what is written with that label added or taken away, if that is likelier.

    The order of records makes no difference. Left out are records without a label, labels that are
    too `rare`, and records of which that leaves nothing; also, where texts contradict each other, a
    record whose label stands on no text of the other folds.

    Args:
        vectors: `(N, d)`.
        values: the labels of each record as a recipe writes them, `(N,)`, missing where unlabelled.
        labels: of the task, `(L,)`.
        groups: the text of each record, or what else must not be torn apart by folds, `(N,)`; left
            out, records with the same vector.
        folds: how many, at least 2.
        seed: of the folds, 0 or more.

    Returns:
        One row per judged record, the most doubtful first: `place` in `values`, 0 the first;
        `written` and `suggested` as a recipe writes them; `doubt` from 0 to 1.
    """
    targets = task_type.encode(values.reset_index(drop=True), labels)
    known = np.flatnonzero(targets.present)
    carried = _carried(targets.rows, len(labels))
    keys = _keys(
        vectors[known] if groups is None else [groups[each] for each in known.tolist()], seed
    )
    # Sums of numbers depend on their order, so records get one that comes from what they are.
    order = np.lexsort((*carried.T, keys))
    known, carried, keys = known[order], carried[order], keys[order]

    enough = _texts_of_each(keys, carried) >= folds
    fold = assign_folds(keys, carried, folds)
    ask, compare = (_of_one, _one) if task_type.exclusive else (_of_several, _several)
    doubt, suggested = compare(carried, ask(_standardised(vectors[known]), carried, enough, fold))
    written = values.iloc[known].to_numpy(dtype=object)
    said = task_type.decode(Ragged.single(suggested.astype(np.float32)), labels).labels
    same = (suggested == carried).all(axis=1)
    table = pd.DataFrame(
        {
            PLACE: known,
            WRITTEN: pd.Series(written, dtype="str"),
            SUGGESTED: pd.Series(np.where(same, written, said), dtype="str"),
            DOUBT: doubt,
        }
    )
    judged = table.dropna(subset=[DOUBT])
    return judged.sort_values([DOUBT, PLACE], ascending=[False, True], ignore_index=True)


def rare(
    values: pd.Series,
    labels: Sequence[str],
    task_type: TaskType,
    groups: Sequence[str],
    folds: int = FOLDS,
) -> pd.Series:
    """How many records carry each label that stands on fewer different texts than there are folds.

    Args:
        values, labels, task_type, groups, folds: as for `suspects`.

    Returns:
        by label; labels that no record carries are left out.
    """
    targets = task_type.encode(values.reset_index(drop=True), labels)
    carried = _carried(targets.rows, len(labels))
    keys = _keys([groups[each] for each in np.flatnonzero(targets.present).tolist()], seed=0)
    counts = pd.Series(carried.sum(axis=0), index=pd.Index(labels))
    return counts[(counts.to_numpy() > 0) & (_texts_of_each(keys, carried) < folds)]


def assign_folds(keys: Keys, carried: Flags, folds: int) -> Index:
    """The fold of each record, `(U,)`, 0 … folds - 1; records of one key share theirs.

    A text counts with the rarest of its labels, and the texts of each label are dealt out in turn,
    so that every fold gets its share of them: a simple form of Sechidis, Tsoumakas and Vlahavas
    (2011), *On the Stratification of Multi-label Data*.

    Args:
        keys: the same number for what must not be torn apart, at random otherwise, `(U,)`.
        carried: which labels each record carries, `(U, L)`.
    """
    _, number = np.unique(keys, return_inverse=True)
    together = _together(keys, carried)
    sizes = together.sum(axis=0)
    rarest = np.where(together, sizes, len(keys) + 1).argmin(axis=1)
    fold = np.empty(len(together), dtype=np.int64)
    fold[np.argsort(rarest, kind="stable")] = np.arange(len(together)) % folds
    return fold[number]


def _carried(rows: NDArray[Any], size: int) -> Flags:
    """Targets as the labels that each record carries, `(U, L)`."""
    return np.asarray(rows > 0 if rows.ndim == 2 else rows[:, None] == np.arange(size))


def _keys(contents: Iterable[str] | Vectors, seed: int) -> Keys:
    """A number for each text or vector, `(U,)`: the same for the same one, at random otherwise."""
    salt = seed.to_bytes(8, "little")
    digests = (
        hashlib.blake2b(_bytes(content), digest_size=8, salt=salt).digest() for content in contents
    )
    return np.frombuffer(b"".join(digests), dtype=np.uint64)


def _bytes(content: str | Vectors) -> bytes:
    if isinstance(content, str):
        return content.encode("utf-8", "surrogatepass")
    return content.tobytes()


def _together(keys: Keys, carried: Flags) -> Flags:
    """The labels that stand on each different key, `(G, L)`, in the order of keys."""
    return np.asarray(pd.DataFrame(carried).groupby(keys).any().to_numpy(dtype=bool))


def _texts_of_each(keys: Keys, carried: Flags) -> Index:
    """On how many different keys each label stands, `(L,)`."""
    return np.asarray(_together(keys, carried).sum(axis=0), dtype=np.int64)


def _standardised(vectors: Vectors) -> Vectors:
    """Mean 0 and standard deviation 1 in each direction that varies; labels play no part in it."""
    from sklearn.preprocessing import StandardScaler

    return np.asarray(StandardScaler().fit_transform(vectors)) if len(vectors) else vectors


def _one(carried: Flags, believed: Vectors) -> tuple[Vectors, Flags]:
    """Doubt, `(U,)`, and the labels suggested, `(U, L)`, where exactly one is right."""
    likeliest = np.where(np.isnan(believed), -1, believed).argmax(axis=1)
    return 1 - believed[carried], likeliest[:, None] == np.arange(carried.shape[1])


def _several(carried: Flags, believed: Vectors) -> tuple[Vectors, Flags]:
    """The same where every label is a question of its own."""
    gaps = np.abs(carried - believed)
    rows, doubted = np.arange(len(gaps)), np.where(np.isnan(gaps), -1, gaps).argmax(axis=1)
    doubt = gaps[rows, doubted]
    suggested = carried.copy()
    suggested[rows, doubted] ^= doubt > 0.5
    return doubt, suggested


def _of_one(vectors: Vectors, carried: Flags, enough: Flags, fold: Index) -> Vectors:
    """How probable each label is, `(U, L)`, where one is right; NaN where that is not known."""
    truth = carried.argmax(axis=1)
    usable = enough[truth]
    believed = np.full(carried.shape, np.nan, dtype=np.float32)
    for held_out in np.unique(fold):
        learned = usable & (fold != held_out)
        asked = np.flatnonzero(usable & (fold == held_out))
        classes, shares = _fitted(vectors[learned], truth[learned], vectors[asked])
        believed[asked[:, None], classes] = shares
    return believed


def _of_several(vectors: Vectors, carried: Flags, enough: Flags, fold: Index) -> Vectors:
    """The same where every label is a question of its own."""
    believed = np.full(carried.shape, np.nan, dtype=np.float32)
    for held_out in np.unique(fold):
        asked = fold == held_out
        learned, unseen = vectors[~asked], vectors[asked]
        for label in np.flatnonzero(enough):
            classes, shares = _fitted(learned, carried[~asked, label], unseen)
            if len(classes):
                believed[asked, label] = shares[:, 1]
    return believed


def _fitted(vectors: Vectors, truth: NDArray[Any], asked: Vectors) -> tuple[NDArray[Any], Vectors]:
    """The classes learned, and how probable each is of what is asked; none where all are one."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression
    from threadpoolctl import threadpool_limits

    classes = np.unique(truth)
    if len(classes) < 2 or not len(asked):
        return np.empty(0, dtype=np.int64), np.empty((len(asked), 0), dtype=np.float32)
    model = LogisticRegression(C=STRENGTH, tol=TOLERANCE, max_iter=ITERATIONS)
    # On cores that others use, threads wait for each other: one was 8 times as fast.
    with warnings.catch_warnings(), threadpool_limits(1, "blas"):
        warnings.simplefilter("ignore", ConvergenceWarning)  # near enough for a ranking
        model.fit(vectors, truth)
    return model.classes_, np.asarray(model.predict_proba(asked), dtype=np.float32)
