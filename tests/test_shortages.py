"""A full disk and short memory are told from whatever error they come as."""

from __future__ import annotations

import pyarrow as pa
import pytest

from mtrec.shortages import is_disk_full, is_out_of_memory, shortage, tells_of_memory


def wrapped(inner: Exception) -> Exception:
    """As a library passes on what it met."""
    try:
        try:
            raise inner
        except Exception as error:
            raise RuntimeError("the session could not be committed") from error
    except RuntimeError as error:
        return error


FULL = [
    OSError(28, "No space left on device"),
    OSError(122, "Disk quota exceeded"),
    RuntimeError("(sqlite3.OperationalError) database or disk is full"),
    RuntimeError("I/O error: No space left on device (os error 28)"),
]
SHORT = [
    MemoryError(),
    pa.ArrowMemoryError("malloc of size 64 failed"),
    OSError(12, "Cannot allocate memory"),
    RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory"),
    RuntimeError("CUDA out of memory. Tried to allocate 2 GiB"),
    ImportError("libtorch.so: failed to map segment from shared object"),
]


@pytest.mark.parametrize("error", [*FULL, *map(wrapped, FULL)])
def test_a_full_disk(error: Exception) -> None:
    assert is_disk_full(error) and not is_out_of_memory(error)
    found = shortage(error)
    assert found is not None and found.message == "The disk is full" and "free" in found.fix


@pytest.mark.parametrize("error", [*SHORT, *map(wrapped, SHORT)])
def test_short_memory(error: Exception) -> None:
    assert is_out_of_memory(error) and not is_disk_full(error)
    found = shortage(error)
    assert found is not None and found.message == "Memory ran out" and found.fix


def test_other_errors_are_something_else() -> None:
    for error in (OSError(2, "No such file"), KeyError("disk"), RuntimeError("expected a tensor")):
        assert shortage(error) is None and shortage(wrapped(error)) is None


def test_an_error_that_leads_back_to_itself_ends() -> None:
    error = RuntimeError("round")
    error.__context__ = RuntimeError("and round")
    error.__context__.__context__ = error
    assert shortage(error) is None


def test_what_a_log_says() -> None:
    assert tells_of_memory("Traceback\n  ...\nnumpy._core._exceptions._ArrayMemoryError: Unable")
    assert not tells_of_memory("Traceback\n  ...\nZeroDivisionError: division by zero")
