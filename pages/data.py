"""Data: drop files, say what their columns mean, see every problem, import."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import streamlit as st

from mtrec.data.dataset import Dataset, delete_dataset, list_datasets
from mtrec.data.guess import Guess, guess_recipe
from mtrec.data.importer import read_dataset, store_dataset
from mtrec.data.readers import read_table
from mtrec.data.recipe import Recipe, dump_recipe, load_recipe, parse_recipe
from mtrec.data.uploads import SUFFIXES, forget_upload, keep_upload, upload_folder
from mtrec.schema import ITEM, SOURCE, SPLIT, TEXT, TIME, USER, task_column
from mtrec.tasks import TASK_TYPES
from pages.ui import datasets, mapping, shell, state
from pages.ui.text import ago, number, plain

RECIPE = "recipe.yaml"
DRAFT = "draft.yaml"  # the choices made so far
SAMPLE = Path(__file__).parents[1] / "sample_data" / RECIPE
HAVE, BRING = "Your datasets", "Bring new data"


@st.cache_data(max_entries=16, show_spinner="Reading the file…")
def table_of(path: Path, changed: float) -> pd.DataFrame:
    """A dropped file as strings; `changed` makes a new version of it a new entry."""
    return read_table(path)


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
        type=[*(suffix.removeprefix(".") for suffix in SUFFIXES), "yml"],
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
    files = [path for path in sorted(folder.iterdir()) if path.suffix != ".yaml"]
    tables = {path.name: table_of(path, path.stat().st_mtime) for path in files}
    st.subheader("What the columns mean")
    draft, guesses = start(folder, tables)
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


def start(folder: Path, tables: dict[str, pd.DataFrame]) -> tuple[Recipe, list[Guess]]:
    """Where the controls start: what was chosen before, a recipe among the files, or a guess."""
    if (folder / RECIPE).is_file():
        draft = folder / DRAFT
        return load_recipe(draft if draft.is_file() else folder / RECIPE), []
    recipe, guesses = guessed(folder, tables)
    return (load_recipe(folder / DRAFT) if (folder / DRAFT).is_file() else recipe), guesses


def leave(upload: str, choices: dict[str, str]) -> None:
    """Forgets the dropped files and goes on with other choices."""
    forget_upload(upload, state.workspace())
    state.hold(state.UPLOAD, None)
    state.choose(**choices)


def have() -> None:
    """The datasets of the workspace, and what the chosen one holds."""
    known = list_datasets(state.workspace())
    chosen = state.dataset()
    if chosen is None:
        st.markdown(f"There is no dataset yet. Choose **{BRING}** above to import one.")
        return
    table = pd.DataFrame(
        [
            {
                "dataset": state.ref(each, known),
                "imported": ago(each.created),
                "texts": each.records,
                "people": each.users,
                "items": each.items,
                "acts": each.interactions,
                "tasks": ", ".join(each.tasks),
                "things to know": len(each.warnings),
            }
            for each in known
        ]
    )
    st.dataframe(table, hide_index=True, alt="Datasets in this workspace")
    st.subheader(f"{plain(chosen.name)}")
    st.caption(f"Version {chosen.version}, imported {ago(chosen.created)}.")
    datasets.sizes(chosen.records, chosen.users, chosen.items, chosen.interactions)
    datasets.tasks(chosen.tasks, chosen.scheme, chosen.reason, "have")
    datasets.problems(chosen.warnings)
    with st.expander("The first texts"):
        records = state.open_dataset(chosen.key).records
        labels = [task_column(task) for task in chosen.tasks]
        shown = records[[TEXT, *labels, SOURCE, USER, ITEM, TIME, SPLIT]].head(200)
        st.dataframe(shown, hide_index=True, placeholder="", alt="The first texts")
    with st.popover("Delete this version", icon=":material/delete:"):
        st.markdown(
            f"This deletes {number(chosen.records)} texts. Training runs made from them stay, but "
            "can no longer show records and people."
        )
        if st.button("Delete for good", key="delete", help="There is no way back."):
            delete_dataset(chosen.key, state.workspace())
            state.choose()


shell.title("Data")
state.settle("view", [HAVE, BRING], BRING if state.dataset() is None else HAVE)
tab_have, tab_bring = st.tabs([HAVE, BRING], key="view", on_change="rerun", bind="query-params")
if tab_have.open:
    with tab_have, shell.guard():
        have()
if tab_bring.open:
    with tab_bring, shell.guard():
        bring()
