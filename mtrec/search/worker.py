"""The process that works on one search for a page, so that the page can be left.

It is started as `python -m mtrec.search.worker NAME`, and speaks through the search's
storage and files alone.
"""

from __future__ import annotations

import logging
import sys

from mtrec.errors import MtrecError
from mtrec.runs import processes
from mtrec.runs.store import RunStore
from mtrec.search.runs import QueuedRuns
from mtrec.search.search import Stopped, go_on
from mtrec.search.store import Search, Searches
from mtrec.workspace import Workspace

WORKER = (sys.executable, "-m", "mtrec.search.worker")  # and the search's name

logger = logging.getLogger(__name__)


def begin(store: RunStore, found: Search, trials: int) -> None:
    """Starts a process that goes on with a search until it has so many trials."""
    found.live.stop.unlink(missing_ok=True)
    found.ask_for(trials)
    command = [*WORKER, found.name]
    processes.start(command, found.live, store.workspace, "A search is started")


def main(name: str) -> None:
    """Works on a search, and says in its log how it ended."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stderr)
    store = RunStore(Workspace.current())
    found = Searches(store.workspace).get(name)
    try:
        go_on(found, QueuedRuns(store, found.plan.dataset), found.live.stop.exists)
    except Stopped:
        logger.info("Stopped as asked")
    except MtrecError as error:
        logger.info("%s", error)
        found.say(error.sentence())
    except Exception as error:
        logger.exception("The search failed")
        found.say(f"The search broke off with an unforeseen error ({type(error).__name__}).")


if __name__ == "__main__":
    main(sys.argv[1])
