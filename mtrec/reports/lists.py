"""Everyone's recommendations as one Parquet file, a block of people at a time."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
from pyarrow.parquet import ParquetWriter

from mtrec.errors import InputError
from mtrec.files import replacing
from mtrec.recommend.arrange import Plan
from mtrec.recommend.fused import blocks
from mtrec.recommend.opened import FUSED
from mtrec.recommend.people import People
from mtrec.schema import ITEM, TITLE, USER
from mtrec.training.reporter import Reporter

LISTING = "Making lists"
ENDING = ".parquet"
SCHEMA = pa.schema(
    [
        (USER, pa.string()),
        ("place", pa.int32()),
        (ITEM, pa.string()),
        (TITLE, pa.string()),
        ("score", pa.float32()),
    ]
)


def check_target(path: Path) -> None:
    """Raises InputError where the lists cannot be written to `path`; a file there is replaced."""
    if path.suffix.lower() != ENDING:
        raise InputError(
            "Everyone's lists are written as Parquet",
            expected=f"a file name that ends in {ENDING}",
            found=path.name,
            where="--out",
            fix=f"write --out {path.with_suffix(ENDING)}",
        )
    if path.is_dir() or not path.absolute().parent.is_dir():
        raise InputError(
            "The lists cannot be written there",
            expected="a file in a folder that exists",
            found=f"{path} is a folder" if path.is_dir() else f"no folder {path.parent}",
            where="--out",
            fix="name another file" if path.is_dir() else "make the folder, or name another",
        )


def write_lists(
    people: People,
    path: Path,
    k: int,
    reporter: Reporter,
    recommender: str = FUSED,
    plan: Plan | None = None,
) -> int:
    """Writes the `k` best items of everyone whom the data knows, best first; all or nothing.

    Columns: user, place (from 1), item, title, score. A list is shorter where less is left.

    Args:
        plan: the rules that lists follow.

    Returns:
        How many rows were written.

    Raises:
        InputError: there is no such recommender.
    """
    people.recommender(recommender)  # refuses before anything is written
    users, rows = len(people.users), 0
    reporter.phase(LISTING, users)
    with replacing(path.absolute()) as part, ParquetWriter(part, SCHEMA, compression="zstd") as out:
        for block in blocks(users):
            found = people.ranked(block, k, recommender, plan)
            out.write_table(pa.Table.from_pandas(found, SCHEMA, preserve_index=False))
            rows += len(found)
            reporter.advance(len(block))
    return rows
