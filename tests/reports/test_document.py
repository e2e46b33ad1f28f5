"""The report as one page: what stands in it, what never does, and that it needs nothing else."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from html.parser import HTMLParser
from itertools import cycle, islice, pairwise
from pathlib import Path
from typing import Any, cast

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

from mtrec.config import RunConfig, with_settings
from mtrec.data.dataset import Dataset, DatasetTask
from mtrec.errors import InputError
from mtrec.recommend.fused import FusedRecommender, FusedSource
from mtrec.recommend.rulebook import Rulebook
from mtrec.recommend.rules import parse_rules
from mtrec.recommend.stored import matrix_arrays, save_stage, write_arrays
from mtrec.reports.classification import (
    load_predictions,
    load_reports,
    save_reports,
    task_reports,
)
from mtrec.reports.document import Training, Words, document
from mtrec.reports.document.closing import changed_settings
from mtrec.reports.document.html import data, escaped, tag
from mtrec.reports.document.lists import _known
from mtrec.reports.effects import Effect, Effects, keep
from mtrec.reports.sureness import expected_calibration_error, right
from mtrec.reports.verdicts import NO_DIFFERENCE, TOO_FEW
from mtrec.reports.wording import percent
from mtrec.schema import SPLITS, Estimate
from mtrec.stats import Difference
from mtrec.tasks import TASK_TYPES

ROOT = Path(__file__).parents[2]
NAMES = {"macro_f1": "Macro F1", "ndcg@10": "List quality"}
WORDS = Words(
    metric=lambda name: (NAMES.get(name, name), f"What {name} means."),
    kinds=dict.fromkeys(TASK_TYPES, "one of some"),
    parts={"train": "training", "val": "validation", "test": "test"},
    schemes={"random": "at random"},
    stages={"pretrained": "Before training", "multitask": "Then", "adapted": "After learning"},
    recommenders={"popular": "What is popular"},
    segments={"all": "Everyone", "cold": "New people", "warm": "Many acts"},
    sources={"text": "all their texts", "liked": "things they liked"},
    commonest="The commonest answer is this.",
    interval="An interval is this.",
    mixed_up="Mixed up is this.",
    right="Right is this.",
    stage="A stage is this.",
    part="A part is this.",
)
# Of each type: its labels, truths, and what was said of the same six records.
SAID: dict[str, tuple[list[str], list[str], list[str]]] = {
    "binary": (["no", "yes"], ["no", "yes", "yes", "no", "yes", "no"], ["no", "yes", "no", "yes"]),
    "multiclass": (["a", "b", "c"], ["a", "b", "c", "a", "b", "a"], ["a", "b", "a", "a", "c", "b"]),
    "multilabel": (
        ["a", "b", "c"],
        ["a|b", "a", "c", "", "a", "b"],
        ["a|b", "b", "c", "b", "", "b"],
    ),
    "ordinal": (["1", "2", "3"], ["1", "2", "3", "3", "1", "2"], ["1", "2", "2", "3", "2", "1"]),
    "tags": (
        ["x", "y"],
        ["B-x I-x O", "O O O", "B-y O O", "B-x B-y O"],
        ["B-x I-x O", "O B-x O", "B-y O O", "B-x B-x O"],
    ),
    "relation": (
        ["Of(e1,e2)", "Of(e2,e1)", "Other"],
        ["Of(e1,e2)", "Of(e2,e1)", "Other", "Of(e1,e2)"],
        ["Of(e1,e2)", "Of(e1,e2)", "Other", "Other"],
    ),
}
BETTER = "better by more than noise"
ITEMS = ("i1", "i2", "i3")
HOSTILE = (
    "<script>alert(1)</script>",
    "</style><script src=//evil.example/x.js>",
    '"><img src=x onerror=alert(1)>',
    "https://evil.example/a?b=c",
    "HTTP://EVIL.example",
    "&lt;script&gt;",
    "url(https://evil.example)",
    "</title>",
    "</bdi></table></main>",
    "{policy}{body}{0}",
    "\x00\x1b[31m",
    "\u202eright to left",
    "税込み",
)


HARMLESS = frozenset(
    (
        *("html", "head", "meta", "title", "style", "body", "header", "nav", "main", "section"),
        *("div", "h1", "h2", "h3", "p", "ul", "li", "a", "dl", "dt", "dd", "table", "caption"),
        *("thead", "tbody", "tr", "th", "td", "span", "bdi", "strong", "em", "small", "code"),
        *("wbr", "i", "b", "u"),
    )
)
PLAIN = frozenset(
    (
        *("lang", "charset", "name", "content", "http-equiv", "id", "class", "style", "href"),
        *("scope", "colspan", "role", "tabindex", "aria-label", "aria-labelledby", "aria-hidden"),
    )
)


class Page(HTMLParser):
    """A page as it reads; one whose elements are not closed in order is refused."""

    VOID = frozenset({"meta", "wbr"})

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.tables: list[tuple[str, list[list[str]]]] = []
        self.headings: list[tuple[int, str]] = []
        self.words: list[str] = []
        self.feed(page)
        self.close()
        assert not self.open

    def handle_starttag(self, name: str, attributes: list[tuple[str, str | None]]) -> None:
        self.elements.append((name, dict(attributes)))
        if name in self.VOID:
            return
        self.open.append(name)
        if name == "table":
            self.tables.append(("", []))
        elif name == "tr":
            self.tables[-1][1].append([])
        elif name in ("th", "td"):
            self.tables[-1][1][-1].append("")
        elif name in ("h1", "h2", "h3", "h4"):
            self.headings.append((int(name[1]), ""))

    def handle_endtag(self, name: str) -> None:
        assert self.open.pop() == name

    def handle_data(self, text: str) -> None:
        if "style" in self.open:
            return
        text = text.replace("\u00a0", " ")
        self.words.append(text)
        if "caption" in self.open:
            caption, rows = self.tables[-1]
            self.tables[-1] = (caption + text, rows)
        elif "th" in self.open or "td" in self.open:
            self.tables[-1][1][-1][-1] += text
        elif self.headings and self.open[1:] and {"h1", "h2", "h3"} & {*self.open}:
            level, heading = self.headings[-1]
            self.headings[-1] = (level, heading + text)

    @property
    def text(self) -> str:
        return "".join(self.words)

    def table(self, caption: str, place: int = 0) -> list[list[str]]:
        """The rows of the table whose caption begins so, its head left out."""
        return [rows for name, rows in self.tables if name.startswith(caption)][place][1:]


def answered(labels: Sequence[str], truth: Sequence[str], said: Sequence[str], kind: str) -> Any:
    return kind, list(labels), list(truth), list(said)


def kinds(times: int = 16) -> dict[str, Any]:
    """A task of every type, its few records repeated."""
    tasks = {}
    for kind, (labels, truth, said) in SAID.items():
        size = min(len(truth), len(said))
        tasks[kind] = answered(labels, truth[:size] * times, said[:size] * times, kind)
    return tasks


def written(
    folder: Path,
    tasks: Mapping[str, Any],
    split: str = "test",
    sure: Sequence[float] | None = None,
    before: Sequence[float] | None = None,
    name: str = "shop",
) -> Dataset:
    """A run's folder with reports and predictions, and the data they are about."""
    frames, records, known = [], [], {}
    start = 0
    for task, (kind, labels, truth, said) in tasks.items():
        ids = np.arange(start, start + len(truth))
        start += len(truth)
        confidence = np.resize(sure if sure is not None else (0.9, 0.6, 0.8), len(truth))
        frame = pd.DataFrame(
            {"record": ids, "task": task, "split": split, "truth": truth, "predicted": said}
        ).assign(confidence=confidence.astype(np.float32))
        if before is not None:
            frame["uncalibrated"] = np.resize(before, len(truth)).astype(np.float32)
        frames.append(frame)
        text = [f"SECRET{each} <e1>some</e1> <e2>words</e2>" for each in ids]
        person = [f"PERSON{each // 2}" for each in ids]
        about = pd.DataFrame({"record": ids, "text": text, "user": person, "split": split})
        records.append(about.assign(**{f"task:{task}": truth}))
        sizes = {each: len(truth) * (each == split) for each in SPLITS}
        known[task] = DatasetTask(task, kind, labels, sizes, {each: {} for each in SPLITS})
    predicted = pd.concat(frames, ignore_index=True)
    table = pd.concat(records, ignore_index=True)
    # What always giving the commonest answer gets is known from training alone.
    learned = table.assign(split="train", record=table["record"] + start)
    table = pd.concat([table, learned], ignore_index=True)
    dataset = Dataset(
        name=name,
        version="0123456789ab",
        created="2026-02-03T04:05:06+00:00",
        recipe=cast(Any, None),
        tasks=known,
        warnings=[],
        scheme="random",
        reason="The recipe asks for it",
        tables={
            "records": table,
            "users": pd.DataFrame({"user": table["user"].unique()}),
            "items": pd.DataFrame({"item": ITEMS, "title": [f"Title {each}" for each in ITEMS]}),
            "interactions": pd.DataFrame({"user": [], "item": []}),
        },
    )
    predicted.to_parquet(folder / "predictions.parquet")
    save_reports(folder, split, task_reports(dataset, predicted, split))
    return dataset


