"""The store of runs: what was trained on what, how it went, and where its files lie.

Apart from what serves a run, the only module that knows MLflow. Without `MLFLOW_TRACKING_URI` the
runs are kept in an SQLite file of the workspace; with it, where it says, and a server gets a run's
files when it ends.
"""

from __future__ import annotations

import json
import logging
import os
import platform
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from textwrap import shorten
from typing import TYPE_CHECKING, Any

from filelock import FileLock

from mtrec.config import RunConfig, load_config
from mtrec.data.checked import nearest
from mtrec.errors import InputError, MtrecError
from mtrec.files import replacing, write_json
from mtrec.shortages import shortage
from mtrec.workspace import Workspace

if TYPE_CHECKING:
    from mlflow.entities import Run
    from mlflow.tracking import MlflowClient

EXPERIMENT = "mtrec"
# In a run's folder.
CONFIG, SUMMARY, MODEL = "config.json", "summary.json", "model"
KEPT = "kept.safetensors"  # where its training stands, until it is finished
MADE = "made"  # the encoder as it was before the tasks, where the run made it
NO_RECOMMENDATIONS = "no_recommendations"  # in its summary: why it made none
WARNINGS = "warnings"  # in its summary: those of its notes that tell of something gone wrong
QUEUED, RUNNING, FINISHED, STOPPED, FAILED = "queued", "running", "finished", "stopped", "failed"
LONGEST_NAME = 120  # characters of a run's name
ENDED = (FINISHED, STOPPED, FAILED)
_TO_MLFLOW = {
    QUEUED: "SCHEDULED",
    RUNNING: "RUNNING",
    FINISHED: "FINISHED",
    STOPPED: "KILLED",
    FAILED: "FAILED",
}
_FROM_MLFLOW = {theirs: ours for ours, theirs in _TO_MLFLOW.items()}
QUIET = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_LOGGING_LEVEL": "CRITICAL",  # it logs what it raises, traceback and all
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
}
_DATASET, _VERSION, _HOST = "mtrec.dataset", "mtrec.version", "mtrec.host"
_REASON, _STARTED = "mtrec.reason", "mtrec.started"


@dataclass(frozen=True)
class RunInfo:
    """A run as a list shows it.

    Args:
        status: queued, running, finished, stopped or failed.
        reason: why it stopped or failed, in a sentence; empty otherwise.
        created: when it was asked for, ISO 8601 in UTC.
        seconds: how long it worked, or has been working; None while it waits.
        metrics: headline figures by `<split>/<task>/<metric>` and `test/<recommender>/<metric>`.
        host: the machine it was asked for on.
    """

    run: str
    name: str
    dataset: str
    version: str
    status: str
    reason: str
    created: str
    seconds: float | None
    metrics: dict[str, float]
    host: str

    @property
    def ended(self) -> bool:
        return self.status in ENDED

    @property
    def key(self) -> str:
        """The dataset as `load_dataset` takes it."""
        return f"{self.dataset}@{self.version}"

    def json(self) -> dict[str, Any]:
        return asdict(self)


