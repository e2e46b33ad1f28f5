"""Workspaces in which trainings are finished."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from mtrec.config import RunConfig, with_settings
from mtrec.data.importer import read_dataset
from mtrec.data.storing import store_dataset
from mtrec.runs import launcher
from mtrec.runs.store import FINISHED, RunStore
from mtrec.tasks import TASK_TYPES
from mtrec.workspace import Workspace
from tests.forking import forking

QUICK = ("encoder.method=frozen", "encoder.max_length=32", "train.epochs=2", "recommend.epochs=2")


def train(
    workspace: Workspace, recipe: Path, settings: Mapping[str, Sequence[str]], importer: str
) -> None:
    """Quick trainings on new data, one after the other.

    Args:
        settings: those of each training beside `QUICK`, by its name.
        importer: the address of who has imported what workers need.
    """
    dataset = store_dataset(read_dataset(recipe, TASK_TYPES), workspace)
    store = RunStore(workspace)
    for name, chosen in settings.items():
        config = with_settings(RunConfig(), [*QUICK, *chosen])
        with forking(importer):
            run = launcher.submit(store, dataset.name, config, name)
            info = launcher.wait(store, run, lambda run, progress: None)
        assert info.status == FINISHED, info.reason
