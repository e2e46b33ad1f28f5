"""What a run learned, as a folder of its own that needs neither its workspace nor its data."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from mtrec.errors import InputError
from mtrec.files import replacing
from mtrec.runs.store import CONFIG, MODEL, RunInfo, RunStore

if TYPE_CHECKING:
    from mtrec.models.multitask import MultiTaskModel

README = "README.md"
ARTIFACTS = "artifacts"  # in a folder to be served; MLflow's name for what is no code


def export(store: RunStore, run: RunInfo, folder: Path) -> None:
    """Writes model, encoder and settings into a new folder.

    `predict` reads it in a run's place, and `transformers` opens the encoder inside. Weights are
    safetensors.

    Raises:
        InputError: the run learned no task, or the folder holds something already.
        MtrecError: the model cannot be read.
    """
    with new_folder(folder) as part:
        model = copy_model(store, run, part / MODEL)
        shutil.copy(store.fetch(run.run) / CONFIG, part / CONFIG)
        (part / README).write_text(_readme(run, model), encoding="utf-8")


@contextmanager
def new_folder(folder: Path) -> Iterator[Path]:
    """Where to write what becomes `folder`, all of it or nothing.

    Raises:
        InputError: the folder holds something already.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(
            "There is something in that place already",
            expected="a folder that is empty, or not there yet",
            found=str(folder),
            fix="name another folder",
        )
    folder.absolute().parent.mkdir(parents=True, exist_ok=True)
    with replacing(folder.absolute()) as part:
        part.mkdir()
        yield part


def copy_model(store: RunStore, run: RunInfo, folder: Path) -> MultiTaskModel:
    """Writes a run's model with its encoder into a folder that is not there yet, and returns it.

    Raises:
        InputError: the run learned no task.
        MtrecError: the model cannot be read.
    """
    from mtrec.training.checkpoint import ENCODER, load_model

    model = load_model(model_folder(store, run))
    shutil.copytree(model_folder(store, run), folder)
    if not (folder / ENCODER).exists():
        model.encoder.save(folder / ENCODER)
    return model


def exported_bytes(store: RunStore, run: RunInfo) -> bytes:
    """The same as one zip archive."""
    with TemporaryDirectory() as place:
        export(store, run, Path(place) / MODEL)
        return Path(shutil.make_archive(str(Path(place) / "all"), "zip", place, MODEL)).read_bytes()


def model_folder(store: RunStore, run: RunInfo) -> Path:
    """Where the model of a finished run lies.

    Raises:
        InputError: the run learned no task.
    """
    folder = store.fetch(run.run) / MODEL
    if not folder.exists():
        raise InputError(
            "This run learned no task",
            expected="a run on data with labelled tasks",
            found=f"{run.key}, which has none",
            fix="use recommend or profile, or train on other data",
        )
    return folder


def exported_model(folder: Path) -> Path | None:
    """The model inside a folder that `export` wrote, to be served or not; None in any other."""
    places = (folder / MODEL, folder / ARTIFACTS / MODEL)
    return next((each for each in places if each.is_dir()), None)


def _readme(run: RunInfo, model: MultiTaskModel) -> str:
    tasks = "\n".join(
        f"- **{name}** ({task.type}): {', '.join(task.labels)}"
        for name, task in model.tasks.items()
    )
    return f"""# {run.name}

Learned by mtrec from {run.dataset}, version {run.version}.

{tasks}

To ask it about texts, where mtrec is installed:

    python -m mtrec predict FOLDER --text "a text"

FOLDER is the one that holds this file. The language model inside is one of `transformers`:

    from transformers import AutoModel, AutoTokenizer
    encoder = AutoModel.from_pretrained("FOLDER/{MODEL}/encoder")
    tokenizer = AutoTokenizer.from_pretrained("FOLDER/{MODEL}/encoder")

`{CONFIG}` holds the settings of the training.
"""
