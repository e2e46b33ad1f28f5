"""What each command does: from parsed arguments to an answer."""

from __future__ import annotations

import sys
import time
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import mtrec
from mtrec.cli import show
from mtrec.cli.watch import Steps, Stretches, Trials, Watcher
from mtrec.config import RunConfig, for_dataset, load_config, with_settings
from mtrec.errors import InputError
from mtrec.runs import launcher
from mtrec.runs.estimate import how_far_off, read_estimate, roughly
from mtrec.runs.export import README, exported_model, model_folder
from mtrec.runs.export import export as export_run
from mtrec.runs.launcher import GB
from mtrec.runs.progress import LiveFiles, duration, read_progress
from mtrec.runs.serving import export_served
from mtrec.runs.store import FAILED, FINISHED, NO_RECOMMENDATIONS, RunInfo, RunStore
from mtrec.workspace import Workspace

if TYPE_CHECKING:
    from mtrec.data.dataset import Dataset
    from mtrec.recommend.arrange import Plan
    from mtrec.recommend.people import People

SAMPLE = Path(mtrec.__file__).parents[1] / "sample_data" / "recipe.yaml"
FUSED = "fused"
OBJECTIVES = ("tasks", "recommendations", "each")  # of a search; those of `mtrec.search`
# Small batches: in a single epoch of so few records, larger ones leave too few steps to learn by.
DEMO = ("encoder.method=top", "train.epochs=1", "train.batch_tokens=512")


@dataclass(frozen=True)
class Answer:
    """What a command has to say.

    Args:
        value: what --json prints.
        text: what is printed otherwise.
        notes: what people should know beside it, for standard error.
        failure: why the work failed, in a sentence; empty where it didn't.
    """

    value: Any
    text: str
    notes: Sequence[str] = ()
    failure: str = ""


def import_dataset(args: Namespace) -> Answer:
    from mtrec.data.importer import read_dataset
    from mtrec.data.storing import import_summary, store_dataset
    from mtrec.models.reading import check_reading
    from mtrec.tasks import TASK_TYPES

    steps = Steps()
    try:
        dataset = read_dataset(args.recipe, TASK_TYPES, check_reading, steps)
    finally:
        steps.close()
    if not args.check:
        dataset = store_dataset(dataset, Workspace.current())
    value = import_summary(dataset)
    return Answer(value, show.imported(value))


def datasets(args: Namespace) -> Answer:
    from mtrec.data.dataset import list_datasets

    value = [
        {
            "dataset": each.name,
            "version": each.version,
            "created": each.created,
            "records": each.records,
            "users": each.users,
            "items": each.items,
            "interactions": each.interactions,
            "tasks": {name: task.json() for name, task in each.tasks.items()},
            "warnings": [warning.json() for warning in each.warnings],
        }
        for each in list_datasets(Workspace.current())
    ]
    return Answer(value, show.datasets(value))


def delete_dataset(args: Namespace) -> Answer:
    deleted = launcher.delete_dataset(_store(), args.dataset)
    return Answer({"deleted": deleted}, f"Deleted {', '.join(deleted)}.")


def train(args: Namespace) -> Answer:
    config = _settings(args)
    store = _store()
    run = launcher.submit(store, args.dataset, config, args.name)
    print(f"Run {run}", file=sys.stderr, flush=True)
    expected = read_estimate(store.folder(run))
    if expected is not None:
        took = f"at most {roughly(expected.seconds)} and {expected.memory / GB:.1f} GB of memory"
        print(f"Expected to take {took}", file=sys.stderr, flush=True)
    return _training(store, _watch(store, run))


def resume(args: Namespace) -> Answer:
    store = _store()
    run = launcher.resume(store, args.run).run
    print(f"Run {run}", file=sys.stderr, flush=True)
    return _training(store, _watch(store, run))