def training(folder: Path, **changes: Any) -> Training:
    usual = Training(
        folder=folder,
        run="f" * 32,
        name="Quick look",
        created="2026-03-01T10:20:30+00:00",
        config=RunConfig(),
        no_recommendations="There are no recommendations, since nobody liked anything.",
    )
    return replace(usual, **changes)


def page_of(
    folder: Path, dataset: Dataset, split: str = "test", examples: bool = False, **changes: Any
) -> str:
    return document(training(folder, **changes), dataset, split, WORDS, examples)


def shown(estimate: Mapping[str, float]) -> str:
    return f"{estimate['low']:.3f} to {estimate['high']:.3f}"


def asks_for_nothing(page: str) -> None:
    low = page.lower()
    for sign in ("http://", "https://", "<script", "src="):
        assert sign not in low, sign
    for name, attributes in Page(page).elements:
        assert name in HARMLESS and {*attributes} <= PLAIN, (name, attributes)
        assert str(attributes.get("href", "#")).startswith("#")
        style = str(attributes.get("style", ""))
        assert re.fullmatch(r"(left:[\d.]+%;width:[\d.]+%)?", style)


@pytest.fixture(scope="module")
def every(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Dataset]:
    """A run with a task of every type."""
    folder = tmp_path_factory.mktemp("every")
    return folder, written(folder, kinds(), before=(0.99, 0.8, 0.95))


