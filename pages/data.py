"""Data: drop files, say what their columns mean, see every problem, import."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import streamlit as st

from mtrec.cli.commands import SAMPLE
from mtrec.data.dataset import Dataset
from mtrec.data.guess import Guess, guess_recipe
from mtrec.data.importer import read_dataset
from mtrec.data.readers import read_table, table_names
from mtrec.data.recipe import FileOptions, Recipe, dump_recipe, load_recipe, parse_recipe
from mtrec.data.steps import Estimate
from mtrec.data.storing import store_dataset
from mtrec.data.uploads import SUFFIXES, forget_upload, keep_upload, upload_folder
from mtrec.errors import InputError
from mtrec.models.reading import check_reading
from mtrec.runs.progress import duration
from mtrec.tasks import TASK_TYPES
from mtrec.wording import listed, many
from pages.ui import datasets, inside, loaded, mapping, shell, state
from pages.ui.words import ASKED_SCHEMES, SPLIT_HELP

RECIPE = "recipe.yaml"
DRAFT = "draft.yaml"  # the choices made so far
KEPT = 2  # datasets that were read and not imported yet
HAVE, BRING = "Your datasets", "Bring new data"


@st.cache_data(max_entries=16, show_spinner="Reading the file…")
def table_of(path: Path, options: str) -> pd.DataFrame:
    """A dropped file as strings, read by options as JSON; rows that do not fit are left out."""
    return read_table(path, FileOptions.model_validate_json(options)).frame


@st.cache_data(max_entries=4)
def guessed(folder: Path, _tables: dict[str, pd.DataFrame]) -> tuple[Recipe, list[Guess]]:
    """What the columns seem to mean."""
    largest = max(_tables, key=lambda name: len(_tables[name]))
    return guess_recipe(_tables, Path(largest).stem, TASK_TYPES)


@st.cache_resource(max_entries=1)
def checked() -> dict[tuple[Path, str], Dataset]:
    """What was read last, by recipe and its content."""
    return {}


def check(path: Path, recipe: str) -> Dataset:
    """What an import by this recipe would store; `recipe` is the file's content."""
    known = checked()
    if (path, recipe) not in known:
        place, estimate = st.empty(), Estimate()

        def tell(words: str, share: float) -> None:
            remaining = estimate.remaining(share)
            left = f", about {duration(remaining)} to go" if remaining else ""
            place.progress(share, f"{words}{left}")

        try:
            dataset = read_dataset(path, TASK_TYPES, check_reading, tell)
        finally:
            place.empty()
        while len(known) >= KEPT:
            known.pop(next(iter(known)))
        known[path, recipe] = dataset
    return known[path, recipe]


def bring() -> None:
    """Files dropped, or the sample; then what their columns mean."""
    upload = state.held(state.UPLOAD)
    folder = upload_folder(upload, loaded.workspace()) if upload else None
    if upload and folder:
        describe(upload, folder)
        return
    st.markdown(
        "Drop one or several tables: texts that people left and, if you have them, the things they "
        "liked. A `recipe.yaml` among them is used as it stands."
    )
    dropped = st.file_uploader(
        "Your files",
        type=sorted({suffix.rpartition(".")[2] for suffix in SUFFIXES}),
        accept_multiple_files=True,
        key="files",
        help="Tables as CSV, TSV, JSON lines, Parquet, Excel, CoNLL or RecBole files, packed or "
        "not. They stay on this machine, in the workspace folder.",
    )
    if dropped:
        content = {file.name: bytes(file.getbuffer()) for file in dropped}
        state.hold(state.UPLOAD, keep_upload(content, loaded.workspace()))
        st.rerun()
    st.markdown("Nothing at hand? The sample is a small shop: reviews, searches and purchases.")
    if st.button(
        "Import the sample shop",
        key="sample",
        icon=":material/storefront:",
        help="Imports the files in the folder sample_data.",
    ):
        stored = store_dataset(check(SAMPLE, SAMPLE.read_text("utf-8")), loaded.workspace())
        state.choose(dataset=stored.name, view=HAVE)


