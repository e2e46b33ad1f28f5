"""The command line end to end: each command's JSON has the design's shape, and errors read well."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, Literal
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import pandas as pd
import pytest
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, model_validator

from mtrec.cli import commands, main, show
from mtrec.recommend.registry import RECOMMENDERS
from mtrec.runs import processes
from mtrec.runs.progress import LiveFiles, read_progress
from mtrec.runs.store import RunStore
from mtrec.workspace import Workspace
from tests.forking import Forked, forking

Mtrec = Callable[..., Forked]
LONG = [  # many epochs, each of many small steps
    word
    for each in ("train.epochs=1000", "train.patience=1000", "train.batch_tokens=64")
    for word in ("--set", each)
]

# The shapes of section 3 of the design.


class Shape(BaseModel):
    model_config = ConfigDict(strict=True)


class Figure(Shape):
    value: float
    low: float | None
    high: float | None

    @model_validator(mode="after")
    def _inside(self) -> Figure:
        if self.low is not None and self.high is not None:
            assert self.low <= self.high
        return self


class ImportedTask(Shape):
    type: str
    labels: list[str]
    train: int
    val: int
    test: int


class Warned(Shape):
    code: str
    source: str
    rows: int
    message: str


class Imported(Shape):
    dataset: str
    version: str
    records: int
    users: int
    items: int
    interactions: int
    tasks: dict[str, ImportedTask]
    warnings: list[Warned]


class Trained(Shape):
    run: str
    status: Literal["finished", "stopped", "failed"]
    seconds: float
    epochs: int
    best_epoch: int | None
    device: str | None
    samples_per_second: float | None


class Run(Shape):
    run: str
    name: str
    dataset: str
    version: str
    status: Literal["queued", "running", "finished", "stopped", "failed"]
    reason: str
    created: str
    seconds: float | None
    metrics: dict[str, float]


class Trial(Shape):
    trial: int
    state: Literal["finished", "ended early", "failed", "under way"]
    values: dict[str, float]
    settings: dict[str, float | int | str]
    run: str
    seconds: float | None
    best: bool
    as_set: bool
    reason: str


class Searched(Shape):
    search: str
    dataset: str
    version: str
    split: Literal["val"]
    objective: Literal["tasks", "recommendations", "each"]
    trials: list[Trial]
    best: list[int]
    importance: dict[str, float]


class LabelFigures(Shape):
    precision: float
    recall: float
    f1: float
    low: float | None
    high: float | None
    support: int


class Report(Shape):
    type: str
    support: int
    metrics: dict[str, Figure]
    labels: dict[str, LabelFigures]
    baseline: dict[str, Figure]


class Said(Shape):
    label: str | None
    confidence: float | None
    scores: dict[str, float]


class Predicted(Shape):
    text: str
    tasks: dict[str, Said]


class Source(Shape):
    kind: Literal["task", "text", "liked"]
    weight: float
    n: int


class Trait(Shape):
    observed: float | None
    predicted: float | None
    n: int


class Neighbour(Shape):
    user: str
    similarity: float


class Profile(Shape):
    user: str
    records: int
    interactions: int
    sources: dict[str, Source]
    traits: dict[str, dict[str, Trait]]
    vector: list[float]
    neighbours: list[Neighbour]


class Reason(Shape):
    kind: str
    text: str
    weight: float


class Recommended(Shape):
    item: str
    title: str
    score: float
    reasons: list[Reason]


class Change(Figure):
    p_value: float


class Effect(Shape):
    people: int
    before: float
    after: float
    difference: Change
    lists_changed: int
    items_changed: float


class Ruled(Shape):
    rule: dict[str, Any]
    enabled: bool
    val: Effect | None
    test: Effect | None


class Together(Shape):
    val: Effect | None
    test: Effect | None


class RulesTold(Shape):
    recommender: str
    k: int
    rules: list[Ruled]
    together: Together
    stray: int


class Listed(Shape):
    out: str
    users: int
    rows: int
    seconds: float


class Answered(Shape):
    known: bool
    note: str | None
    items: list[Recommended]


class Evaluated(Shape):
    recommender: str
    stage: Literal["pretrained", "multitask", "adapted"] | None
    segment: Literal["all", "cold", "few", "warm"]
    users: int
    metrics: dict[str, Figure]


class Setting(Shape):
    lambda_: dict[str, float] = Field(alias="lambda")
    metrics: dict[str, Figure]
    pareto: bool


class Swept(Shape):
    split: Literal["val"]
    settings: list[Setting]
    seconds: float


@dataclass
class Done:
    status: int
    out: str
    err: str

    def json(self, shape: Any) -> Any:
        """The one value on standard output, checked against its shape."""
        assert self.status == 0, self.err
        return TypeAdapter(shape).validate_python(json.loads(self.out))


@pytest.fixture
def ask(capsys: pytest.CaptureFixture[str]):  # type: ignore[no-untyped-def]
    """Runs a command in this process."""

    def run(*arguments: str) -> Done:
        status = main(arguments)
        captured = capsys.readouterr()
        return Done(status, captured.out, captured.err)

    return run


@pytest.fixture
def mtrec(importer: str, tmp_path: Path) -> Mtrec:
    """Starts a command in a process of its own, which is forked."""

    def start(*words: str) -> Forked:
        command = [sys.executable, "-m", "mtrec", *words]
        place = Path(mkdtemp(dir=tmp_path))
        with (place / "out").open("w") as out, (place / "err").open("w") as err:
            return Forked(importer, command, out, err, os.environ)

    return start


@pytest.fixture(scope="module")
def workspace(
    tmp_path_factory: pytest.TempPathFactory, empty_database: Path, importer: str
) -> Iterator[Workspace]:
    """A workspace for all tests, whose workers are forked."""
    root = tmp_path_factory.mktemp("workspace")
    shutil.copy(empty_database, Workspace(root).database)
    with pytest.MonkeyPatch.context() as patch, forking(importer):
        patch.setenv("MTREC_WORKSPACE", str(root))
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        yield Workspace(root)


@pytest.fixture(scope="module")
def settings(tiny_encoder_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("settings") / "settings.yaml"
    path.write_text(
        f"encoder: {{name: {tiny_encoder_folder}, max_length: 16}}\n"
        "trunk: {width: 16}\n"
        "train: {epochs: 2}\n"
        "recommend: {dimension: 8, epochs: 3}\n",
        encoding="utf-8",
    )
    return path


@pytest.fixture(scope="module")
def imported(workspace: Workspace, tiny_recipe: Path) -> Workspace:
    """A workspace with the tiny shop in it."""
    assert main(["import", str(tiny_recipe)]) == 0
    return workspace


@pytest.fixture(scope="module")
def trained(imported: Workspace, settings: Path) -> Done:
    """What `train --json` says about a run on the tiny shop, made by a process of its own."""
    said, noise = io.StringIO(), io.StringIO()
    with redirect_stdout(said), redirect_stderr(noise):
        status = main(["train", "tiny", "--config", str(settings), "--name", "first", "--json"])
    return Done(status, said.getvalue(), noise.getvalue())


@pytest.fixture(scope="module")
def run(trained: Done) -> str:
    """A finished run."""
    return str(trained.json(Trained).run)


def test_import_and_datasets(workspace: Workspace, tiny_recipe: Path, ask) -> None:  # type: ignore[no-untyped-def]
    checked = ask("import", str(tiny_recipe), "--check", "--json").json(Imported)
    stored = ask("import", str(tiny_recipe), "--json").json(Imported)

    assert stored == checked
    assert (stored.dataset, stored.users, stored.items) == ("tiny", 24, 60)
    assert stored.tasks["sentiment"].type == "binary"
    assert stored.tasks["topic"].labels == ["book", "film", "song"]
    assert sum((stored.tasks["topic"].train, stored.tasks["topic"].val)) > 0
    listed = ask("datasets", "--json").json(list[Imported])
    assert [each.dataset for each in listed] == ["tiny"]
    assert "tiny@" in ask("import", str(tiny_recipe)).out
    assert "sentiment, topic" in ask("datasets").out


def test_check_stores_nothing(tmp_path: Path, tiny_recipe: Path, ask, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setenv("MTREC_WORKSPACE", str(tmp_path))

    ask("import", str(tiny_recipe), "--check", "--json").json(Imported)

    assert list(tmp_path.iterdir()) == []
    assert ask("datasets", "--json").json(list[Imported]) == []
    assert ask("runs", "--json").json(list[Run]) == []


@pytest.mark.slow
def test_train_answers_in_json(trained: Done) -> None:
    value = trained.json(Trained)

    assert (value.status, value.device) == ("finished", "cpu")
    assert value.epochs == 2 and value.best_epoch in (1, 2)
    assert value.seconds > 0 and value.samples_per_second > 0
    assert f"Run {value.run}" in trained.err and "Traceback" not in trained.err


@pytest.mark.slow
def test_train_prints_the_id_last_and_runs_lists_it(run: str, settings: Path, ask) -> None:  # type: ignore[no-untyped-def]
    few = ["--set", "recommend.enabled=false", "--set", "encoder.method=frozen"]
    done = ask("train", "tiny", "--config", str(settings), *few)
    assert done.status == 0
    identity = done.out.splitlines()[-1]
    assert re.fullmatch("[0-9a-f]{32}", identity)
    assert "recommend.enabled is false" in done.err

    listed = ask("runs", "--json").json(list[Run])
    assert [each.run for each in listed] == [identity, run]
    assert {each.status for each in listed} == {"finished"}
    assert {"test/topic/macro_f1", "test/adapted/ndcg@10"} <= set(listed[1].metrics)
    assert identity in ask("runs").out
    refused = ask("recommend", identity, "u01")
    assert refused.status == 2 and "recommend.enabled is false" in refused.err
    assert ask("rename", identity[:8], "second", "--json").json(Run).name == "second"
    assert ask("delete", "second", "--json").json(dict[str, str]) == {"deleted": identity}


@pytest.mark.slow
def test_train_on_an_encoder_made_of_the_texts(imported: Workspace, settings: Path, ask) -> None:  # type: ignore[no-untyped-def]
    made = ["--set", "encoder.name=scratch", "--set", "encoder.method=full"]
    quick = ["--set", "train.epochs=1", "--set", "recommend.enabled=false"]
    done = ask("train", "tiny", "--config", str(settings), *made, *quick, "--json")
    value = done.json(Trained)
    assert value.status == "finished" and "Traceback" not in done.err
    assert ask("predict", value.run, "--text", "the film", "--json").json(list[Predicted])
    assert ask("delete", value.run).status == 0
    never = ["--set", "encoder.method=frozen", "--set", "encoder.pretrain_epochs=0"]
    refused = ask("train", "tiny", "--config", str(settings), *made, *never)
    assert refused.status == 2 and "Fix: set encoder.method=full" in refused.err


@pytest.mark.slow
def test_report(run: str, ask) -> None:  # type: ignore[no-untyped-def]
    report = ask("report", run, "--json").json(dict[str, Report])

    assert set(report) == {"sentiment", "topic"}
    for task in report.values():
        assert {"macro_f1", "accuracy"} <= set(task.metrics)
        assert task.support == sum(label.support for label in task.labels.values())
    assert ask("report", run, "--split", "val", "--json").json(dict[str, Report]) != report
    assert ask("report", run, "--stage", "adapted", "--json").json(dict[str, Report]) == report
    assert "macro_f1" in ask("report", run).out
    for wrong in (("--stage", "pretrained"), ("--split", "train")):
        refused = ask("report", run, *wrong)
        assert refused.status == 2 and refused.out == "" and "Expected:" in refused.err


def test_where_nothing_can_be_said_a_dash_stands() -> None:
    silent = {"label": None, "confidence": None, "scores": {}}
    lines = show.predictions([{"text": "no entities", "tasks": {"relation": silent}}]).splitlines()
    assert lines[-1].split() == ["no", "entities", "relation", "-", "-"]


def _judged(users: int) -> dict[str, Any]:
    figure = {"value": 0.5, "low": 0.4, "high": 0.6}
    metrics = {"ndcg@10": figure, "mrr@10": figure}
    row = {"recommender": "ease", "stage": None, "segment": "all", "users": users}
    return row | {"metrics": metrics}


def test_of_fewer_than_ten_people_no_figure_is_told() -> None:
    enough, few = show.evaluation([_judged(10), _judged(9)]).splitlines()[-2:]
    assert "0.500 [0.400, 0.600]" in enough
    assert "too few people to tell" in few and "0.5" not in few
    gap = {"value": 0.5, "low": 0.4, "high": 0.6, "p_value": 0.001}
    pairs = [
        {"a": _judged(0), "b": _judged(0), "segment": name, "users": users}
        | {"metrics": {"ndcg@10": gap}}
        for name, users in (("all", 10), ("cold", 9))
    ]
    enough, few = show.differences(pairs).splitlines()[-2:]
    assert "0.500 [0.400, 0.600]" in enough and "better by more than noise" in enough
    assert "cold" in few and "too few people to tell" in few and "0.5" not in few
    left = [{"without": "text", "kind": "text", "adds": {"ndcg@10": gap}, **_judged(9)}]
    said = show.contributions(left).splitlines()[-1]
    assert "too few people to tell" in said and "0.5" not in said


@pytest.mark.slow
def test_export(run: str, tmp_path: Path, ask) -> None:  # type: ignore[no-untyped-def]
    """It answers as the run does, transformers opens it, and nothing is written over."""
    from transformers import AutoModel, AutoTokenizer

    folder = tmp_path / "made" / "model"
    said = ask("export", run, str(folder), "--json").json(dict[str, str])
    assert said == {"run": run, "folder": str(folder)}
    asked = ("--text", "the film was good", "--json")
    assert ask("predict", str(folder), *asked).out == ask("predict", run, *asked).out
    encoder = folder / "model" / "encoder"
    assert AutoModel.from_pretrained(encoder) and AutoTokenizer.from_pretrained(encoder)
    kinds = {path.suffix for path in folder.rglob("*") if path.is_file()}
    assert kinds <= {".json", ".safetensors", ".md", ".txt"}
    again = ask("export", run, str(folder))
    assert again.status == 2 and "something in that place" in again.err
    assert [each.name for each in folder.parent.iterdir()] == ["model"]


@pytest.fixture(scope="module")
def exported(run: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that MLflow serves."""
    folder = tmp_path_factory.mktemp("exported") / "served"
    assert main(["export", run, str(folder), "--serve"]) == 0
    return folder


