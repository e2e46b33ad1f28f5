"""Data: drop files, say what their columns mean, see every problem, import."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import streamlit as st

from mtrec.cli.commands import SAMPLE
from mtrec.data.dataset import Dataset
from mtrec.data.guess import Guess, guess_recipe
from mtrec.data.importer import read_dataset, store_dataset
from mtrec.data.readers import read_table
from mtrec.data.recipe import FileOptions, Recipe, dump_recipe, load_recipe, parse_recipe
from mtrec.data.uploads import SUFFIXES, forget_upload, keep_upload, upload_folder
from mtrec.tasks import TASK_TYPES
from pages.ui import datasets, mapping, shell, state

RECIPE = "recipe.yaml"
DRAFT = "draft.yaml"  # the choices made so far
HAVE, BRING = "Your datasets", "Bring new data"


@st.cache_data(max_entries=16, show_spinner="Reading the file…")
def table_of(path: Path, options: str) -> pd.DataFrame:
    """A dropped file as strings, read by options as JSON."""
    return read_table(path, FileOptions.model_validate_json(options))


@st.cache_data(max_entries=4)
def guessed(folder: Path, _tables: dict[str, pd.DataFrame]) -> tuple[Recipe, list[Guess]]:
    """What the columns seem to mean."""
    return guess_recipe(_tables, Path(next(iter(_tables))).stem, TASK_TYPES)


@st.cache_resource(max_entries=2, show_spinner="Reading everything and looking for problems…")
def check(path: Path, recipe: str) -> Dataset:
    """What an import by this recipe would store; `recipe` is the file's content."""
    return read_dataset(path, TASK_TYPES)


def bring() -> None:
    """Files dropped, or the sample; then what their columns mean."""
    upload = state.held(state.UPLOAD)
    folder = upload_folder(upload, state.workspace()) if upload else None
    if upload and folder:
        describe(upload, folder)
        return
    st.markdown(
        "Drop one or several tables: texts that people left and, if you have them, the things they "
        "liked. A `recipe.yaml` among them is used as it stands."
    )
    dropped = st.file_uploader(
        "Your files",
        type=[suffix.removeprefix(".") for suffix in SUFFIXES],
        accept_multiple_files=True,
        key="files",
        help="CSV, TSV or JSON lines, with the names of the columns in the first line. They stay "
        "on this machine, in the workspace folder.",
    )
    if dropped:
        content = {file.name: bytes(file.getbuffer()) for file in dropped}
        state.hold(state.UPLOAD, keep_upload(content, state.workspace()))
        st.rerun()
    st.markdown("Nothing at hand? The sample is a small shop: reviews, searches and purchases.")
    if st.button(
        "Import the sample shop",
        key="sample",
        icon=":material/storefront:",
        help="Imports the files in the folder sample_data.",
    ):
        stored = store_dataset(check(SAMPLE, SAMPLE.read_text("utf-8")), state.workspace())
        state.choose(dataset=stored.name, view=HAVE)


def describe(upload: str, folder: Path) -> None:
    """What the columns of the dropped files mean, what an import would give, and its button."""
    if st.button("Start over with other files", key="drop", help="Forgets the files dropped here."):
        leave(upload, {})
    st.subheader("What the columns mean")
    given = existing(folder)
    files = [path for path in sorted(folder.iterdir()) if path.suffix != ".yaml"]
    tables = {path.name: table_of(path, options_of(given, path.name)) for path in files}
    draft, guesses = start(folder, given, tables)
    if guesses:
        st.caption("Guessed from the names and values of the columns. Change what is wrong.")
    name = st.text_input(
        "Name of the dataset",
        value=draft.name,
        key=f"{upload}:name",
        help="Small letters, digits, - and _. An existing name gets a new version.",
    )
    choices = {"name": name, **mapping.edit(draft, tables, upload)}
    choices["splits"] = draft.splits.model_dump(mode="json")
    if guesses:
        with st.expander("Why it was guessed so"):
            st.dataframe(pd.DataFrame([vars(guess) for guess in guesses]), hide_index=True)
    st.subheader("What an import gives")
    written = dump_recipe(parse_recipe(choices, "the choices above"))
    (folder / DRAFT).write_text(written, encoding="utf-8")
    dataset = check(folder / DRAFT, written)
    datasets.sizes(*(len(dataset.tables[table]) for table in datasets.TABLES))
    datasets.tasks(dataset.tasks, dataset.scheme, dataset.reason, "check")
    datasets.problems(dataset.warnings)
    with st.expander("The recipe that Import writes"):
        st.code(written, language="yaml")
    if st.button(
        "Import",
        type="primary",
        key="import",
        icon=":material/download_done:",
        help="Stores this as a new version of the dataset; earlier versions stay.",
    ):
        store_dataset(dataset, state.workspace())
        leave(upload, {"dataset": dataset.name, "view": HAVE})


def existing(folder: Path) -> Recipe | None:
    """What was chosen before, or else the recipe that was dropped with the files."""
    found = next((path for path in (folder / DRAFT, folder / RECIPE) if path.is_file()), None)
    return load_recipe(found) if found else None


def start(
    folder: Path, given: Recipe | None, tables: dict[str, pd.DataFrame]
) -> tuple[Recipe, list[Guess]]:
    """Where the controls start, and why, where that was guessed."""
    if given and (folder / RECIPE).is_file():
        return given, []
    guess, reasons = guessed(folder, tables)
    return given or guess, reasons


def options_of(recipe: Recipe | None, file: str) -> str:
    """How the recipe says the file is to be read, as JSON."""
    sections = [*recipe.records, recipe.users, recipe.items, recipe.interactions] if recipe else []
    for section in sections:
        if section is not None and section.file == file:
            return section.model_dump_json(include=set(FileOptions.model_fields))
    return "{}"


def leave(upload: str, choices: dict[str, str]) -> None:
    """Forgets the dropped files and goes on with other choices."""
    forget_upload(upload, state.workspace())
    state.hold(state.UPLOAD, None)
    state.choose(**choices)


shell.title("Data")
state.settle(state.VIEW, [HAVE, BRING], BRING if state.dataset() is None else HAVE)
tab_have, tab_bring = st.tabs([HAVE, BRING], key=state.VIEW, on_change="rerun", bind="query-params")
if tab_have.open:
    with tab_have, shell.guard():
        datasets.stored()
if tab_bring.open:
    with tab_bring, shell.guard():
        bring()
