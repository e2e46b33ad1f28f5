"""The versions of a dataset: its recipe, another name, what changed, and deleting one."""

from __future__ import annotations

import streamlit as st

from mtrec.data.dataset import DatasetSummary, changes, list_datasets
from mtrec.data.recipe import dump_recipe
from mtrec.runs import launcher
from mtrec.wording import many, number
from pages.ui import loaded, shell, state
from pages.ui.text import ago, plain


def manage(chosen: DatasetSummary) -> None:
    """Buttons for what can be done with a dataset."""
    with st.container(horizontal=True):
        st.download_button(
            "Download recipe.yaml",
            data=lambda: dump_recipe(loaded.open_dataset(chosen.key).recipe),
            file_name="recipe.yaml",
            mime="text/yaml",
            icon=":material/download:",
            on_click="ignore",
            key="recipe",
            help="What the columns mean. Beside your files, the command line imports the same "
            "with it: python -m mtrec import recipe.yaml",
        )
        with st.popover("Rename", icon=":material/edit:"), shell.guard():
            _rename(chosen)
        own = f"delete-{chosen.key}"  # so that it does not stay open for the next dataset
        with st.popover("Delete this version", icon=":material/delete:", key=own), shell.guard():
            _delete(chosen)


def compare(chosen: DatasetSummary) -> None:
    """What differs between this version and another one."""
    known = list_datasets(loaded.workspace())
    others = [each for each in known if each.name == chosen.name and each.key != chosen.key]
    if not others:
        st.markdown(
            "This is the only version. Importing other files, or by another recipe, "
            "under this name makes a second one."
        )
        return
    other = st.selectbox(
        "Compare with",
        others,
        format_func=lambda each: f"{each.version}, imported {ago(each.created)}",
        key="compare",
        help="Another version of this dataset.",
    )
    table = changes(other, chosen, loaded.workspace())
    columns = {"old": other.version, "new": f"{chosen.version} (chosen)"}
    st.dataframe(table.rename(columns=columns), hide_index=True, alt="What differs")
    st.caption("Only what differs. Figures of runs on different versions are not comparable.")


def _rename(chosen: DatasetSummary) -> None:
    name = st.text_input(
        "New name",
        value=chosen.name,
        key="rename",
        help="Small letters, digits, - and _. All versions and trainings of the dataset go along.",
    ).strip()
    if st.button("Rename", key="rename-do", disabled=name == chosen.name, help="Takes a moment."):
        launcher.rename_dataset(loaded.store(), chosen.name, name)
        state.choose(dataset=name)


def _delete(chosen: DatasetSummary) -> None:
    users = launcher.runs_of(loaded.store(), chosen.key)
    st.markdown(f"This deletes {number(chosen.records)} texts for good.")
    if users:
        names = ", ".join(plain(run.name, 40) for run in users[:5])
        more = f" and {len(users) - 5} more" if len(users) > 5 else ""
        st.markdown(f"{many(len(users), 'training run')} learned from it: {names}{more}.")
    with_runs = bool(users) and st.checkbox(
        "Delete what was trained on it, too",
        key=f"with-runs-{chosen.key}",
        help="Deletes these runs with their models, reports and recommendations.",
    )
    if users and not with_runs:
        st.markdown(_left_behind(chosen))
    if st.button("Delete for good", key="delete", help="There is no way back."):
        launcher.delete_dataset(loaded.store(), chosen.key)
        for run in users if with_runs else []:
            loaded.store().delete(run.run)
        state.choose(dataset=None, run=None)


def _left_behind(chosen: DatasetSummary) -> str:
    """What becomes of the runs of a version that is deleted."""
    names = [each.name for each in list_datasets(loaded.workspace())]
    if names.count(chosen.name) > 1:
        return "What was trained on it stays, but can no longer show texts and people."
    return (
        "What was trained on it stays on the disk, but no page shows it until a dataset called "
        f"{plain(chosen.name)} is imported again. The command line still lists it with "
        "`python -m mtrec runs` and deletes it with `python -m mtrec delete RUN`."
    )
