"""The command line: reads the request, does the work, prints one value, ends with a status.

0: done, or stopped as asked. 1: the work failed. 2: bad input or usage.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Sequence

from mtrec.cli.parser import parse
from mtrec.errors import MtrecError
from mtrec.shortages import shortage
from mtrec.workspace import Workspace

LOG = "mtrec.log"


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit status.

    Args:
        arguments: without the program's name; those of this process where left out.
    """
    try:
        args = parse(sys.argv[1:] if arguments is None else arguments)
        answer = args.do(args)
        for line in filter(None, [*answer.notes, answer.failure]):
            print(line, file=sys.stderr, flush=True)
        print(_as_json(answer.value) if args.json else answer.text, flush=True)
        return 1 if answer.failure else 0
    except MtrecError as error:
        print(error.sentence(), file=sys.stderr)
        return error.exit_status
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # Whoever read the output has gone; without this, Python complains when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:  # noqa: BLE001  # the last border before a person
        known = shortage(error)
        print(_unforeseen(error) if known is None else known.sentence(), file=sys.stderr)
        return 1


def _as_json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _unforeseen(error: Exception) -> str:
    """Says so, and where the details lie, if they could be written at all."""
    log = Workspace.current().root / LOG
    said = f"Something went wrong that nobody foresaw ({type(error).__name__})"
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("a", encoding="utf-8") as file:
            print("mtrec", *sys.argv[1:], file=file)
            traceback.print_exception(error, file=file)
    except OSError as why:
        return f"{said}: {error}. The details cannot be written to {log} ({why.strerror})."
    return f"{said}. The details are in {log}."