def describe(upload: str, folder: Path) -> None:
    """What the columns of the dropped files mean, what an import would give, and its button."""
    if st.button("Start over with other files", key="drop", help="Forgets the files dropped here."):
        leave(upload, {})
    st.subheader("What the columns mean")
    given = existing(folder)
    dropped = [path for path in sorted(folder.iterdir()) if path.suffix != ".yaml"]
    files = [name for path in dropped for name in table_names(path)]
    if given is not None:
        needs(given, folder, files)
    tables = {name: table_of(folder / name, options_of(given, name)) for name in files}
    draft, guesses = start(folder, given, tables)
    if guesses:
        st.caption("Guessed from what stands in the columns. Change what is wrong.")
    name = st.text_input(
        "Name of the dataset",
        value=draft.name,
        key=f"{upload}:name",
        help="Small letters, digits, - and _. An existing name gets a new version.",
    )
    choices = {"name": name, **mapping.edit(draft, tables, upload)}
    if guesses:
        with st.expander("Why it was guessed so"):
            mapping.why(guesses, upload)
    choices["splits"] = draft.splits.model_dump(mode="json") | {"scheme": scheme(draft, upload)}
    st.subheader("What an import gives")
    written = dump_recipe(parse_recipe(choices, "the choices above"))
    (folder / DRAFT).write_text(written, encoding="utf-8")
    dataset = check(folder / DRAFT, written)
    shown = loaded.shown(dataset)
    datasets.sizes(*(len(dataset.tables[table]) for table in datasets.TABLES))
    acts = len(dataset.interactions)
    datasets.tasks(dataset.tasks, acts, dataset.scheme, dataset.reason, "check")
    datasets.problems(shown.warnings)
    datasets.unfold("When it happened", lambda: inside.time(shown, "check"))
    lost = many(len(dataset.aside), "entry", "entries")
    datasets.unfold(f"What cannot be used ({lost})", lambda: inside.aside(shown, "check"))
    with st.expander("The recipe that Import writes"):
        st.code(written, language="yaml")
    if st.button(
        f"Import {many(len(dataset.records), 'text')} as {dataset.name}",
        type="primary",
        key="import",
        icon=":material/download_done:",
        help="Stores this as a new version of the dataset; earlier versions stay.",
    ):
        store_dataset(dataset, loaded.workspace())
        leave(upload, {"dataset": dataset.name, "view": HAVE})


def scheme(draft: Recipe, upload: str) -> str:
    """How the data is divided into what is learned from and what is tested on."""
    key = f"{upload}:scheme"
    mapping.ready(key, draft.splits.scheme)
    return st.selectbox(
        "How to divide it",
        list(ASKED_SCHEMES),
        format_func=ASKED_SCHEMES.__getitem__,
        key=key,
        help=f"{SPLIT_HELP} A file's own parts stay as they are. Another choice makes another "
        "version of the dataset.",
    )


def existing(folder: Path) -> Recipe | None:
    """What was chosen before, or else the recipe that was dropped with the files."""
    found = next((path for path in (folder / DRAFT, folder / RECIPE) if path.is_file()), None)
    return load_recipe(found) if found else None


def needs(recipe: Recipe, folder: Path, files: list[str]) -> None:
    """Raises InputError where a recipe names files that were not dropped with it."""
    missing = [
        file
        for file in dict.fromkeys(recipe.files)
        if file not in files and not (folder / file).is_file()
    ]
    if missing:
        raise InputError(
            f"The recipe names {many(len(missing), 'file')} that you did not drop",
            expected=listed(missing),
            found=listed(files) or "the recipe alone",
            where=RECIPE,
            fix="start over and drop the recipe together with every file that it names",
        )


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
    forget_upload(upload, loaded.workspace())
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