def test_a_task_of_every_type_makes_a_sound_page(every: tuple[Path, Dataset]) -> None:
    folder, dataset = every
    source = page_of(folder, dataset)
    page = Page(source)
    asks_for_nothing(source)
    levels = [level for level, _ in page.headings]
    assert levels.count(1) == 1 and levels[0] == 1
    assert all(below - above <= 1 for above, below in pairwise(levels))
    assert page.headings[0][1] == "Quick look: what was learned from shop"
    assert {f"Task {kind}" for kind in SAID} <= {heading for _, heading in page.headings}
    assert all(caption for caption, _ in page.tables)
    heads = [attributes for name, attributes in page.elements if name == "th"]
    assert heads and all(each["scope"] in ("col", "row") for each in heads)
    assert page.elements[0] == ("html", {"lang": "en"})
    metas = [attributes for name, attributes in page.elements if name == "meta"]
    policy = next(each["content"] for each in metas if "http-equiv" in each)
    assert policy == "default-src 'none'; style-src 'unsafe-inline'"
    assert any(each.get("name") == "viewport" for each in metas)
    for words in ("Quick look", "1 March 2026, 10:20 UTC", "the test part", "0123456789ab"):
        assert words in page.text
    assert "at random. The recipe asks for it." in page.text


def test_links_lead_to_parts_of_the_page(every: tuple[Path, Dataset]) -> None:
    page = Page(page_of(*every))
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    links = [str(each["href"]) for name, each in page.elements if name == "a"]
    assert len(ids) == len({*ids})
    assert [f"#{each}" for each in ids] == links


def test_the_same_run_gives_the_same_page(every: tuple[Path, Dataset]) -> None:
    assert page_of(*every) == page_of(*every)


def test_figures_are_those_of_the_report(every: tuple[Path, Dataset]) -> None:
    folder, dataset = every
    page = Page(page_of(folder, dataset))
    reports = load_reports(folder, "test")
    glance = {row[0]: row[1:] for row in page.table("Every task at a glance")}
    for place, (task, report) in enumerate(reports.items()):
        headline = TASK_TYPES[report["type"]].headline
        ours, usual = report["metrics"][headline], report["baseline"][headline]
        name = NAMES.get(headline, headline)
        assert glance[task] == [
            name,
            f"{ours['value']:.3f}",
            shown(ours),
            f"{usual['value']:.3f}",
            str(report["support"]),
        ]
        assert page.table("Figures over all labels", place) == [
            [
                NAMES.get(metric, metric),
                f"{values['value']:.3f}",
                shown(values),
                f"{report['baseline'][metric]['value']:.3f}",
                f"What {metric} means.",
            ]
            for metric, values in report["metrics"].items()
        ]
        rows = {row[0]: row[1:] for row in page.table("The lowest F1 first", place)}
        assert set(rows) == set(report["labels"])
        for label, scores in report["labels"].items():
            assert rows[label] == [
                str(scores["support"]),
                f"{scores['f1']:.3f}",
                shown(scores),
                f"{scores['precision']:.3f}",
                f"{scores['recall']:.3f}",
            ]
        found = [float(row[1]) for row in rows.values()]
        assert found == sorted(found)


def test_sureness_is_that_of_the_reports(every: tuple[Path, Dataset]) -> None:
    folder, dataset = every
    text = Page(page_of(folder, dataset)).text
    for task, known in dataset.tasks.items():
        table = load_predictions(folder, "test", task)
        verdicts = right(table, TASK_TYPES[known.type])
        for name, column in (("Before", "uncalibrated"), ("After", "confidence")):
            error = expected_calibration_error(table[column].to_numpy(), verdicts)
            assert (
                f"{name} correction, its sureness is off by {100 * error.value:.1f} points on "
                "average"
            ) in text


def test_no_text_and_no_person_unless_asked(every: tuple[Path, Dataset]) -> None:
    plain = page_of(*every)
    assert "SECRET" not in plain and "PERSON" not in plain
    told = page_of(*every, examples=True)
    asks_for_nothing(told)
    assert "SECRET" in told and "PERSON" in told
    assert "holds texts that people wrote" in Page(told).text
    assert "holds texts that people wrote" not in Page(plain).text


def test_examples_are_wrong_the_surest_first_and_five_at_most(tmp_path: Path) -> None:
    said = ["b"] * 7 + ["a"] * 33
    task = answered("ab", ["a"] * 40, said, "multiclass")
    dataset = written(tmp_path, {"t": task}, sure=[0.5 + place / 100 for place in range(40)])
    rows = Page(page_of(tmp_path, dataset, examples=True)).table("A wrong answer may also")
    assert [row[0].split()[0] for row in rows] == [f"SECRET{each}" for each in (6, 5, 4, 3, 2)]
    assert rows[0][1:] == ["PERSON3", "a", "b", "56 %"]


