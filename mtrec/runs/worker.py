"""The process that works on one run: learn the tasks, report, learn to recommend.

The launcher starts it as `python -m mtrec.runs.worker RUN`; it speaks through the store and the
files of its run's folder alone.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mtrec.data.dataset import labelled, load_dataset
from mtrec.errors import MtrecError
from mtrec.files import write_json
from mtrec.runs.clock import Kind, Stretch
from mtrec.runs.launcher import MORE_MEMORY, SEE_LOG, is_registered
from mtrec.runs.outcome import verdict
from mtrec.runs.progress import FileReporter, read_steps
from mtrec.runs.store import (
    FAILED,
    FINISHED,
    KEPT,
    MADE,
    MODEL,
    NO_RECOMMENDATIONS,
    STOPPED,
    SUMMARY,
    WARNINGS,
    RunStore,
)
from mtrec.schema import LIKED, SPLIT, TEST, TEXT, TRAIN, USER, VAL
from mtrec.shortages import is_disk_full, is_out_of_memory
from mtrec.training.reporter import Stopped, check_stop
from mtrec.workspace import Workspace

if TYPE_CHECKING:
    from mtrec.models.multitask import MultiTaskModel
    from mtrec.tasks.report import TaskReport
    from mtrec.training.inference import Inference
    from mtrec.training.loop import TrainResult

logger = logging.getLogger(__name__)


def main(run: str) -> None:
    """Works on a run, if the launcher started this process for it, and says how it ended."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stderr)
    store = RunStore(Workspace.current())
    if not is_registered(store, run):
        return
    try:
        Work(store, run).do()
        store.publish(run)
    except Stopped:
        store.set_status(run, STOPPED, "stopped as asked")
    except MtrecError as error:
        logger.info("%s", error)
        store.set_status(run, FAILED, error.sentence())
    except Exception as error:
        logger.exception("The run failed")
        store.set_status(run, FAILED, _reason(error))
    else:
        store.set_status(run, FINISHED)