def demo(args: Namespace) -> Answer:
    from mtrec.data.dataset import list_datasets
    from mtrec.data.importer import read_dataset
    from mtrec.data.recipe import load_recipe
    from mtrec.data.storing import store_dataset
    from mtrec.models.reading import check_reading
    from mtrec.tasks import TASK_TYPES

    store = _store()
    name = load_recipe(SAMPLE).name
    if all(each.name != name for each in list_datasets(store.workspace)):
        print("Importing the sample shop", file=sys.stderr, flush=True)
        store_dataset(read_dataset(SAMPLE, TASK_TYPES, check_reading), store.workspace)
    known = [run for run in launcher.poll(store) if run.dataset == name]
    done = [run for run in known if run.status == FINISHED]
    if done:
        return _training(store, done[0])
    under_way = [run for run in known if not run.ended]
    if under_way:
        return _training(store, _watch(store, under_way[0].run))
    print("Training on it, for a minute or two", file=sys.stderr, flush=True)
    run = launcher.submit(store, name, with_settings(RunConfig(), DEMO), "Sample run")
    return _training(store, _watch(store, run))


def runs(args: Namespace) -> Answer:
    value = [run.json() for run in launcher.poll(_store())]
    return Answer(value, show.runs(value))


def stop(args: Namespace) -> Answer:
    info = launcher.stop(_store(), args.run, args.keep)
    asked = "learns no more and keeps what it learned" if args.keep else "is being stopped"
    said = f"is {info.status}" if info.ended else asked
    return Answer(info.json(), f"Run {info.run} {said}.")


def delete(args: Namespace) -> Answer:
    store = _store()
    launcher.poll(store)
    deleted = store.delete(args.run)
    return Answer({"deleted": deleted}, f"Deleted run {deleted}.")


def rename(args: Namespace) -> Answer:
    info = _store().rename(args.run, args.name)
    return Answer(info.json(), f"Run {info.run} is called {info.name}.")


def report(args: Namespace) -> Answer:
    from mtrec.reports.classification import load_reports
    from mtrec.schema import PRETRAINED

    if args.stage == PRETRAINED:
        raise InputError(
            "There is no report on tasks before training",
            expected="the stage multitask or adapted",
            found=args.stage,
            where="--stage",
            fix="leave --stage out; the heads that answer a task do not exist before training",
        )
    store = _store()
    run = _finished(store, args.run)
    value = load_reports(store.fetch(run.run), args.split)
    return Answer(value, show.reports(value))


def predict(args: Namespace) -> Answer:
    from mtrec.reports.predict import predict as ask
    from mtrec.reports.predict import read_texts
    from mtrec.training.checkpoint import load_model

    texts = args.text or read_texts(args.file)
    folder = exported_model(Path(args.run))
    if folder is None:
        store = _store()
        folder = model_folder(store, _finished(store, args.run))
    value = ask(load_model(folder), texts)
    return Answer(value, show.predictions(value))


def export(args: Namespace) -> Answer:
    store = _store()
    run = _finished(store, args.run)
    value = {"run": run.run, "folder": str(args.folder)}
    said = f"Run {run.run} is exported to {args.folder}."
    if args.serve:
        export_served(store, run, args.folder)
        return Answer(value, f"{said} How to serve it: {args.folder / README}")
    export_run(store, run, args.folder)
    return Answer(value, said)


def profile(args: Namespace) -> Answer:
    people, _, notes = _people(args.run)
    value = people.profile(args.user)
    return Answer(value, show.profile(value), notes)


def recommend(args: Namespace) -> Answer:
    recommender = _recommender(args)
    people, dataset, notes = _people(args.run)
    value = people.recommend(args.user, args.k, recommender, _plan(args, people, dataset))
    return Answer(value, show.recommendations(value), notes)


def recommend_all(args: Namespace) -> Answer:
    from mtrec.reports.lists import check_target, write_lists

    recommender = _recommender(args)
    check_target(args.out)
    people, dataset, notes = _people(args.run)
    plan = _plan(args, people, dataset)
    reporter = Stretches()
    begun = time.monotonic()
    try:
        rows = write_lists(people, args.out, args.k, reporter, recommender, plan)
    finally:
        reporter.close()
    seconds = round(time.monotonic() - begun, 1)
    users = len(people.users)
    value = {"out": str(args.out), "users": users, "rows": rows, "seconds": seconds}
    said = f"{rows:,} recommendations for {users:,} people are in {args.out}."
    return Answer(value, said, notes)