def test_where_nobody_is_named_there_is_no_column_of_people(tmp_path: Path) -> None:
    dataset = written(tmp_path, {"t": answered("ab", ["a"] * 40, ["b"] * 40, "multiclass")})
    dataset.records["user"] = pd.Series([None] * len(dataset.records), dtype="str")
    page = page_of(tmp_path, dataset, examples=True)
    assert all(row[1:] == ["a", "b", "90 %"] for row in Page(page).table("A wrong answer may also"))
    assert ">Person<" not in page


def test_no_wrong_answer_is_a_sentence(tmp_path: Path) -> None:
    task = answered("ab", ["a", "b"] * 20, ["a", "b"] * 20, "multiclass")
    text = Page(page_of(tmp_path, written(tmp_path, {"t": task}), examples=True)).text
    assert "Nothing: every answer on this part is right." in text
    assert "None: every answer on this part is right." in text
    assert "SECRET" not in text


NAMED = st.one_of(st.sampled_from(HOSTILE), st.text(st.characters(codec="utf-8"), max_size=12))


@settings(max_examples=40, deadline=None)
@given(
    labels=st.lists(NAMED.filter(str.strip), min_size=2, max_size=4, unique=True),
    name=NAMED,
    task=NAMED.filter(str.strip),
    reason=NAMED,
)
def test_whatever_the_data_says_the_page_asks_for_nothing(
    labels: list[str], name: str, task: str, reason: str
) -> None:
    truth = list(islice(cycle(labels), 40))
    said = [labels[0]] * 20 + truth[20:]
    with tempfile.TemporaryDirectory() as folder:
        dataset = written(
            Path(folder), {task: answered(labels, truth, said, "multiclass")}, name=name
        )
        source = page_of(Path(folder), dataset, name=name, no_recommendations=reason, examples=True)
    asks_for_nothing(source)
    source.encode("utf-8")
    page = Page(source)
    assert [level for level, _ in page.headings].count(1) == 1
    rows = page.table("The lowest F1 first")
    wanted = sorted(clean(" ".join(label.split())) for label in labels)
    assert sorted(row[0] for row in rows) == wanted


def clean(label: str) -> str:
    """A label as it can be read: what no page may hold is a question mark in a diamond."""
    return Page(escaped(label)).text


@pytest.mark.parametrize("text", HOSTILE)
def test_escaped_texts_read_letter_for_letter(text: str) -> None:
    if text.isprintable():
        assert Page(tag("p", text)).text == text
    assert "<" not in escaped(text) and "://" not in escaped(text) and "src=" not in escaped(text)


def test_halves_of_characters_break_nothing() -> None:
    assert escaped("a\ud800b\x00") == "a\ufffdb\ufffd"
    escaped("\ud83d").encode("utf-8")


def test_long_names_are_cut_and_lines_joined() -> None:
    assert data("one\n two", 5) == "<bdi>one…</bdi>"
    assert data("one\n two") == "<bdi>one two</bdi>"


def test_labels_with_few_cases_come_last_without_a_figure(tmp_path: Path) -> None:
    truth = ["a"] * 30 + ["b"] * 20 + ["rare"] * 9
    said = ["a"] * 30 + ["a"] * 5 + ["b"] * 15 + ["a"] * 9
    task = answered(["rare", "a", "b", "never"], truth, said, "multiclass")
    page = Page(page_of(tmp_path, written(tmp_path, {"t": task})))
    rows = page.table("The lowest F1 first")
    assert [row[0] for row in rows] == ["a", "b", "rare", "never"]
    assert rows[2] == ["rare", "9", "too few"] and rows[3] == ["never", "0", "too few"]
    assert "Labels with fewer than 10 cases" in page.text
    # Of b 5 in 20 are taken for a; rare is taken for a always, but has too few cases.
    assert "The model takes b for a in 1 of 4 cases (5 of 20)." in page.text
    assert "takes rare" not in page.text


def test_a_task_with_few_texts_has_no_figures(tmp_path: Path) -> None:
    task = answered("ab", ["a", "b"] * 4, ["a", "a"] * 4, "binary")
    page = Page(page_of(tmp_path, written(tmp_path, {"t": task})))
    assert page.table("Every task at a glance") == [["t", "Macro F1", "too few", "8"]]
    assert page.table("Figures over all labels")[0][1] == "too few"
    assert "8 texts, which is too few to say anything." in page.text
    assert "Only 8 answers can be judged here, which is too few to tell: it takes 30." in page.text
    assert "such as have fewer than 10 cases" in page.text


