"""A finished run as a folder that `mlflow models serve` answers from."""

from __future__ import annotations

import os
import shutil
from functools import partial
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import mtrec
from mtrec.errors import InputError
from mtrec.models.config import EncoderConfig
from mtrec.recommend.stored import FOLDER
from mtrec.runs.export import README, copy_model, new_folder
from mtrec.runs.store import CONFIG, MADE, MODEL, NO_RECOMMENDATIONS, QUIET, RunInfo, RunStore

if TYPE_CHECKING:
    from mtrec.models.encoder import Encoder
    from mtrec.reports.answers import Answers

READER = "reader"  # the encoder of a run without tasks, which stands in a model's place
SETTINGS = "settings.json"  # its EncoderConfig
CODE = Path(__file__).with_name("served.py")
PACKAGES = (
    "mlflow",
    "torch",
    "transformers",
    "peft",
    "safetensors",
    "scipy",
    "pandas",
    "numpy",
    "pyarrow",
    "pydantic",
    "PyYAML",
    "filelock",
)
"""What reading texts and answering imports, without what these bring along."""


def export_served(store: RunStore, run: RunInfo, folder: Path) -> None:
    """Writes a run as an MLflow model into a new folder, which `predict` reads as well.

    The model's code is `served.py` and a copy of this package; model and people of the run are its
    artifacts, in safetensors, Parquet and JSON. Nothing is pickled.

    Raises:
        InputError: the run made no recommendations, or the folder holds something already.
        MtrecError: the model cannot be read.
    """
    people = store.fetch(run.run) / FOLDER
    if not people.is_dir():
        raise InputError(
            "This run has nothing to serve",
            expected="a run that made recommendations",
            found=str(store.summary(run.run).get(NO_RECOMMENDATIONS, "one that made none")),
            fix="leave --serve out for its model alone, or choose another run",
        )
    with new_folder(folder) as part, TemporaryDirectory() as place:
        reader = _copy_reader(store, run, Path(place))
        _save(part, {FOLDER: people, reader.name: reader})
        shutil.copy(store.fetch(run.run) / CONFIG, part / CONFIG)
        (part / README).write_text(_readme(run), encoding="utf-8")


def open_answers(folder: Path) -> Answers:
    """What answers requests from the artifacts of a folder that `export_served` wrote."""
    from mtrec.models.encoder import load_encoder
    from mtrec.recommend.guest import Read, read_with_encoder, read_with_model
    from mtrec.recommend.people import People
    from mtrec.reports.answers import Answers
    from mtrec.training.checkpoint import load_model

    read: Read
    if (folder / MODEL).is_dir():
        read = partial(read_with_model, load_model(folder / MODEL))
    else:
        settings = (folder / READER / SETTINGS).read_text(encoding="utf-8")
        config = EncoderConfig.model_validate_json(settings)
        read = partial(read_with_encoder, load_encoder(config, folder=folder / READER))
    return Answers(People(folder / FOLDER), read)


def encoder_at_rest(store: RunStore, run: RunInfo) -> tuple[EncoderConfig, Encoder]:
    """What reads texts for a run that learned no task: the encoder as it came, or as it was made.

    Returns:
        how it is opened, and the encoder itself.
    """
    from mtrec.models.encoder import load_encoder

    config = store.config(run.run).encoder.model_copy(update={"method": "frozen"})
    made = store.fetch(run.run) / MADE
    return config, load_encoder(config, folder=made if made.is_dir() else None)


def _copy_reader(store: RunStore, run: RunInfo, place: Path) -> Path:
    """What reads texts as the run did, in a folder inside `place`."""
    if (store.fetch(run.run) / MODEL).is_dir():
        copy_model(store, run, place / MODEL)
        return place / MODEL
    config, encoder = encoder_at_rest(store, run)
    encoder.save(place / READER)
    settings = config.model_dump_json(indent=1)
    (place / READER / SETTINGS).write_text(settings, encoding="utf-8")
    return place / READER


def _save(folder: Path, artifacts: dict[str, Path]) -> None:
    os.environ.update(QUIET)
    from mlflow.models import Model
    from mlflow.models.model import MLMODEL_FILE_NAME, MODEL_CODE_PATH
    from mlflow.pyfunc import FLAVOR_NAME, save_model

    save_model(
        folder,
        python_model=str(CODE),
        artifacts={name: str(path) for name, path in artifacts.items()},
        code_paths=[str(Path(mtrec.__file__).parent)],
        # Which build of a version, such as torch's for the CPU, is the machine's matter.
        pip_requirements=[f"{name}=={version(name).partition('+')[0]}" for name in PACKAGES],
    )
    # Where things lay on this machine is nobody's business.
    written = Model.load(folder)
    flavor = written.flavors[FLAVOR_NAME]
    flavor[MODEL_CODE_PATH] = CODE.name
    for each in flavor["artifacts"].values():
        each["uri"] = each["path"]
    written.save(folder / MLMODEL_FILE_NAME)


def _readme(run: RunInfo) -> str:
    return f"""# {run.name}

Learned by mtrec from {run.dataset}, version {run.version}. This folder is an MLflow model: it
answers requests for recommendations, from people whom the data knows and from others, by what
they write.

**It holds texts and ids of people**, which answers quote as reasons. Think about who may have it.

To serve it, in an environment with what `requirements.txt` names, FOLDER being this folder:

    export MLFLOW_DISABLE_TELEMETRY=true
    mlflow models serve -m FOLDER --env-manager local --host 127.0.0.1 --port 5001

It asks for no password, so leave it at 127.0.0.1, or put something in front that does. A request:

    curl http://127.0.0.1:5001/invocations -H 'Content-Type: application/json' -d '
      {{"dataframe_records": [{{"user": "an id", "k": 5}},
                             {{"text": ["I like crime novels", "it was too long"]}}]}}'

A row names a `user`, or brings the `text` (one or a list) of somebody new, or both where a user has
more to say. `k` is how many items to name (10 unless said), `activity` the source of the data that
the texts are like. The answer has one entry a row:

    {{"predictions": [{{"known": true, "note": null, "items": [
      {{"item": "id", "title": "its title", "score": 1.2,
       "reasons": [{{"kind": "text", "text": "what they wrote", "weight": 0.4}}]}}]}}]}}

Where nobody has the id, `known` is false, the items are those that suit everyone (or what the texts
say), and `note` tells so. A request that cannot be understood gets the status 400 and a sentence.

Where mtrec is installed, this says what the tasks make of a text:

    python -m mtrec predict FOLDER --text "a text"
"""