class RunStore:
    """The runs of one workspace. Opening it is cheap; MLflow is loaded by the first question."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self._uri = os.environ.get("MLFLOW_TRACKING_URI")
        self._is_remote = self._uri is not None and self._uri.startswith("http")

    def create(self, dataset: str, version: str, config: RunConfig, name: str) -> str:
        """Puts a run in the queue and returns its id."""
        run = self._client.create_run(
            self._experiment,
            run_name=name,
            tags={_DATASET: dataset, _VERSION: version, _HOST: platform.node()},
        )
        identity: str = run.info.run_id
        self._client.update_run(identity, status=_TO_MLFLOW[QUEUED])
        self.folder(identity).mkdir(parents=True)
        write_json(self.folder(identity) / CONFIG, config.model_dump(mode="json"))
        self._log_settings(identity, config)
        return identity

    def list(self) -> list[RunInfo]:
        """Every run, the newest first."""
        if not self._uri and not self.workspace.database.exists():
            return []
        found: list[Run] = []
        token = None
        while True:
            page = self._client.search_runs([self._experiment], page_token=token)
            found.extend(page)
            token = page.token
            if not token:
                return [_info(run) for run in found if _DATASET in run.data.tags]

    def get(self, run: str) -> RunInfo:
        """One run, by its id or an unmistakable beginning of it (6 characters or more) or its name.

        Raises:
            InputError: there is no such run.
        """
        known = self.list()
        for each in known:
            if each.run == run:
                return each
        close = [each for each in known if each.name == run or _begins(each.run, run)]
        if len(close) == 1:
            return close[0]
        raise InputError(
            f"More than one run is called {run}" if close else f"There is no run {run}",
            expected="the id of a run",
            found=run,
            where=self._uri or str(self.workspace.database),
            fix=_hint(run, close or known),
        )

    def set_status(self, run: str, status: str, reason: str = "") -> None:
        """Says how a run stands, and for one that stopped or failed, why."""
        if status == RUNNING:
            self._client.set_tag(run, _STARTED, str(time.time()))
        if reason or status == QUEUED:
            self._client.set_tag(run, _REASON, reason)
        if status in ENDED:
            self._client.set_terminated(run, _TO_MLFLOW[status])
        else:
            self._client.update_run(run, status=_TO_MLFLOW[status])

    def rename(self, run: str, name: str) -> RunInfo:
        """Calls a run otherwise; its id stays.

        Raises:
            InputError: there is no such run, or the name is empty or long.
        """
        info, name = self.get(run), " ".join(name.split())
        if not 0 < len(name) <= LONGEST_NAME:
            raise InputError(
                "A run cannot be called that",
                expected=f"a name of 1 to {LONGEST_NAME} characters",
                found=f"{len(name)}" if name else "an empty one",
                where="the name",
                fix="give another name",
            )
        self._client.update_run(info.run, name=name)
        return self.get(info.run)

    def set_dataset(self, run: str, dataset: str) -> None:
        """Says that the dataset of a run is called otherwise now."""
        self._client.set_tag(run, _DATASET, dataset)

    def log_metrics(self, run: str, metrics: Mapping[str, float]) -> None:
        """Keeps headline figures beside the run, to be seen in lists."""
        from mlflow.entities import Metric

        now = int(time.time() * 1000)
        entries = [Metric(key.replace("@", "_at_"), metrics[key], now, 0) for key in metrics]
        self._client.log_batch(run, metrics=entries)

    def may_take(self, run: RunInfo) -> bool:
        """Whether this machine may work on a waiting run: its data lies in this workspace."""
        return not self._uri or run.host == platform.node()

    def publish(self, run: str) -> None:
        """Hands the run's files to the team's server, where there is one."""
        if self._is_remote:
            self._client.log_artifacts(run, str(self.folder(run)))

    def folder(self, run: str) -> Path:
        """Where the files of a run lie on this machine."""
        return self.workspace.runs / run / "artifacts"

    def fetch(self, run: str) -> Path:
        """The run's folder, brought from the team's server where it is not here yet."""
        folder = self.folder(run)
        if self._is_remote and not folder.exists():
            with replacing(folder) as part:
                part.mkdir(parents=True)
                self._client.download_artifacts(run, "", str(part))
        return folder

    def summary(self, run: str) -> dict[str, Any]:
        """The figures of a run's training and what to know about it; empty before it has ended."""
        path = self.folder(run) / SUMMARY
        if not path.exists():
            return {}
        summary: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return summary

    def config(self, run: str) -> RunConfig:
        """The settings that a run was started with."""
        return load_config(self.fetch(run) / CONFIG)

    def delete(self, run: str) -> str:
        """Deletes a run and its files, and returns its id.

        Raises:
            MtrecError: the run has not ended.
        """
        info = self.get(run)
        if not info.ended:
            raise MtrecError(
                f"Run {info.run} is {info.status} and cannot be deleted",
                fix=f"stop it first: python -m mtrec stop {info.run}",
            )
        shutil.rmtree(self.folder(info.run).parent, ignore_errors=True)
        self._client.delete_run(info.run)
        return info.run

    def _log_settings(self, run: str, config: RunConfig) -> None:
        from mlflow.entities import Param

        settings = _flat(config.model_dump(mode="json")).items()
        self._client.log_batch(run, params=[Param(key, str(value)) for key, value in settings])

    @cached_property
    def _client(self) -> MlflowClient:
        os.environ.update(QUIET)
        os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")
        from mlflow.tracking import MlflowClient

        logging.getLogger("alembic").setLevel(logging.ERROR)
        self.workspace.root.mkdir(parents=True, exist_ok=True)
        uri = self._uri or f"sqlite:///{self.workspace.database}"
        with self._opening():
            return MlflowClient(uri, uri)

    @cached_property
    def _experiment(self) -> str:
        client = self._client
        with self._opening():
            found = client.get_experiment_by_name(EXPERIMENT)
            if found is not None:
                return str(found.experiment_id)
            location = None if self._is_remote else self.workspace.runs.as_uri()
            return str(client.create_experiment(EXPERIMENT, artifact_location=location))

    @contextmanager
    def _opening(self) -> Iterator[None]:
        """Held while the database is made, which two processes must not do at once.

        Raises:
            MtrecError: the store does not answer, or is none.
        """
        from mlflow.exceptions import MlflowException
        from sqlalchemy.exc import SQLAlchemyError

        self.workspace.locks.mkdir(parents=True, exist_ok=True)
        with FileLock(self.workspace.locks / "store.lock"):
            try:
                yield
            except (MlflowException, SQLAlchemyError) as error:
                known = shortage(error)
                if known is not None:
                    raise known from error
                raise MtrecError(
                    "The store of runs does not answer",
                    expected="MLflow at the address in MLFLOW_TRACKING_URI"
                    if self._uri
                    else "an SQLite file that MLflow made",
                    found=shorten(str(error), 200),
                    where=self._uri or str(self.workspace.database),
                    fix="check the address, or unset MLFLOW_TRACKING_URI to keep runs in the "
                    "workspace"
                    if self._uri
                    else "move the file away; runs made from then on go into a new one",
                ) from error


