"""The folder that MLflow serves, and its code; a server answers in `tests/cli/test_serving.py`."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from mtrec.errors import InputError
from mtrec.models.config import EncoderConfig
from mtrec.models.encoder import load_encoder
from mtrec.runs import serving
from mtrec.runs.export import exported_model


class Answering:
    """Answers with what it was asked, or breaks."""

    error: Exception | None = None

    def answer(self, request: Any) -> list[dict[str, Any]]:
        if self.error is not None:
            raise self.error
        return [{"items": row} for row in request.to_dict("records")]


@pytest.fixture
def answering() -> Answering:
    return Answering()


@pytest.fixture
def model(answering: Answering, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The model as MLflow has it once it is loaded."""
    from mtrec.runs import served

    opened = []
    monkeypatch.setattr(served, "open_answers", lambda folder: opened.append(folder) or answering)
    model = served.Served()
    context = SimpleNamespace(artifacts={"recommend": "/there/artifacts/recommend"})
    model.load_context(context)
    assert opened == [Path("/there/artifacts")]
    return model


def test_a_table_is_answered_row_by_row(model: Any) -> None:
    table = pd.DataFrame([{"user": "ann"}, {"user": "bob"}])
    assert model.predict(None, table) == [{"items": {"user": "ann"}}, {"items": {"user": "bob"}}]


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (InputError("No such row", where="row 2"), 400, "No such row. Where: row 2."),
        (ZeroDivisionError("division"), 500, "that nobody foresaw (ZeroDivisionError)."),
        (MemoryError(), 500, "Memory ran out"),
    ],
)
def test_what_cannot_be_answered_is_a_status_and_a_sentence(
    model: Any, answering: Answering, error: Exception, status: int, said: str
) -> None:
    from mlflow.exceptions import MlflowException

    answering.error = error
    with pytest.raises(MlflowException) as refused:
        model.predict(None, pd.DataFrame([{"user": "ann"}]))
    # So does MLflow's server before it sends what `serialize_as_json` gives.
    refused.value.message = f"Failed to predict data {refused.value.message}"
    sent = json.loads(refused.value.serialize_as_json())
    assert refused.value.get_http_status_code() == status
    assert set(sent) == {"error_code", "message"}
    assert said in sent["message"]
    assert "Traceback" not in sent["message"] and "Failed to predict" not in sent["message"]


def test_a_run_without_tasks_is_read_by_its_encoder(
    tiny_encoder_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is put into the folder for it reads texts as its encoder did."""
    config = EncoderConfig(name=str(tiny_encoder_folder), max_length=16)
    (tmp_path / "run").mkdir()
    store = SimpleNamespace(
        fetch=lambda run: tmp_path / "run", config=lambda run: SimpleNamespace(encoder=config)
    )
    reader = serving._copy_reader(store, SimpleNamespace(run="r"), tmp_path)  # type: ignore[arg-type]
    assert reader == tmp_path / serving.READER and exported_model(tmp_path) is None

    monkeypatch.setattr("mtrec.recommend.people.People", lambda folder: folder)
    read = serving.open_answers(tmp_path)._read
    from mtrec.recommend.guest import read_with_encoder

    texts = ["the film was good", "a song"]
    frozen = config.model_copy(update={"method": "frozen"})
    expected = read_with_encoder(load_encoder(frozen), texts)["encoder"]
    assert read(texts)["encoder"] == pytest.approx(expected)


def test_all_that_answering_imports_is_required() -> None:
    """Of what this project requires; some of it also comes along with other packages."""
    code = (
        "import sys; from importlib.metadata import packages_distributions\n"
        "import mtrec.reports.answers, mtrec.recommend.people, mtrec.training.checkpoint\n"
        "import mtrec.training.inference, mtrec.runs.serving, mtrec.models.adapters, transformers\n"
        "known = packages_distributions()\n"
        "for name in sorted({each.split('.')[0] for each in sys.modules}):\n"
        "    print(*known.get(name, ()))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    imported = {each.lower().replace("_", "-") for each in done.stdout.split()}
    lines = Path("requirements.txt").read_text().splitlines()
    wanted = {line.partition("==")[0].partition("[")[0].lower() for line in lines if "==" in line}
    brought_along = {"charset-normalizer", "psutil"}
    missing = (imported & wanted) - {each.lower() for each in serving.PACKAGES} - brought_along
    assert not missing
    assert {each.lower() for each in serving.PACKAGES} <= wanted | {"transformers"}