class Work:
    """What there is to do for one run.

    Attributes:
        summary: the figures of the training, and notes for people, kept as `summary.json`.
        metrics: headline figures for lists of runs.
    """

    def __init__(self, store: RunStore, run: str) -> None:
        from mtrec.training.device import gpu_memory

        self.store = store
        self.run = run
        self.folder = store.folder(run)
        self.config = store.config(run)
        self.dataset = load_dataset(store.get(run).key, store.workspace)
        self.summary: dict[str, Any] = {"notes": [], WARNINGS: []}
        self.metrics: dict[str, float] = {}
        method = self.config.encoder.method
        self._is_frozen = method == "frozen"
        self._epochs = self.config.train.epochs_for(method) if self.dataset.tasks else 0
        self._made = self.folder / MADE if self.config.encoder.is_made else None
        self.reporter = FileReporter(self.folder, self._epochs, gpu_memory())

    def do(self) -> None:
        """All of it.

        Raises:
            Stopped: someone asked to stop.
            MtrecError: the work can't be done, and why.
        """
        from mtrec.training.idle_gpu import cpu_only_torch_on_gpu_machine

        idle_gpu = cpu_only_torch_on_gpu_machine()
        if idle_gpu is not None:
            self._note(idle_gpu)
        self.reporter.expect(self._plan())
        if self._made is not None:
            self._make_encoder(self._made)
        model = self._train() if self.dataset.tasks else None
        inference = self._infer(model) if model is not None else None
        skipped = self._no_recommendations()
        if skipped is None:
            self._recommend(model, inference)
        else:
            self._note(skipped)
        self.reporter.close()
        self.summary[NO_RECOMMENDATIONS] = skipped
        write_json(self.folder / SUMMARY, self.summary)
        self.store.log_metrics(self.run, self.metrics)
        (self.folder / KEPT).unlink(missing_ok=True)

    def _make_encoder(self, folder: Path) -> None:
        from mtrec.models.multitask import reads_marks
        from mtrec.training.loop import heads
        from mtrec.training.making import make_encoder, training_texts

        notes = make_encoder(
            self.config.encoder,
            training_texts(self.dataset),
            reads_marks(heads(self.dataset, self.config.tasks)),
            self.config.train,
            folder,
            self.store.workspace.cache,
            self.reporter,
        )
        for note in notes:
            self._note(note)

    def _plan(self) -> list[Stretch]:
        """What will take time, in its order."""
        from mtrec.training.features import READING

        plan = self._to_learn() if self.dataset.tasks else []
        if self._no_recommendations() is not None:
            return plan
        records, items = len(self.dataset.records), len(self.dataset.items)
        if not self.dataset.tasks:
            reads = [records, items]
        elif self._is_frozen:
            reads = [items]
        else:
            reads = [records, items, items]  # also as the encoder came
        plan += [Stretch(READING, Kind.READ, each) for each in reads]
        return plan + self._to_recommend()

    def _to_learn(self) -> list[Stretch]:
        """A frozen encoder reads each text once; one that learns, all of them again at the end."""
        from mtrec.training.course import TRAINING
        from mtrec.training.features import READING
        from mtrec.training.paces import AGAIN
        from mtrec.training.pretraining import GUESSING

        records, epochs = self.dataset.records, self._epochs
        used = labelled(records, (name for name, each in self.config.tasks.items() if each.enabled))
        learned, checked = (int((used & (records[SPLIT] == s)).sum()) for s in (TRAIN, VAL))
        guesses = self.config.encoder.epochs_of_guessing * int((records[SPLIT] == TRAIN).sum())
        plan = [Stretch(GUESSING, Kind.GUESS, guesses)]
        if self._is_frozen:
            return [
                *plan,
                Stretch(READING, Kind.READ, learned + checked),
                Stretch(TRAINING, Kind.LEARN, 0, seconds=AGAIN * epochs * learned),
                Stretch(READING, Kind.READ, len(records) - learned - checked),
            ]
        return [
            *plan,
            Stretch(TRAINING, Kind.LEARN, epochs * learned, epochs * checked, epochs),
            Stretch(READING, Kind.READ, len(records)),
        ]

    def _to_recommend(self) -> list[Stretch]:
        from mtrec.recommend.adapt import CHOOSING
        from mtrec.recommend.pipeline import JUDGING
        from mtrec.recommend.tuning import TUNING
        from mtrec.training import paces

        interactions = self.dataset.interactions
        people = interactions.loc[interactions[LIKED], USER].nunique()
        phases = (CHOOSING, TUNING, JUDGING)
        seconds = paces.JUDGING * people / 1000 / len(phases)
        return [Stretch(phase, Kind.OTHER, 0, seconds=seconds) for phase in phases]

    def _train(self) -> MultiTaskModel:
        from mtrec.training.checkpoint import save_model
        from mtrec.training.loop import train

        config = self.config
        result = train(
            self.dataset,
            config.encoder,
            config.trunk,
            config.tasks,
            config.strategy,
            config.train,
            self.store.workspace.cache,
            self.reporter,
            self.folder / KEPT,
            self._made,
        )
        if result.stopped:
            raise Stopped
        for note in result.notes:
            self._note(note)
        self.summary |= _figures(result)
        save_model(result.model, self.folder / MODEL)
        return result.model

    def _infer(self, model: MultiTaskModel) -> Inference:
        """Reads every record with the trained model, and reports on validation and test."""
        from mtrec.reports.classification import (
            PREDICTIONS,
            predictions,
            save_reports,
            task_reports,
        )
        from mtrec.reports.shares import save_shares
        from mtrec.training.inference import infer

        texts = self.dataset.records[TEXT].tolist()
        inference = infer(model, texts, self.store.workspace.cache, self.reporter)
        predicted = predictions(self.dataset, inference)
        predicted.to_parquet(self.folder / PREDICTIONS, index=False, compression="zstd")
        save_shares(self.folder, self.dataset, inference)
        for split in (VAL, TEST):
            check_stop(self.reporter)
            reports = task_reports(self.dataset, predicted, split)
            save_reports(self.folder, split, reports)
            self.metrics |= _headlines(split, reports)
            if split == VAL:
                self._judge(reports)
        return inference

    def _judge(self, reports: Mapping[str, TaskReport]) -> None:
        """Notes what went wrong with the learning, if anything did. `reports`: on validation."""
        tasks = [
            name for name, each in self.config.tasks.items() if each.enabled and each.lambda_ > 0
        ]
        for note in verdict(reports, read_steps(self.folder), tasks):
            self._note(note)
            self.summary[WARNINGS].append(note)

    def _no_recommendations(self) -> str | None:
        """Why no recommendations are made, in a sentence; None where they are."""
        if not self.config.recommend.enabled:
            return "There are no recommendations, since recommend.enabled is false."
        if not self.dataset.interactions[LIKED].any():
            return "There are no recommendations, since the data does not say what anybody liked."
        return None

    def _recommend(self, model: MultiTaskModel | None, inference: Inference | None) -> None:
        from mtrec.recommend.pipeline import run_recommend

        result = run_recommend(
            self.dataset,
            model,
            inference,
            self.config.encoder,
            self.config.recommend,
            self.folder,
            self.store.workspace.cache,
            self.config.train.seed,
            self.reporter,
            self._made,
        )
        self.metrics |= result.metrics
        self.summary["recommend_seconds"] = result.seconds

    def _note(self, note: str) -> None:
        logger.info("%s", note)
        self.summary["notes"].append(note)


def _figures(result: TrainResult) -> dict[str, Any]:
    return {
        "epochs": result.epochs,
        "best_epoch": result.best_epoch,
        "device": result.device,
        "precision": result.precision,
        "training_seconds": round(result.seconds, 1),
        "samples_per_second": round(result.samples_per_second, 1),
    }


def _headlines(split: str, reports: Mapping[str, TaskReport]) -> dict[str, float]:
    from mtrec.tasks import TASK_TYPES

    return {
        f"{split}/{task}/{name}": report.metrics[name].value
        for task, report in reports.items()
        for name in [TASK_TYPES[report.type].headline]
    }


def _reason(error: Exception) -> str:
    """What befell the machine, in a sentence for people."""
    if is_out_of_memory(error):
        return f"Memory ran out. {MORE_MEMORY} {SEE_LOG}"
    if is_disk_full(error):
        return "The disk is full. Fix: free some space, then go on with this training."
    return f"The training broke off with an unforeseen error ({type(error).__name__}). {SEE_LOG}"


if __name__ == "__main__":
    os.nice(5)  # pages stay quick while a training takes every core
    main(sys.argv[1])