def rules(args: Namespace) -> Answer:
    from mtrec.recommend.rules import load_rules
    from mtrec.reports.effects import told

    recommender = _recommender(args)
    asked = load_rules(args.rules)
    people, dataset, notes = _people(args.run)
    reporter, folder = Stretches(), args.rules.parent
    try:
        value = told(people, dataset, asked, folder, reporter, recommender, args.k, args.rules.name)
    finally:
        reporter.close()
    return Answer(value, show.rules(value), notes)


def evaluate(args: Namespace) -> Answer:
    from mtrec.reports.evaluation import differences, evaluation

    _check_length(args.k)
    people, dataset, notes = _people(args.run)
    value = evaluation(people, dataset, args.k)
    text = f"{show.evaluation(value)}\n\n{show.differences(differences(people))}".rstrip()
    if args.without:
        left = _left_out(args.run, people, dataset)
        value, text = [*value, *left], f"{text}\n\n{show.contributions(left)}"
    return Answer(value, text, notes)


def _left_out(name: str, people: People, dataset: Dataset) -> list[dict[str, Any]]:
    """What lists are without each thing known of people, worked out where it was not before."""
    from mtrec.reports.contributions import kept, work_out

    found = kept(people)
    if found is not None:
        return found
    store = _store()
    config = store.config(_finished(store, name).run)
    reporter = Stretches()
    try:
        return work_out(people, dataset, config.recommend, config.train.seed, reporter)
    finally:
        reporter.close()


def sweep(args: Namespace) -> Answer:
    from mtrec.data.dataset import load_dataset
    from mtrec.tradeoffs.instrument import Instrument
    from mtrec.tradeoffs.sweep import sweep as try_all

    workspace = Workspace.current()
    dataset = load_dataset(args.dataset, workspace)
    kinds = {name: task.type for name, task in dataset.tasks.items()}
    config = for_dataset(_settings(args), kinds)
    reporter = Stretches()
    try:
        instrument = Instrument(dataset, config, workspace.cache, reporter)
        found = try_all(instrument, args.settings, args.seeds)
    finally:
        reporter.close()
    value = found.json()
    return Answer(value, show.swept(value))


def search(args: Namespace) -> Answer:
    from mtrec.data.dataset import find_dataset
    from mtrec.search.runs import QueuedRuns, plan
    from mtrec.search.search import go_on
    from mtrec.search.space import parse_space
    from mtrec.search.store import UNDER_WAY, Searches

    _check_trials(args.trials)
    store = _store()
    dataset = find_dataset(args.dataset, store.workspace)
    config = _settings(args)
    kinds = {name: task.type for name, task in dataset.tasks.items()}
    space = parse_space(args.over, for_dataset(config, kinds)) if args.over else None
    made = plan(dataset, config, args.objective, _numbers(args.weigh), space)
    name = args.name or f"{dataset.name} {args.objective} {made.config.encoder.method}"
    found = Searches(store.workspace).begin(name, made)
    found.ask_for(args.trials)
    watcher = Trials(found)
    stopped = False
    try:
        go_on(found, QueuedRuns(store, made.dataset, watcher), lambda: False)
    except KeyboardInterrupt:
        stopped = True
        watcher.close()
        print("Stopping", file=sys.stderr, flush=True)
        for each in found.trials:
            if each.state == UNDER_WAY and each.run:
                launcher.stop(store, each.run)
                launcher.wait(store, each.run, watcher)
    finally:
        watcher.close()
    value = found.json()
    notes = ["Stopped. The same command goes on with it."] if stopped else []
    return Answer(value, show.searched(value), notes)


def _settings(args: Namespace) -> RunConfig:
    """Those of the file, if one is given, with what --set changes."""
    return with_settings(load_config(args.config) if args.config else RunConfig(), args.set)


def _check_trials(trials: int) -> None:
    if trials < 1:
        raise InputError(
            "A search needs something to try",
            expected="a whole number from 1 on",
            found=str(trials),
            where="--trials",
            fix="leave --trials out for 20",
        )


def _numbers(given: Sequence[str]) -> dict[str, float]:
    """Reads `name=number` each."""
    numbers = {}
    for each in given:
        name, _, value = each.partition("=")
        try:
            numbers[name.strip()] = float(value)
        except ValueError:
            raise InputError(
                "A task has no weight",
                expected="task=number",
                found=each,
                where="--weigh",
                fix="write, for example, sentiment=2",
            ) from None
    return numbers