def test_the_matrix_counts_texts(tmp_path: Path) -> None:
    truth = ["a"] * 20 + ["b"] * 12
    said = ["a"] * 17 + ["b"] * 3 + ["a"] * 6 + ["b"] * 6
    page = Page(page_of(tmp_path, written(tmp_path, {"t": answered("ab", truth, said, "binary")})))
    assert page.table("Texts by label and answer") == [["a", "17", "3"], ["b", "6", "6"]]
    classes = [each.get("class") for name, each in page.elements if name == "td"]
    # 17 of 20 are in the last of six steps of shading, 3 of 20 in the first, a half in the third.
    assert [each for each in classes if each and each.startswith("s")] == [
        "s6 right",
        "s1",
        "s3",
        "s3 right",
    ]


def test_a_missed_label_has_a_sign_of_its_own(every: tuple[Path, Dataset]) -> None:
    page = Page(page_of(*every))
    place = list(SAID).index("multilabel")
    assert [row[0] for row in page.table("Texts by label and answer", place)] == [*"abc", "—"]
    assert "— stands for no label" in page.text


def test_of_many_labels_only_the_worst_pairs_are_drawn(tmp_path: Path) -> None:
    labels = [f"l{place:02d}" for place in range(30)]
    truth = [label for label in labels for _ in range(12)]
    said = [*truth]
    said[:6] = ["l01"] * 6
    task = answered(labels, truth, said, "multiclass")
    page = Page(page_of(tmp_path, written(tmp_path, {"t": task})))
    assert page.table("Texts by label and answer") == [["l00", "6", "6"], ["l01", "0", "12"]]
    assert "Of 30 labels only those that are mixed up most are shown" in page.text
    assert len(page.table("The lowest F1 first")) == 30


def test_the_limit_of_labels_is_25(tmp_path: Path) -> None:
    labels = [f"l{place:02d}" for place in range(25)]
    truth = [label for label in labels for _ in range(12)]
    task = answered(labels, truth, ["l01", *truth[1:]], "multiclass")
    page = Page(page_of(tmp_path, written(tmp_path, {"t": task})))
    assert len(page.table("Texts by label and answer")) == 25
    assert "mixed up most are shown" not in page.text


# A hundred texts: of the surest 60 all are right but 3, of the other 40 half.
SURE = [0.95] * 60 + [0.5] * 40
GOOD = [place >= 3 for place in range(60)] + [place % 2 == 0 for place in range(40)]


def hundred(good: Sequence[bool]) -> Any:
    said = ["good" if each else "bad" for each in good]
    return answered(["bad", "good"], ["good"] * 100, said, "multiclass")


def test_what_must_go_to_a_person(tmp_path: Path) -> None:
    dataset = written(tmp_path, {"t": hundred(GOOD)}, sure=SURE)
    page = Page(page_of(tmp_path, dataset))
    # 77 of 100 are right; with k of the 40 in turns kept, 57 + k / 2 of 60 + k: 90 % up to k = 7.
    assert page.table("Someone answers") == [
        ["90 %", "33 %", "below 50 %", "90 % (81 % to 95 %)", "67"],
        ["95 %", "40 %", "below 95 %", "95 % (86 % to 98 %)", "60"],
        ["99 %", "out of reach with 30 left"],
    ]
    assert "The shares are read off these very texts" in page.text
    assert page.table("Sureness as it says") == [
        ["50 %", "50 %", "35 % to 65 %", "40"],
        ["95 %", "95 %", "86 % to 98 %", "60"],
    ]


def test_the_limit_found_on_validation_is_tried_on_test(tmp_path: Path) -> None:
    dataset = written(tmp_path, {"t": hundred(GOOD)}, sure=SURE)
    test = load_predictions(tmp_path, "test")
    # On validation everything above 0.9 is right, and half of the rest.
    val = test.assign(split="val")
    val.loc[:2, "predicted"] = "good"
    pd.concat([test, val], ignore_index=True).to_parquet(tmp_path / "predictions.parquet")
    page = Page(page_of(tmp_path, dataset))
    rows = page.table("Someone answers")
    # A limit keeps all of equal sureness: 80 of 100 are right there, or 60 of 60.
    told = "40 % to a person, right in 95 % of the rest (86 % to 98 %)"
    assert [row[-1] for row in rows] == [told] * 3
    assert "takes the limit from the validation part" in page.text


def test_the_validation_part_is_said_to_flatter(tmp_path: Path) -> None:
    before = [0.99] * 60 + [0.8] * 40
    dataset = written(tmp_path, {"t": hundred(GOOD)}, split="val", sure=SURE, before=before)
    text = Page(page_of(tmp_path, dataset, split="val")).text
    assert "The correction was found on these very texts" in text
    assert "Before correction, its sureness is off by 14.4 points on average" in text
    assert "After correction, its sureness is off by 0.0 points on average" in text
    with pytest.raises(InputError):
        page_of(tmp_path, dataset, split="test")
    with pytest.raises(InputError):
        page_of(tmp_path, dataset, split="train")


def test_a_correction_that_does_not_help_is_owned_up_to(tmp_path: Path) -> None:
    wrong = [0.99] * 60 + [0.8] * 40
    dataset = written(tmp_path, {"t": hundred(GOOD)}, sure=wrong, before=SURE)
    text = Page(page_of(tmp_path, dataset)).text
    assert "The correction does not help here." in text
    assert "The correction was found on the validation part" not in text
    dataset = written(tmp_path, {"t": hundred(GOOD)}, sure=SURE, before=wrong)
    text = Page(page_of(tmp_path, dataset)).text
    assert "The correction does not help here." not in text
    assert "The correction was found on the validation part" in text


