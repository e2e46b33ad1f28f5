"""What any machine runs short of, memory and room on the disk, told from the errors of others."""

from __future__ import annotations

import errno
from collections.abc import Iterator

from mtrec.errors import MtrecError

# In small letters, as CUDA's, the CPU's and the loader's allocators and Python write it.
NO_MEMORY = (
    "out of memory",
    "t allocate memory",
    "memoryerror",
    "bad_alloc",
    "failed to map segment",
)
NO_ROOM = ("no space left", "disk is full", "quota exceeded")
FULL = (errno.ENOSPC, errno.EDQUOT)


def shortage(error: BaseException) -> MtrecError | None:
    """What the machine was short of, as an error that says what to do; None for other errors."""
    if is_disk_full(error):
        return MtrecError(
            "The disk is full",
            fix="free some space, for example by deleting trainings and datasets that nobody needs "
            "(python -m mtrec delete RUN), then do it again",
        )
    if is_out_of_memory(error):
        return MtrecError(
            "Memory ran out",
            fix="close other programs, bring fewer rows, or use a machine with more memory",
        )
    return None


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an allocation failed."""
    return any(isinstance(each, MemoryError) or tells_of_memory(str(each)) for each in _all(error))


def is_disk_full(error: BaseException) -> bool:
    """Whether something could not be written for want of room, whoever tried."""
    return any(
        (isinstance(each, OSError) and each.errno in FULL)
        or any(sign in str(each).lower() for sign in NO_ROOM)
        for each in _all(error)
    )


def tells_of_memory(text: str) -> bool:
    """Whether a message or a log says that an allocation failed."""
    said = text.lower()
    return any(sign in said for sign in NO_MEMORY)


def _all(error: BaseException) -> Iterator[BaseException]:
    """The error and what it came from, which libraries wrap."""
    seen: set[int] = set()
    here: BaseException | None = error
    while here is not None and id(here) not in seen:
        seen.add(id(here))
        yield here
        here = here.__cause__ or here.__context__