def _people(name: str) -> tuple[People, Dataset, list[str]]:
    """The people of a finished run, its data, and what to know about them.

    Raises:
        InputError: there is no such run, it is not finished, or made no recommendations.
    """
    from mtrec.data.checks import FEW_ITEMS
    from mtrec.data.dataset import load_dataset
    from mtrec.recommend.people import People
    from mtrec.recommend.stored import FOLDER

    store = _store()
    run = _finished(store, name)
    skipped = store.summary(run.run).get(NO_RECOMMENDATIONS)
    if skipped:
        raise InputError(
            f"Run {run.run} has no profiles and recommendations",
            expected="a run on data that says who liked what, with recommend.enabled",
            found=skipped.removesuffix("."),
            fix="choose another run: python -m mtrec runs",
        )
    dataset = load_dataset(run.key, store.workspace)
    notes = [each.sentence for each in dataset.warnings if each.code == FEW_ITEMS]
    return People(store.fetch(run.run) / FOLDER), dataset, notes


def _plan(args: Namespace, people: People, dataset: Dataset) -> Plan | None:
    """The rules that a request for lists names, where it names any.

    Raises:
        InputError: they cannot be read, or name what is not there.
    """
    from mtrec.recommend.arrange import Plan
    from mtrec.recommend.rules import load_rules
    from mtrec.reports.effects import catalogue_of

    if args.rules is None:
        return None
    asked = load_rules(args.rules)
    catalogue = catalogue_of(people, dataset, asked, args.rules.parent)
    return Plan.of(asked, catalogue, "test", args.rules.name)


def _recommender(args: Namespace) -> str:
    """The recommender that a request for lists names.

    Raises:
        InputError: its settings do not go together, or the list's length is none.
    """
    _check_length(args.k)
    if args.stage and args.recommender != FUSED:
        raise InputError(
            "Only the fused recommender has stages",
            expected=f"--stage with --recommender {FUSED}, or without it",
            found=f"--stage {args.stage} --recommender {args.recommender}",
            fix="leave one of them out",
        )
    return str(args.stage or args.recommender)


def _check_length(k: int) -> None:
    if k < 1:
        raise InputError(
            "A list needs a length",
            expected="a whole number from 1 on",
            found=str(k),
            where="-k",
            fix="leave -k out for 10",
        )


def _store() -> RunStore:
    return RunStore(Workspace.current())


def _watch(store: RunStore, run: str) -> RunInfo:
    """Waits until a run ends; Ctrl-C stops it, a second one leaves it to stop by itself."""
    watcher = Watcher()
    try:
        return launcher.wait(store, run, watcher)
    except KeyboardInterrupt:
        watcher.close()
        print("Stopping", file=sys.stderr, flush=True)
        launcher.stop(store, run)
        return launcher.wait(store, run, watcher)
    finally:
        watcher.close()


def _training(store: RunStore, run: RunInfo) -> Answer:
    """The `train` contract's value for a run that ended."""
    summary = store.summary(run.run)
    value = {
        "run": run.run,
        "status": run.status,
        "seconds": run.seconds or 0.0,
        "epochs": summary.get("epochs", read_progress(store.folder(run.run)).epoch),
        "best_epoch": summary.get("best_epoch"),
        "device": summary.get("device"),
        "samples_per_second": summary.get("samples_per_second"),
    }
    failure = run.reason if run.status == FAILED else ""
    notes = [
        *summary.get("notes", []),
        f"The run is {run.status} after {duration(run.seconds or 0)}.",
    ]
    told = how_far_off(store, run)
    if told is not None:
        notes.append(told)
    if failure:
        notes.append(f"Its log: {LiveFiles(store.folder(run.run)).log}")
    return Answer(value, run.run, notes, failure)


def _finished(store: RunStore, run: str) -> RunInfo:
    launcher.poll(store)
    info = store.get(run)
    if info.status != FINISHED:
        raise InputError(
            f"Run {info.run} has no results",
            expected="a run that is finished",
            found=f"it is {info.status}{': ' + info.reason if info.reason else ''}",
            fix="choose another one: python -m mtrec runs",
        )
    return info