def test_texts_without_an_answer_are_counted(tmp_path: Path) -> None:
    dataset = written(tmp_path, {"t": hundred(GOOD)}, sure=SURE)
    table = load_predictions(tmp_path, "test")
    table.loc[[0, 1], ["predicted", "confidence"]] = [None, np.nan]
    table.loc[2, "truth"] = None
    table.to_parquet(tmp_path / "predictions.parquet")
    page = Page(page_of(tmp_path, dataset, examples=True))
    assert "2 texts with a label got no answer at all, and are left out" in page.text
    assert page.table("Texts by label and answer")[1] == ["good", "20", "77"]


def test_a_run_that_kept_no_answers_still_has_its_figures(tmp_path: Path) -> None:
    dataset = written(tmp_path, {"t": hundred(GOOD)})
    (tmp_path / "predictions.parquet").unlink()
    page = Page(page_of(tmp_path, dataset, examples=True))
    assert "The answers to single texts were not kept" in page.text
    assert page.table("Figures over all labels")


def test_nothing_to_judge_is_said(tmp_path: Path) -> None:
    dataset = written(tmp_path, {"t": hundred(GOOD)})
    nothing = "No text of the test part carries a label"
    save_reports(tmp_path, "test", {})
    assert nothing in Page(page_of(tmp_path, dataset)).text
    bare = replace(dataset, tasks={})
    assert nothing in Page(page_of(tmp_path / "without", bare)).text


def test_no_recommendations_are_a_sentence(every: tuple[Path, Dataset]) -> None:
    page = Page(page_of(*every))
    assert "There are no recommendations, since nobody liked anything." in page.text
    assert not [caption for caption, _ in page.tables if caption.startswith("Everyone")]


def pair(a: str, b: str, low: float, p_value: float = 0.001, **known: Any) -> dict[str, Any]:
    """A difference of .05 in the list quality between two stages, or from what is popular."""
    gap = {"value": 0.05, "low": low, "high": 0.1, "p_value": p_value}
    usual = {"segment": "all", "users": 40, "metrics": {"ndcg@10": gap}}
    return {"a": row_of(a), "b": row_of(b), **usual, **known}


def row_of(name: str) -> dict[str, Any]:
    is_baseline = name == "popular"
    return {"recommender": name if is_baseline else "fused", "stage": None if is_baseline else name}


def lists(folder: Path, pairs: Sequence[dict[str, Any]] = ()) -> None:
    """A run's recommendations: two stages and a baseline, over everyone and over few."""
    rows = []
    for segment, users in (("all", 40), ("cold", 9)):
        for place, name in enumerate(("popular", "pretrained", "adapted")):
            ndcg = Estimate(0.1 + place / 10, 0.05 + place / 10, 0.15 + place / 10).json()
            metrics = {"ndcg@10": ndcg, "coverage@10": Estimate(0.5).json()}
            metrics |= {"novelty@10": Estimate(3.0, 2.9, 3.1).json()}
            known = {"segment": segment, "users": users, "metrics": metrics}
            rows.append({**row_of(name), **known})
    few = pair("adapted", "popular", 0.02, segment="cold", users=9)
    usual = [
        pair("adapted", "pretrained", -0.0001),
        pair("multitask", "pretrained", 0.02),
        pair("adapted", "popular", 0.02),
        few,
    ]
    (folder / "evaluation.json").write_text(json.dumps(rows))
    (folder / "paired.json").write_text(json.dumps(list(pairs) or usual))
    stored(folder / "recommend")


def stored(folder: Path) -> None:
    """The stage `adapted` of two people: one wrote a text and liked i1, of the other nothing."""
    folder.mkdir()
    vectors = np.eye(2, dtype=np.float32)
    items = np.array([[1, 0], [0.5, 0], [0, 1]], np.float32)
    text = FusedSource(
        kind="text",
        space="encoder",
        weight=1.0,
        vectors=vectors * [[1], [0]],
        scales=np.array([1, 0], np.float32),
        counts=np.array([1, 0]),
        parts="encoder",
    )
    bias = np.zeros(len(ITEMS), np.float32)
    save_stage(FusedRecommender("adapted", {"text": text}, {"encoder": items}, bias, 2), folder)
    people = {"user": ["PERSON0", "PERSON1"], "records": [1, 0], "interactions": [1, 0]}
    pd.DataFrame({**people, "segment": ["warm", "cold"]}).to_parquet(folder / "users.parquet")
    titles = [f"Title {each}" for each in ITEMS]
    pd.DataFrame({"item": ITEMS, "title": titles}).to_parquet(folder / "items.parquet")
    pd.DataFrame({"record": [0], "text": ["SECRET0"]}).to_parquet(folder / "records.parquet")
    liked = csr_matrix(np.array([[1, 0, 0], [0, 0, 0]], np.float32))
    history = matrix_arrays("liked", liked) | matrix_arrays("seen", liked)
    history |= matrix_arrays("owners.0", csr_matrix(np.array([[1], [0]], np.float32)))
    write_arrays(folder / "history.safetensors", history, {})
    write_arrays(folder / "parts.safetensors", {"encoder": vectors[:1]}, {})
    parts = {"adapted": {"encoder": "encoder"}}
    said = {"stages": ["adapted"], "sources": ["text"], "parts": parts, "baselines": {}}
    (folder / "people.json").write_text(json.dumps(said))


