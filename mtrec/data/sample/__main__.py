"""`python -m mtrec.data.sample FOLDER --seed 0`: writes the sample shop."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from mtrec.data.sample.shop import generate
from mtrec.errors import InputError


def main(arguments: Sequence[str] | None = None) -> int:
    """Writes the CSVs and the recipe; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m mtrec.data.sample", description="Write the sample shop as CSVs."
    )
    parser.add_argument("folder", type=Path, help="where the files go; made if missing")
    parser.add_argument("--seed", type=int, default=0, help="another seed is another shop")
    options = parser.parse_args(arguments)
    try:
        _write(options.folder, options.seed)
    except InputError as error:
        print(error, file=sys.stderr)
        return error.exit_status
    return 0


def _write(folder: Path, seed: int) -> None:
    if seed < 0:
        raise InputError("The seed is below zero", expected="0 or more", found=str(seed))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        generate(seed).write(folder)
    except OSError as error:
        raise InputError(
            "The sample cannot be written",
            expected="a folder that may be written to",
            found=error.strerror or str(error),
            where=str(folder),
            fix="name another folder",
        ) from error


if __name__ == "__main__":
    sys.exit(main())
