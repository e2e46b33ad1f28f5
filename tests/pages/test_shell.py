"""What surrounds a page."""

from __future__ import annotations

import gc

import pandas as pd
import streamlit as st
from streamlit.testing.v1 import AppTest

from pages.ui import shell


def failing() -> None:
    import streamlit as st

    from pages.ui import shell

    with shell.guard():
        raise {
            "disk": OSError(28, "No space left on device"),
            "memory": MemoryError(),
            "other": ZeroDivisionError(),
        }[st.session_state["which"]]


def said(which: str) -> str:
    app = AppTest.from_function(failing)
    app.session_state["which"] = which
    (error,) = app.run().error
    return str(error.value)


def test_what_the_machine_is_short_of_is_said_with_what_to_do() -> None:
    for which, words in (("disk", "The disk is full"), ("memory", "Memory ran out")):
        assert words in said(which) and "What to do" in said(which)


def test_anything_else_is_in_the_log() -> None:
    assert "Something went wrong on this page" in said("other")


def test_many_labels_leave_room_for_what_stands_beside_them() -> None:
    assert shell.labels_width(pd.Series(["5", "4.5"]), "") == 24 + 3 * 7
    assert shell.labels_width(pd.Series(["5", "4.5"]), "the other said") == 24 + 14 * 7
    long = pd.Series(["artist: miles davis; service: spotify"])
    assert shell.labels_width(long, "true") == shell.PAIR_WIDTH


def test_no_drawing_waits_for_a_search_for_garbage_among_modules() -> None:
    st.cache_resource.clear()
    gc.unfreeze()
    before = len(gc.get_objects())
    shell.set_modules_aside()
    assert gc.get_freeze_count() > 0.9 * before