@pytest.fixture
def shop(tmp_path: Path) -> Dataset:
    dataset = written(tmp_path, {"t": hundred(GOOD)})
    lists(tmp_path)
    return dataset


def recommended(folder: Path, dataset: Dataset, examples: bool = False) -> Page:
    return Page(page_of(folder, dataset, examples=examples, no_recommendations=None))


def test_lists_stand_beside_those_of_the_furthest_stage(tmp_path: Path, shop: Dataset) -> None:
    page = recommended(tmp_path, shop)
    ours = "the list that the others are compared with"
    assert page.table("Everyone: 40 people, best") == [
        ["After learning", "0.300", "0.250 to 0.350", ours],
        ["Before training", "0.200", "0.150 to 0.250", "+0.050 -0.000 to 0.100", NO_DIFFERENCE],
        ["What is popular", "0.100", "0.050 to 0.150", "+0.050 0.020 to 0.100", BETTER],
    ]
    assert "New people, 9 people: too few people to tell." in page.text
    assert not [
        caption
        for caption, _ in page.tables
        if caption.startswith("New people: 9 people,") and "best" in caption
    ]
    assert "After learning: better than What is popular, by more than noise." in page.text
    assert page.table("Everyone: 40 people, all figures")[0] == [
        "What is popular",
        "0.100 0.050 to 0.150",
        "0.500",
        "3.000 2.900 to 3.100",
    ]
    assert page.table("New people: 9 people, all")[0] == ["What is popular", TOO_FEW]


def test_bars_of_lists_end_at_the_same_figure(tmp_path: Path, shop: Dataset) -> None:
    """The longest interval ends at .35, so that .3 is six sevenths of a bar."""
    source = page_of(tmp_path, shop, no_recommendations=None)
    assert "of 0.35 at its full length" in source.replace("&#58;", ":")
    assert '<i style="left:0.00%;width:85.71%"></i>' in source
    assert '<u style="left:85.71%;width:0.00%"></u>' in source


def test_what_training_changed_is_told_for_each_group(tmp_path: Path, shop: Dataset) -> None:
    lines = [
        pair("adapted", "pretrained", 0.02),
        pair("adapted", "pretrained", 0.02, segment="cold", users=9),
    ]
    (tmp_path / "paired.json").write_text(json.dumps(lines))
    page = recommended(tmp_path, shop)
    change = "After learning minus Before training"
    assert page.table("What each stage changed") == [
        [change, "Everyone", "+0.050", "0.020 to 0.100", BETTER],
        [change, "New people", "", "", TOO_FEW],
    ]
    assert page.table("Everyone: 40 people, best")[2][3:] == ["not compared by this training"]


def test_what_is_shown_is_told_in_plain_words(tmp_path: Path, shop: Dataset) -> None:
    page = recommended(tmp_path, shop)
    row = ["After learning", "50 %", "one person in 8.0"]
    assert page.table("What the lists show")[0] == row


@pytest.mark.parametrize(
    ("novelty", "words"),
    [(0, "everyone"), (1, "one person in 2.0"), (5, "one person in 32")],
)
def test_novelty_is_how_many_people_know_an_item(novelty: float, words: str) -> None:
    assert _known(novelty) == words


def test_what_each_thing_adds_is_told_once_it_was_worked_out(tmp_path: Path, shop: Dataset) -> None:
    assert "Not worked out for this training." in recommended(tmp_path, shop).text
    rows = []
    for name, kind, low, p_value in (
        ("t", "task", -0.01, 0.4),
        ("liked", "liked", 0.02, 0.01),
        ("notes", "activity", 0.001, 0.2),
    ):
        adds = {"ndcg@10": {"value": 0.03 + low, "low": low, "high": 0.1, "p_value": p_value}}
        metrics = {"ndcg@10": {"value": 0.2, "low": 0.1, "high": 0.3}}
        known = {"without": name, "kind": kind, "segment": "all", "users": 40}
        rows.append({**known, "metrics": metrics, "adds": adds})
    (tmp_path / "contributions.json").write_text(json.dumps(rows))
    page = recommended(tmp_path, shop)
    told = "things they liked makes lists better (+0.050, 95 % interval +0.020 to +0.100)."
    assert told in page.text
    assert "t (task) adds nothing that can be told from chance." in page.text
    assert "all notes (activity): looked at alone more than noise" in page.text
    assert [row[:2] for row in page.table("List quality: what each thing adds")] == [
        ["things they liked", "+0.050"],
        ["all notes (activity)", "+0.031"],
        ["t (task)", "+0.020"],
    ]
    few = [{**row, "users": 9} for row in rows]
    (tmp_path / "contributions.json").write_text(json.dumps(few))
    assert "9 people: too few people to tell." in recommended(tmp_path, shop).text


