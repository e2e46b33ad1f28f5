"""The dashboard: `streamlit run app.py`. The list of pages and the sidebar, nothing else."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from pages.ui import shell, state

ICON = Path(__file__).parent / "pages" / "ui" / "icon.svg"  # one by name would come from the net


def pages() -> list[st.Page]:
    """Every page, in the order of the sidebar."""
    return [
        st.Page(
            "pages/start.py",
            title="Start",
            icon=":material/home:",
            default=True,
            help="What this is, the latest results, what to do next.",
        ),
        st.Page(
            "pages/data.py",
            title="Data",
            icon=":material/table_view:",
            help="Bring data, see what it holds and what to know about it.",
        ),
        st.Page(
            "pages/tradeoffs.py",
            title="Trade-offs",
            icon=":material/balance:",
            help="Move how much each task counts, and see in seconds what each gains and loses.",
        ),
        st.Page(
            "pages/train.py",
            title="Train",
            icon=":material/tune:",
            help="Say how much each task counts, start a training and watch it.",
        ),
        st.Page(
            "pages/search.py",
            title="Search",
            icon=":material/search:",
            help="Let settings be tried by themselves, and go on with the best.",
        ),
        st.Page(
            "pages/report.py",
            title="Report",
            icon=":material/lab_profile:",
            help="How well each task is told apart, and which labels are mixed up.",
        ),
        st.Page(
            "pages/people.py",
            title="People",
            icon=":material/group:",
            help="One person: profile, texts, nearest people, recommendations.",
        ),
        st.Page(
            "pages/recommendations.py",
            title="Recommendations",
            icon=":material/recommend:",
            help="Lists beside each other, what they show of all items, and rules for them.",
        ),
    ]


def navigation() -> st.Page:
    """Names the app and its pages, and gives the page that is asked for.

    The app's icon is said first, or the browser would get that of the page from the net.
    """
    st.set_page_config(page_title="mtrec", page_icon=ICON, layout="wide")
    return st.navigation(pages())


if __name__ == "__main__":
    shell.set_modules_aside()
    page = navigation()
    with shell.guard():
        state.pickers()
    with shell.guard():
        page.run()
