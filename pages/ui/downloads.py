"""A finished run's report to take along: one page for people, the figures for programs."""

from __future__ import annotations

import json
import re
from pathlib import Path

import streamlit as st

from mtrec.reports.classification import load_reports
from mtrec.reports.document import Training, Words, document
from mtrec.runs.store import NO_RECOMMENDATIONS, RunInfo
from pages.ui import loaded, words
from pages.ui.text import INTERVAL_HELP

EXAMPLES = "document-examples"  # key
LONGEST = 60  # characters of a run's name in a file's
WORDS = Words(
    metric=lambda name: (words.metric(name), words.metric_help(name)),
    kinds=words.LABEL_KINDS,
    parts=words.SPLITS,
    schemes=words.SCHEMES,
    stages=words.STAGES,
    recommenders=words.RECOMMENDERS,
    segments=words.SEGMENTS,
    sources=words.SOURCES,
    commonest=words.COMMONEST_HELP,
    interval=INTERVAL_HELP,
    mixed_up=words.MIXED_UP_HELP,
    right=words.RIGHT_HELP,
    stage=words.STAGE_HELP,
    part=words.SPLIT_HELP,
)


def draw(run: RunInfo, split: str) -> None:
    """Buttons that save the report; nothing is made before one is clicked.

    Args:
        split: the part of the data that the report is about.
    """
    store, dataset = loaded.store(), loaded.open_dataset(run.key)
    with st.container(horizontal=True, vertical_alignment="center"):
        page = st.container(width="content")
        examples = st.toggle(
            "With example texts",
            key=EXAMPLES,
            disabled=loaded.presenting(),
            help="Adds up to five texts of each task that were answered wrongly, those the model "
            "was surest of, and the lists of a few people with their reasons. These texts, and the "
            "ids of the people who wrote them, are then in the report: think about who may see it. "
            "Not in presentation mode.",
        )
        examples = examples and not loaded.presenting()

        def report() -> str:
            training = Training(
                folder=store.fetch(run.run),
                run=run.run,
                name=run.name,
                created=run.created,
                config=store.config(run.run),
                no_recommendations=store.summary(run.run).get(NO_RECOMMENDATIONS),
            )
            return document(training, dataset, split, WORDS, examples)

        page.download_button(
            "Download the report (HTML)",
            data=report,
            file_name=f"{file_name(run, split)}{'-with-texts' if examples else ''}.html",
            mime="text/html",
            key="document-html",
            icon=":material/download:",
            on_click="ignore",
            help="One file to send or print: it opens in any browser, without a network. "
            + (
                "It holds texts and the ids of the people who wrote them."
                if examples
                else "Nothing in it names a person."
            ),
        )
        st.download_button(
            "Download the figures (JSON)",
            data=lambda: figures(store.fetch(run.run), split),
            file_name=f"{file_name(run, split)}.json",
            mime="application/json",
            disabled=not dataset.tasks,
            key="document-json",
            icon=":material/data_object:",
            on_click="ignore",
            help="Every task's figures with their intervals, for a program to read: what the "
            "command `python -m mtrec report` gives with `--json`.",
        )


def figures(folder: Path, split: str) -> str:
    """The `report` contract's value as JSON."""
    reports = load_reports(folder, split)
    return json.dumps(reports, ensure_ascii=False, allow_nan=False, indent=1)


def file_name(run: RunInfo, split: str) -> str:
    """What the files are called: letters, digits and hyphens, whatever the run is called."""
    name = re.sub(r"[^A-Za-z0-9]+", "-", run.name).strip("-")[:LONGEST].strip("-")
    return f"report-{name or run.run[:8]}-{split}"