def _info(run: Run) -> RunInfo:
    tags, info = run.data.tags, run.info
    started = float(tags[_STARTED]) if _STARTED in tags else None
    status = _FROM_MLFLOW[info.status]
    # One that was taken up again still has the time at which it ended before.
    until = info.end_time / 1000 if info.end_time and status in ENDED else time.time()
    return RunInfo(
        run=info.run_id,
        name=info.run_name,
        dataset=tags[_DATASET],
        version=tags[_VERSION],
        status=status,
        reason=tags.get(_REASON, ""),
        created=datetime.fromtimestamp(info.start_time / 1000, UTC).isoformat(timespec="seconds"),
        seconds=None if started is None else round(until - started, 1),
        metrics={key.replace("_at_", "@"): value for key, value in run.data.metrics.items()},
        host=tags[_HOST],
    )


def _begins(run: str, start: str) -> bool:
    return len(start) >= 6 and run.startswith(start)


def _hint(run: str, known: list[RunInfo]) -> str:
    close = nearest(run, [each.run for each in known]) or (known[0].run if known else None)
    if close is None:
        return "train one: python -m mtrec train DATASET"
    return f"see python -m mtrec runs, for example {close}"


def _flat(tree: Mapping[str, Any], above: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in tree.items():
        if isinstance(value, dict):
            flat |= _flat(value, f"{above}{key}.")
        else:
            flat[f"{above}{key}"] = value
    return flat
