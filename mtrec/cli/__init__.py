"""The command line: reads the request, does the work, prints one value, ends with a status.

0: done, or stopped as asked. 1: the work failed. 2: bad input or usage.
"""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from mtrec.cli.parser import parse
from mtrec.errors import MtrecError
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
    except Exception as error:
        log = Workspace.current().root / LOG
        logger = _file_logger(log)
        logger.exception("mtrec %s", " ".join(sys.argv[1:]))
        print(
            f"Something went wrong that nobody foresaw ({type(error).__name__}). "
            f"The details are in {log}.",
            file=sys.stderr,
        )
        return 1


def _as_json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _file_logger(path: Path) -> logging.Logger:
    path.parent.mkdir(parents=True, exist_ok=True)
    logger = logging.getLogger(__name__)
    logger.handlers = [logging.FileHandler(path, delay=True)]
    logger.propagate = False
    return logger