@pytest.mark.slow
def test_what_is_exported_to_be_served_is_whole_and_pickles_nothing(
    run: str,
    exported: Path,
    ask,  # type: ignore[no-untyped-def]
) -> None:
    asked = ("--text", "the film was good", "--json")
    assert ask("predict", str(exported), *asked).out == ask("predict", run, *asked).out
    files = [path.relative_to(exported) for path in exported.rglob("*") if path.is_file()]
    learned = {path.suffix for path in files if path.parts[0] == "artifacts"}
    assert learned == {".json", ".parquet", ".safetensors"}
    others = {path.suffix for path in files if path.parts[0] not in ("artifacts", "code")}
    assert others == {"", ".md", ".json", ".yaml", ".txt", ".py"}
    assert not any("__pycache__" in path.parts for path in files)
    described = (exported / "MLmodel").read_text()
    assert str(exported.parent) not in described and str(Path.cwd()) not in described
    pinned = (exported / "requirements.txt").read_text().split()
    assert all(re.fullmatch(r"[\w-]+==[\w.]+", each) for each in pinned)
    again = ask("export", run, str(exported), "--serve")
    assert again.status == 2 and "something in that place" in again.err
    assert "mlflow models serve" in (exported / "README.md").read_text()


@pytest.fixture(scope="module")
def served(exported: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server that answers from the folder alone, far from this project."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    here = Path(sys.executable).parent
    place = tmp_path_factory.mktemp("elsewhere")
    words = ["models", "serve", "-m", str(exported), "--env-manager", "local"]
    settings = {"PATH": f"{here}:{os.environ['PATH']}", "MLFLOW_DISABLE_TELEMETRY": "true"}
    with (place / "log").open("w") as log:
        server = subprocess.Popen(
            [here / "mlflow", *words, "--host", "127.0.0.1", "--port", str(port)],
            cwd=place,
            env={**os.environ, **settings},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    address = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + 240
        while not _is_up(address):
            assert server.poll() is None, (place / "log").read_text()
            assert time.monotonic() < deadline, (place / "log").read_text()
            time.sleep(0.2)
        yield address
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(60)


def _is_up(address: str) -> bool:
    try:
        with urlopen(f"{address}/ping", timeout=10) as answer:
            return bool(answer.status == 200)
    except URLError:
        return False


def _asked(address: str, request: object) -> tuple[int, Any]:
    """Status and JSON of an answer."""
    body = json.dumps(request).encode()
    asked = Request(f"{address}/invocations", body, {"Content-Type": "application/json"})
    try:
        with urlopen(asked, timeout=60) as answer:
            return answer.status, json.load(answer)
    except HTTPError as error:
        return error.code, json.load(error)


@pytest.mark.slow
def test_mlflow_serves_an_exported_run(run: str, served: str, ask) -> None:  # type: ignore[no-untyped-def]
    def answers(*rows: object) -> list[Answered]:
        status, said = _asked(served, {"dataframe_records": rows})
        assert status == 200, said
        return TypeAdapter(list[Answered]).validate_python(said["predictions"])

    known, new, unknown = answers(
        {"user": "u01", "k": 5},
        {"text": ["the film was good", "a very fine song"]},
        {"user": "nobody", "k": 3},
    )
    listed = ask("recommend", run, "u01", "-k", "5", "--json").json(list[Recommended])
    assert (known.known, known.note) == (True, None)
    assert [each.item for each in known.items] == [each.item for each in listed]
    assert [each.score for each in known.items] == pytest.approx([each.score for each in listed])

    assert (new.known, new.note, len(new.items)) == (False, None, 10)
    texts = [why.text for why in new.items[0].reasons if why.kind != "popular"]
    assert "the film was good" in texts

    assert (unknown.known, len(unknown.items)) == (False, 3)
    assert unknown.note is not None and "Nobody in this data is called nobody" in unknown.note
    assert {why.kind for each in unknown.items for why in each.reasons} == {"popular", "average"}

    for row, said in (({"usr": "u01"}, "usr: Extra"), ({"user": "u01", "k": 0}, "k: Input")):
        status, refused = _asked(served, {"dataframe_records": [row]})
        assert status == 400 and set(refused) == {"error_code", "message"}
        assert said in refused["message"] and "Where: row 1." in refused["message"]
    status, refused = _asked(served, ["no request"])
    assert status == 400 and "Traceback" not in json.dumps(refused)


@pytest.mark.slow
def test_predict(run: str, tmp_path: Path, ask) -> None:  # type: ignore[no-untyped-def]
    texts = ("the film was good", "a song")

    said = ask("predict", run, "--text", texts[0], "--text", texts[1], "--json").json(
        list[Predicted]
    )

    assert [each.text for each in said] == list(texts)
    for each in said:
        assert set(each.tasks) == {"sentiment", "topic"}
        for task in each.tasks.values():
            assert sum(task.scores.values()) == pytest.approx(1, abs=1e-5)
            assert task.label == max(task.scores, key=task.scores.__getitem__)
            assert task.confidence == max(task.scores.values())
    path = tmp_path / "texts.csv"
    path.write_text("text\nthe film was good\na song\n", encoding="utf-8")
    assert ask("predict", run, "--file", str(path), "--json").json(list[Predicted]) == said
    assert "topic" in ask("predict", run, "--text", "a song").out


@pytest.mark.slow
def test_profile(run: str, ask) -> None:  # type: ignore[no-untyped-def]
    profile = ask("profile", run, "u01", "--json").json(Profile)

    assert profile.user == "u01"
    assert sum(source.weight for source in profile.sources.values()) == pytest.approx(1)
    assert {source.kind for source in profile.sources.values()} == {"task", "text", "liked"}
    assert set(profile.traits) <= {"sentiment", "topic"}
    assert profile.neighbours and all(each.user != "u01" for each in profile.neighbours)
    assert "u01" in ask("profile", run, "u01").out
    refused = ask("profile", run, "nobody")
    assert refused.status == 2 and "nobody" in refused.err


def test_every_recommender_is_named_where_help_is_asked_for(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit):
        main(["recommend", "--help"])
    said = "".join(capsys.readouterr().out.split())
    assert all(name in said for name in RECOMMENDERS)


@pytest.mark.slow
def test_recommend(run: str, ask) -> None:  # type: ignore[no-untyped-def]
    baselines = [("--recommender", name) for name in RECOMMENDERS]
    for arguments in ((), ("--stage", "pretrained"), *baselines):
        items = ask("recommend", run, "u01", "-k", "5", *arguments, "--json").json(
            list[Recommended]
        )
        assert len({each.item for each in items}) == 5
        scores = [each.score for each in items]
        assert scores == sorted(scores, reverse=True)
        assert all(each.reasons and each.title.startswith("Thing") for each in items)
    assert len(ask("recommend", run, "u01", "-k", "9999", "--json").json(list[Recommended])) < 60
    assert "Thing" in ask("recommend", run, "u01").out
    for wrong in (("nobody",), ("u01", "-k", "0"), ("u01", "--recommender", "magic")):
        refused = ask("recommend", run, *wrong)
        assert refused.status == 2 and refused.out == "", wrong


RULES = """\
knowledge: facts.csv
rules:
  - {kind: exclude, attribute: maker, values: [Adler]}
  - {kind: pin, items: [i07]}
  - {kind: diversify, strength: 0.4, enabled: false}
"""


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    """Half of the items are made by Adler, whose are left out; i07 comes first."""
    facts = [f"i{item:02d},maker,{('Adler', 'Hollis')[item % 2]}" for item in range(60)]
    facts.append("i99,maker,Adler")
    (tmp_path / "facts.csv").write_text("\n".join(["item,relation,entity", *facts]))
    path = tmp_path / "rules.yaml"
    path.write_text(RULES)
    return path


@pytest.mark.slow
def test_lists_follow_rules(run: str, rules: Path, tmp_path: Path, ask) -> None:  # type: ignore[no-untyped-def]
    """A rule moves items and leaves their scores; its reasons weigh nothing."""
    words = ("-k", "9", "--rules", str(rules), "--json")
    for arguments in ((), ("--recommender", "ease"), ("--stage", "pretrained")):
        plain = ask("recommend", run, "u01", "-k", "60", *arguments, "--json")
        scores = {each.item: each.score for each in plain.json(list[Recommended])}
        listed = ask("recommend", run, "u01", *arguments, *words).json(list[Recommended])
        assert all(int(each.item[1:]) % 2 for each in listed) and len(listed) == 9
        assert listed[0].item == "i07" or "i07" not in scores
        for each in listed:
            assert each.score == pytest.approx(scores[each.item])
            assert sum(why.weight for why in each.reasons) == pytest.approx(each.score, abs=1e-6)
    reasons = [why for each in listed for why in each.reasons if why.kind == "knowledge"]
    assert reasons and reasons[0].text.startswith("same maker, Hollis, as Thing")
    out = tmp_path / "all.parquet"
    ask("recommend-all", run, "--out", str(out), *words).json(Listed)
    everyone = pd.read_parquet(out)
    ask_one = ask("recommend", run, "u17", *words).json(list[Recommended])
    mine = everyone[everyone["user"] == "u17"]
    assert mine["item"].tolist() == [each.item for each in ask_one]


@pytest.mark.slow
def test_rules(run: str, rules: Path, ask) -> None:  # type: ignore[no-untyped-def]
    told = ask("rules", run, str(rules), "-k", "5", "--json").json(RulesTold)
    exclude, pin, spread = told.rules
    assert exclude.val is not None and exclude.test is not None
    assert exclude.val.people > 0 and exclude.val.lists_changed > 0
    assert exclude.val.difference.value == pytest.approx(exclude.val.after - exclude.val.before)
    assert pin.rule == {"kind": "pin", "items": ["i07"]}
    assert not spread.enabled and spread.val is not None and spread.test is None
    assert told.together.test is not None and told.stray == 1 and told.k == 5
    said = ask("rules", run, str(rules)).out
    assert "pin items i07" in said and "all that are on" in said and "not in the data: 1" in said


@pytest.mark.slow
def test_rules_that_cannot_be_followed_are_refused(run: str, rules: Path, ask) -> None:  # type: ignore[no-untyped-def]
    for content, said in (
        ("rules: [{kind: pin, items: [i77]}]", "rules[0].items"),
        ("rules: [{kind: limit, attribute: maker, at_most: 1}]", "No item has an attribute maker"),
        ("rules: [{kind: pni, items: [i07]}]", "one of exclude, pin"),
        ("knowledge: absent.csv", "absent.csv"),
        ("", "no keys"),
    ):
        rules.write_text(content)
        for words in (("rules", run, str(rules)), ("recommend", run, "u01", "--rules", str(rules))):
            refused = ask(*words)
            assert refused.status == 2 and refused.out == "" and said in refused.err, content


@pytest.mark.slow
def test_recommend_all(run: str, tmp_path: Path, ask) -> None:  # type: ignore[no-untyped-def]
    """Everyone's lists are those that `recommend` gives, one by one."""
    path = tmp_path / "all.parquet"
    for arguments in ((), ("--stage", "multitask"), ("--recommender", "popular")):
        words = ("-k", "5", *arguments, "--json")
        said = ask("recommend-all", run, "--out", str(path), *words).json(Listed)
        found = pd.read_parquet(path)
        assert list(found) == ["user", "place", "item", "title", "score"]
        assert (said.out, said.users, said.rows) == (str(path), 24, len(found))
        assert found["user"].nunique() == 24
        for user in ("u01", "u17"):
            mine = found[found["user"] == user]
            listed = ask("recommend", run, user, *words).json(list[Recommended])
            assert mine["place"].tolist() == list(range(1, len(listed) + 1))
            assert mine["item"].tolist() == [each.item for each in listed]
            assert mine["title"].tolist() == [each.title for each in listed]
            assert mine["score"].tolist() == pytest.approx(
                [each.score for each in listed], abs=1e-4
            )
    assert "for 24 people" in ask("recommend-all", run, "--out", str(path)).out
    for out, said in (("all.csv", "ends in .parquet"), ("absent/all.parquet", "no folder")):
        refused = ask("recommend-all", run, "--out", str(tmp_path / out))
        assert refused.status == 2 and said in refused.err
    assert [each.name for each in tmp_path.iterdir()] == ["all.parquet"]


def test_sweep(imported: Workspace, settings: Path, ask) -> None:  # type: ignore[no-untyped-def]
    words = ("sweep", "tiny", "--config", str(settings), "--settings", "4")
    told = ask(*words, "--json").json(Swept)
    assert [each.lambda_ for each in told.settings[:3]] == [
        {"sentiment": 1.0, "topic": 1.0},
        {"sentiment": 2.0, "topic": 0.0},
        {"sentiment": 0.0, "topic": 2.0},
    ]
    assert all(set(each.metrics) == {"sentiment", "topic"} for each in told.settings)
    assert "λ sentiment" in ask(*words).out
    refused = ask(*words, "--set", "strategy.name=dwa")
    assert refused.status == 2 and "strategy.name=sum" in refused.err


@pytest.mark.slow
def test_search(imported: Workspace, settings: Path, ask) -> None:  # type: ignore[no-untyped-def]
    words = ("search", "tiny", "--config", str(settings), "--set", "encoder.method=frozen")
    told = ask(*words, "--trials", "2", "--json").json(Searched)
    assert [each.trial for each in told.trials] == [1, 2]
    assert [each.as_set for each in told.trials] == [True, False]
    assert told.trials[0].settings["tasks.topic.lambda"] == 1.0
    assert told.split == "val" and told.objective == "tasks"
    best = max(told.trials, key=lambda each: each.values["mean"])
    assert told.best == [best.trial]

    more = ask(*words, "--trials", "3", "--json").json(Searched)  # goes on with the same
    assert [each.run for each in more.trials[:2]] == [each.run for each in told.trials]
    kept = {each.run for each in RunStore(imported).list()}
    assert {each.run for each in more.trials if each.trial in {1, *more.best}} <= kept
    assert not {each.run for each in more.trials if each.trial not in {1, *more.best}} & kept
    assert "best" in ask(*words, "--trials", "3").out
    refused = ask(*words, "--over", "train.epochs=1..2")
    assert refused.status == 2 and "it is another one" in refused.err


@pytest.mark.slow
def test_ctrl_c_stops_a_search_that_can_go_on(
    imported: Workspace, settings: Path, mtrec: Mtrec
) -> None:
    child = mtrec("search", "tiny", "--config", str(settings), *LONG, "--name", "long", "--json")
    store = RunStore(imported)
    run = _running(store, child)

    child.send_signal(signal.SIGINT)

    out, err = child.communicate(timeout=120)
    assert child.returncode == 0 and "The same command goes on with it" in err
    (trial,) = Searched.model_validate_json(out).trials
    assert (trial.run, trial.state) == (run, "under way")
    assert store.get(run).status == "stopped"


@pytest.mark.slow
def test_evaluate(run: str, ask) -> None:  # type: ignore[no-untyped-def]
    rows = ask("evaluate", run, "--json").json(list[Evaluated])

    assert {row.stage for row in rows} == {None, "pretrained", "multitask", "adapted"}
    for row in rows:
        assert {"ndcg@10", "recall@10", "mrr@10", "coverage@10"} <= set(row.metrics)
        assert all(each.value >= 0 for each in row.metrics.values())
        shares = (
            row.metrics[f"{name}@10"] for name in ("ndcg", "recall", "mrr", "map", "coverage")
        )
        assert all(each.value <= 1 for each in shares)
    shorter = ask("evaluate", run, "-k", "3", "--json").json(list[Evaluated])
    assert all("ndcg@3" in row.metrics for row in shorter)
    assert "popular" in ask("evaluate", run).out


@pytest.mark.slow
def test_evaluate_without_each_thing_known_of_people(run: str, ask) -> None:  # type: ignore[no-untyped-def]
    whole = ask("evaluate", run, "--json").json(list[Evaluated])
    rows = ask("evaluate", run, "--without", "--json").json(list[dict[str, Any]])
    left = rows[len(whole) :]
    assert {row["recommender"] for row in left} >= {"fused without liked", "fused without text"}
    for row in left:
        assert row["stage"] == "adapted" and set(row["adds"]) <= set(row["metrics"])
    words = ask("evaluate", run, "--without").out
    assert "without it" in words and "liked" in words


@pytest.mark.slow
def test_a_killed_training_reads_failed(imported: Workspace, settings: Path, mtrec: Mtrec) -> None:
    """The first of the two commands is one as people give it, and starts its worker so."""
    child = subprocess.Popen(
        [sys.executable, "-m", "mtrec", *_train(settings)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    store = RunStore(imported)
    identity = _running(store, child)
    pid = processes.started(LiveFiles(store.folder(identity))).pid  # type: ignore[union-attr]

    os.kill(pid, signal.SIGKILL)

    out, err = child.communicate(timeout=120)
    assert child.returncode == 1
    assert json.loads(out)["status"] == "failed"
    assert "was ended from outside" in err and "Traceback" not in err
    assert str(LiveFiles(store.folder(identity)).log) in err
    assert store.get(identity).status == "failed"

    reached = read_progress(store.folder(identity)).epoch
    again = mtrec("resume", identity, "--json")
    other = _running(store, again, after=reached)
    again.send_signal(signal.SIGINT)
    out, err = again.communicate(timeout=120)
    assert other == identity and again.returncode == 0, err
    assert json.loads(out)["status"] == "stopped"


@pytest.mark.slow
def test_ctrl_c_stops_a_training(imported: Workspace, settings: Path, mtrec: Mtrec) -> None:
    child = mtrec(*_train(settings))
    store = RunStore(imported)
    identity = _running(store, child)

    child.send_signal(signal.SIGINT)

    out, err = child.communicate(timeout=120)
    assert child.returncode == 0, err
    assert json.loads(out)["status"] == "stopped"
    assert store.get(identity).status == "stopped"


def _train(settings: Path) -> list[str]:
    """The words for a training that would go on for minutes."""
    return ["train", "tiny", "--config", str(settings), *LONG, "--json"]


def _running(store: RunStore, child: subprocess.Popen[str] | Forked, after: int = 0) -> str:
    """The run that the child started, once its training has finished one more epoch."""
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline and child.poll() is None:
        for each in store.list():
            if not each.ended and read_progress(store.folder(each.run)).epoch > after:
                return each.run
        time.sleep(0.1)
    raise AssertionError(f"it never trained: {child.communicate()}")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "COMMAND"),
        (("fly",), "invalid choice"),
        (("report",), "RUN"),
        (("report", "absent"), "There is no run absent"),
        (("train", "absent"), "There is no dataset absent"),
        (("train", "tiny", "--set", "train.epoch=1"), "write train.epochs"),
        (("train", "tiny", "--config", "absent.yaml"), "absent.yaml"),
        (("import", "absent.yaml"), "absent.yaml"),
        (("dataset", "delete", "absent"), "There is no dataset absent"),
        (("stop", "absent"), "There is no run absent"),
        (("delete", "absent"), "There is no run absent"),
        (("predict", "absent"), "--text"),
        (("recommend", "absent", "u01", "-k", "many"), "invalid int value"),
        (("resume", "absent"), "There is no run absent"),
        (("search", "absent"), "There is no dataset absent"),
        (("search", "tiny", "--trials", "0"), "needs something to try"),
        (("search", "tiny", "--over", "train.epoch=1..3"), "write train.epochs"),
        (("search", "tiny", "--over", "train.epochs=3..1"), "nothing to search over"),
        (("search", "tiny", "--weigh", "mood=1"), "how much a task matters"),
        (("search", "tiny", "--weigh", "topic=much"), "A task has no weight"),
        (("search", "tiny", "--weigh", "topic=0", "--weigh", "sentiment=0"), "No task matters"),
        (("export", "absent", "folder"), "There is no run absent"),
        (("export", "absent", "folder", "--serve"), "There is no run absent"),
        (("recommend-all", "absent", "--out", "all.parquet"), "There is no run absent"),
        (("recommend-all", "absent", "--out", "all.csv"), "ends in .parquet"),
        (("recommend-all", "absent"), "--out"),
    ],
)
def test_bad_usage_ends_with_2_and_a_sentence(
    imported: Workspace,
    ask,  # type: ignore[no-untyped-def]
    arguments: tuple[str, ...],
    said: str,
) -> None:
    done = ask(*arguments)

    assert (done.status, done.out) == (2, "")
    assert said in done.err and "Traceback" not in done.err
    assert len(done.err.strip().splitlines()) == 1


def test_an_unforeseen_error_goes_to_the_log(workspace: Workspace, ask, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr("mtrec.runs.launcher.poll", lambda store: 1 / 0)

    done = ask("runs")

    assert done.status == 1 and "Traceback" not in done.err
    assert "ZeroDivisionError" in (workspace.root / "mtrec.log").read_text()


def test_dataset_delete(tmp_path: Path, tiny_recipe: Path, ask, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setenv("MTREC_WORKSPACE", str(tmp_path))
    version = ask("import", str(tiny_recipe), "--json").json(Imported).version

    done = ask("dataset", "delete", "tiny", "--json").json(dict[str, list[str]])

    assert done == {"deleted": [f"tiny@{version}"]}
    assert ask("datasets", "--json").json(list[Imported]) == []


@pytest.mark.parametrize("room", [True, False])
def test_what_nobody_foresaw_is_in_the_log_if_that_can_be_written(
    room: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    workspace = tmp_path / "workspace"
    if not room:
        workspace.write_text("a file where the folder would be")
    monkeypatch.setenv("MTREC_WORKSPACE", str(workspace))
    monkeypatch.setattr(commands, "demo", lambda args: 1 / 0)
    assert main(["demo"]) == 1
    said = capsys.readouterr().err
    assert "nobody foresaw (ZeroDivisionError)" in said and "Traceback" not in said
    if room:
        assert "ZeroDivisionError: division by zero" in (workspace / "mtrec.log").read_text()
    else:
        assert "division by zero" in said and "cannot be written" in said


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(28, "No space left on device"), "The disk is full"),
        (RuntimeError("database or disk is full"), "The disk is full"),
        (MemoryError(), "Memory ran out"),
    ],
)
def test_what_the_machine_is_short_of_is_a_sentence_and_no_log(
    error: Exception,
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def broken(args: object) -> None:
        raise error

    monkeypatch.setenv("MTREC_WORKSPACE", str(tmp_path))
    monkeypatch.setattr(commands, "demo", broken)
    assert main(["demo"]) == 1
    written = capsys.readouterr().err
    assert written.startswith(said) and "Fix: " in written and written.count("\n") == 1
    assert not (tmp_path / "mtrec.log").exists()


def test_what_is_set_aside_is_named_before_it_is_counted() -> None:
    value = {
        "dataset": "a",
        "version": "0",
        **dict.fromkeys(("records", "users", "items", "interactions"), 1),
        "scheme": "random",
        "reason": "No times",
        "tasks": {},
        "set_aside": {"2 cells where the header has 4": 2, "no text": 1_000},
        "warnings": [{"code": "c", "source": "s", "rows": 2, "message": "Something: 2. It is so"}],
    }
    assert show.imported(value).splitlines()[1:] == [
        "Splits: random. No times.",
        "",
        "Set aside:",
        "- 2 cells where the header has 4: 2",
        "- no text: 1,000",
        "",
        "Worth knowing:",
        "- s: Something: 2. It is so.",
    ]