def test_rules_in_force_are_told_with_what_they_do(tmp_path: Path, shop: Dataset) -> None:
    assert "Rules in force" not in recommended(tmp_path, shop).text
    off = {"kind": "diversify", "strength": 0.3, "enabled": False}
    rules = parse_rules({"rules": [off, {"kind": "pin", "items": ["i2"]}]}, "rules.yaml")
    book = Rulebook(tmp_path)
    book.keep(rules)
    text = recommended(tmp_path, shop).text
    assert "Put on top, in this order: Title i2 (i2)" in text
    assert "not measured since they stand so" in text
    assert "Prefer items unlike" not in text
    effect = Effect(40, 0.2, 0.1, Difference(Estimate(-0.1, -0.2, -0.05), 0.001), 20, 1.0)
    measured = {"val": [None, effect], "test": [None, effect]}
    keep(book.folder, "adapted", rules, Effects(measured, {"val": effect, "test": effect}))
    text = recommended(tmp_path, shop).text
    assert (
        "On test: ndcg 0.200 → 0.100, -0.100 (95 % interval -0.200 to -0.050), more than noise. "
        "50% of 40 lists change; 1.0 of 10 items are new."
    ) in text
    book.path.write_text("rules: [{kind: pni}]", encoding="utf-8")
    assert "pni" in recommended(tmp_path, shop).text


def test_lists_of_people_stand_in_it_only_where_they_are_asked_for(
    tmp_path: Path, shop: Dataset
) -> None:
    plain = page_of(tmp_path, shop, no_recommendations=None)
    assert "PERSON" not in plain and "SECRET" not in plain
    page = recommended(tmp_path, shop, examples=True)
    # PERSON0 wrote one text that says i2 half and i3 not at all; i1 they know already.
    assert page.table("Many acts: PERSON0") == [
        ["Title i2", "0.5", "all their texts: SECRET0 (+0.5)"],
        ["Title i3", "0", "nothing in particular"],
    ]
    assert "New people: PERSON1" in page.text
    asks_for_nothing(page_of(tmp_path, shop, examples=True, no_recommendations=None))


def test_where_nobody_can_be_judged_it_is_said(tmp_path: Path, shop: Dataset) -> None:
    (tmp_path / "evaluation.json").write_text("[]")
    (tmp_path / "paired.json").write_text("[]")
    page = recommended(tmp_path, shop)
    assert "Nobody liked anything in the test part, so lists cannot be judged." in page.text


def test_settings_that_differ_are_told_with_what_they_do(tmp_path: Path) -> None:
    dataset = written(tmp_path, {"t": hundred(GOOD)})
    usual = RunConfig.model_validate({"tasks": {"t": {}}})
    assert "All settings are the usual ones." in Page(page_of(tmp_path, dataset, config=usual)).text
    changed = with_settings(
        usual,
        ("tasks.t.lambda=2", "tasks.t.balanced=true", "train.epochs=4", "train.clip=0.5"),
    )
    rows = Page(page_of(tmp_path, dataset, config=changed)).table("Only what differs")
    assert [row[:3] for row in rows] == [
        ["Weight λ (t) tasks.t.lambda", "2", "1"],
        ["Rare labels count as much (t) tasks.t.balanced", "yes", "no"],
        ["Epochs at most train.epochs", "4", "left empty"],
        ["Limit on one step train.clip", "0.5", "1"],
    ]
    assert rows[0][3].startswith("How much this task counts")
    assert all(row[3] for row in rows)


@pytest.mark.parametrize(
    "folder",
    ["/home/anna/models/mine", "~/models/mine", "./mine", r"C:\Users\anna\mine", "../mine"],
)
def test_where_a_model_lies_is_nobodys_business(folder: str, tmp_path: Path) -> None:
    config = RunConfig.model_validate({"encoder": {"name": folder}})
    dataset = written(tmp_path, {"t": hundred(GOOD)})
    rows = Page(page_of(tmp_path, dataset, config=config)).table("Only what differs")
    assert rows[0][:3] == ["Language model encoder.name", "mine", "minilm"]
    hub = RunConfig.model_validate({"encoder": {"name": "org/model"}})
    assert [each[1] for each in changed_settings(hub)] == ["org/model"]


@pytest.mark.parametrize(
    ("share", "words"),
    [(0, "0 %"), (0.001, "1 %"), (0.999, "99 %"), (1, "100 %"), (0.456, "46 %")],
)
def test_only_all_is_called_all(share: float, words: str) -> None:
    assert percent(share).replace("\u00a0", " ") == words


def test_torch_is_not_imported(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path\n"
        "from tests.reports.test_document import *\n"
        f"folder = Path({str(tmp_path)!r})\n"
        "dataset = written(folder, kinds())\n"
        "lists(folder)\n"
        "page = page_of(folder, dataset, examples=True, no_recommendations=None)\n"
        "assert 'Task relation' in Page(page).text\n"
        "sys.exit('torch' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
