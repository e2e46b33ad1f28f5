"""What the command line understands."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

from mtrec.cli import commands
from mtrec.cli.commands import Answer
from mtrec.errors import InputError
from mtrec.schema import ADAPTED, MULTITASK, STAGES, TEST


class _Parser(argparse.ArgumentParser):
    """Says what is wrong with a request the way everything else in mtrec does."""

    def error(self, message: str) -> NoReturn:
        raise InputError(
            "The command line cannot be understood",
            expected=" ".join(self.format_usage().removeprefix("usage: ").split()),
            found=message,
            fix=f"{self.prog} --help",
        )


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """The request; its `do` takes it and gives an `Answer`.

    Raises:
        InputError: the request can't be understood.
    """
    return _build().parse_args(arguments)


def _build() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="python -m mtrec",
        description="Learn several tasks from what people wrote, and recommend from what they say.",
        epilog="Every command takes --help and --json.",
    )
    several = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    def command(
        name: str, help: str, do: Callable[[argparse.Namespace], Answer]
    ) -> argparse.ArgumentParser:
        sub = several.add_parser(name, help=help, description=f"{help[0].upper()}{help[1:]}.")
        _finish(sub, do)
        return sub

    command("demo", "import the sample shop and train on it, unless that was done", commands.demo)

    sub = command("import", "bring data in through a recipe", commands.import_dataset)
    sub.add_argument("recipe", type=Path, metavar="RECIPE", help="a recipe.yaml")
    sub.add_argument("--check", action="store_true", help="only look; store nothing")

    command("datasets", "list what was imported", commands.datasets)

    sub = several.add_parser("dataset", help="delete a dataset", description="Delete a dataset.")
    deeds = sub.add_subparsers(metavar="delete", required=True)
    sub = deeds.add_parser("delete", help="delete a version, or all of them")
    sub.add_argument("dataset", metavar="DATASET[@VERSION]")
    _finish(sub, commands.delete_dataset)

    sub = command("train", "train on a dataset; waits its turn, Ctrl-C stops", commands.train)
    _add_settings(sub)
    sub.add_argument("--name", default="", help="what to call the run")

    sub = command("sweep", "what tasks gain and lose as their weights move", commands.sweep)
    _add_settings(sub)
    sub.add_argument(
        "--settings", type=int, default=32, help="how many settings of λ to try (default: 32)"
    )
    sub.add_argument(
        "--seeds", type=int, default=2, help="how often to try each, from the start (default: 2)"
    )

    sub = command(
        "search", "try settings and keep the best on validation; Ctrl-C stops", commands.search
    )
    _add_settings(sub)
    sub.add_argument(
        "--trials", type=int, default=20, help="how many settings to try (default: 20)"
    )
    sub.add_argument(
        "--objective",
        choices=commands.OBJECTIVES,
        default=commands.OBJECTIVES[0],
        help="what is to be good: the tasks' mean (default), the recommendations, or each task by "
        "itself, which finds all settings that no other beats in every one",
    )
    sub.add_argument(
        "--weigh",
        action="append",
        default=[],
        metavar="TASK=WEIGHT",
        help="how much a task matters in the mean (default: 1); repeatable",
    )
    sub.add_argument(
        "--over",
        action="append",
        default=[],
        metavar="KEY=LOW..HIGH",
        help="a setting to search over, such as train.learning_rate=1e-5..1e-3 or "
        "trunk.kind=shared,mmoe; repeatable (default: λ, sizes of steps, trunk.dropout)",
    )
    sub.add_argument(
        "--name",
        default="",
        help="what to call the search; one of the same name and settings goes on "
        "(default: the dataset, what is to be good, and encoder.method)",
    )

    command("runs", "list trainings", commands.runs)
    command(
        "resume", "go on with a training that stopped or failed; waits its turn", commands.resume
    ).add_argument("run", metavar="RUN")
    sub = command("stop", "stop a training", commands.stop)
    sub.add_argument("run", metavar="RUN")
    sub.add_argument("--keep", action="store_true", help="make its report with what it learned")
    command("delete", "delete a training and its files", commands.delete).add_argument(
        "run", metavar="RUN"
    )

    sub = command("rename", "call a training otherwise", commands.rename)
    sub.add_argument("run", metavar="RUN")
    sub.add_argument("name", metavar="NAME")

    sub = command("report", "how well each task was learned", commands.report)
    sub.add_argument("run", metavar="RUN")
    sub.add_argument("--split", default=TEST, help="val or test (default: test)")
    sub.add_argument(
        "--stage",
        choices=STAGES,
        default=MULTITASK,
        help=f"how far the model had come; {ADAPTED} changes nothing about the tasks",
    )

    sub = command("predict", "what a trained model says about new texts", commands.predict)
    sub.add_argument("run", metavar="RUN", help="a run, or a folder that export wrote")
    texts = sub.add_mutually_exclusive_group(required=True)
    texts.add_argument("--text", action="append", metavar="TEXT", help="a text; repeatable")
    texts.add_argument(
        "--file", type=Path, help="a text per line, or a csv, tsv or jsonl file with a column text"
    )

    sub = command(
        "export", "a trained model as a folder for predict and transformers", commands.export
    )
    sub.add_argument("run", metavar="RUN")
    sub.add_argument("folder", metavar="FOLDER", type=Path, help="one that is not there yet")
    sub.add_argument(
        "--serve",
        action="store_true",
        help="with its people, as an MLflow model that `mlflow models serve` answers from",
    )

    sub = command("profile", "what is known about a person", commands.profile)
    sub.add_argument("run", metavar="RUN")
    sub.add_argument("user", metavar="USER")

    sub = command("recommend", "what to recommend to a person, and why", commands.recommend)
    sub.add_argument("run", metavar="RUN")
    sub.add_argument("user", metavar="USER")
    _add_lists(sub)
    _add_rules(sub)

    sub = command(
        "recommend-all", "what to recommend to everyone, as a file", commands.recommend_all
    )
    sub.add_argument("run", metavar="RUN")
    sub.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="FILE.parquet",
        help="a row per person and item: user, place, item, title, score; a file that is there is "
        "replaced",
    )
    _add_lists(sub)
    _add_rules(sub)

    sub = command("rules", "what rules do to lists, and to how good they are", commands.rules)
    sub.add_argument("run", metavar="RUN")
    sub.add_argument("rules", type=Path, metavar="RULES.yaml", help="a file of rules")
    _add_lists(sub)

    sub = command("evaluate", "how good the recommendations are, by stage", commands.evaluate)
    sub.add_argument("run", metavar="RUN")
    sub.add_argument("-k", type=int, default=10, help="length of the lists (default: 10)")
    sub.add_argument(
        "--without",
        action="store_true",
        help="also lists of 10 learned again without each source and each activity, and what that "
        "takes away",
    )
    return parser


def _add_settings(parser: argparse.ArgumentParser) -> None:
    """A dataset, and the settings of what is learned from it."""
    parser.add_argument("dataset", metavar="DATASET[@VERSION]")
    parser.add_argument("--config", type=Path, metavar="FILE", help="settings as YAML or JSON")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="one setting, such as tasks.sentiment.lambda=2 or encoder.method=frozen; repeatable",
    )


def _add_lists(parser: argparse.ArgumentParser) -> None:
    """How long lists are, and who makes them."""
    parser.add_argument("-k", type=int, default=10, help="how many (default: 10)")
    parser.add_argument(
        "--recommender",
        default=commands.FUSED,
        help="fused (default: its furthest stage), or what it is compared with: popular, content, "
        "item-knn, user-knn, ease, als or bpr",
    )
    parser.add_argument("--stage", choices=STAGES, help="how far the model had come, where fused")


def _add_rules(parser: argparse.ArgumentParser) -> None:
    """What lists follow whatever a recommender says."""
    parser.add_argument(
        "--rules", type=Path, metavar="RULES.yaml", help="a file of rules that lists follow"
    )


def _finish(parser: argparse.ArgumentParser, do: Callable[[argparse.Namespace], Answer]) -> None:
    parser.add_argument("--json", action="store_true", help="print one JSON value and nothing else")
    parser.set_defaults(do=do)
