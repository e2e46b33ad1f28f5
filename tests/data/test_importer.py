"""From files to tables: what is built, and what is said about it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path

import pandas as pd
import pytest

from mtrec.data.dataset import Dataset
from mtrec.data.importer import read_dataset
from mtrec.data.labels import UNSAID, LabelType
from mtrec.data.recipe import TaskSpec
from mtrec.errors import InputError
from mtrec.schema import DataWarning

from .conftest import RECIPE, REVIEWS, TYPES

Read = Callable[..., Dataset]
Write = Callable[..., Path]


def codes(dataset: Dataset) -> dict[str, int]:
    return {warning.code: warning.rows for warning in dataset.warnings}


def warning(dataset: Dataset, code: str) -> DataWarning:
    return next(each for each in dataset.warnings if each.code == code)


def plain(frame: pd.DataFrame, *columns: str) -> list[list[object]]:
    """Rows of some columns, None where a cell is missing."""
    chosen = frame[[*columns]].astype(object)
    return chosen.where(chosen.notna(), None).values.tolist()


class TestRecords:
    def test_rows_with_a_text_are_records(self, read: Read) -> None:
        records = read(RECIPE, r__csv=REVIEWS).records
        assert plain(records, "record", "row", "user", "text", "task:mood") == [
            [0, 1, "007", "good", "yes"],
            [1, 3, "8", "bad really", "no"],
            [2, 4, None, "so so", None],
            [3, 5, "8", "bad again", "yes"],
        ]
        assert records["time"].dtype == "datetime64[us, UTC]"
        assert records["source"].eq("r").all()

    def test_what_a_person_should_know_is_said(self, read: Read) -> None:
        assert codes(read(RECIPE, r__csv=REVIEWS)) == {
            "missing_users": 1,
            "empty_text": 1,
            "interactions_from_records": 3,
            "repeated_interactions": 1,
            "few_items": 2,
            "user_time": 3,
            "rare_label": 3,
            "empty_split": 0,
            "mixed_ids": 1,
        }

    def test_one_is_no_several(self, read: Read) -> None:
        found = read(RECIPE, r__csv=REVIEWS)
        said = [each.message for each in found.warnings]
        assert sum(each.rows == 1 for each in found.warnings) >= 4
        assert not any(re.search(r"(?<![\d,])1 [a-z]+s\b", each) for each in said), said

    def test_sentences_end(self, read: Read) -> None:
        for each in read(RECIPE, r__csv=REVIEWS).warnings:
            assert each.message[-1].isalnum() or each.message[-1] in ")'"
            assert each.sentence == f"{each.message}."

    def test_files_of_one_task_publish_their_splits_together(self, read: Read) -> None:
        recipe = """
name: parts
records:
  - {file: a.csv, text: t, split: {value: train}, tasks: {mood: {label: m}}}
  - {file: b.csv, text: t, split: {value: val}, tasks: {mood: {label: m}}}
  - {file: c.csv, text: t, split: {value: train}, tasks: {topic: {label: m}}}
"""
        files = {
            f"{name}__csv": "t,m\n" + "".join(f"{name}{n},{'xy'[n % 2]}\n" for n in range(20))
            for name in "abc"
        }
        records = read(recipe, **files).records
        counts = records.groupby(["source", "split"]).size().to_dict()
        assert counts == {("a", "train"): 20, ("b", "val"): 20, ("c", "train"): 18, ("c", "val"): 2}

    def test_sources_keep_their_labels_apart(self, read: Read) -> None:
        recipe = """
name: two
records:
  - {file: a.csv, text: t, split: s, tasks: {mood: {label: m}}}
  - {file: b.jsonl, text: t, split: {value: dev}, tasks: {mood: {label: m}, topic: {label: p}}}
"""
        lines = [{"t": f"b{n}", "m": "up", "p": "pq"[n % 2]} for n in range(4)]
        found = read(
            recipe,
            a__csv="t,m,s\na1,up,train\na2,down,Test\na3,,validation\n",
            b__jsonl="\n".join(map(json.dumps, lines)),
        )
        assert plain(found.records, "source", "task:mood", "task:topic", "split")[1:4] == [
            ["a", "down", None, "test"],
            ["a", None, None, "val"],
            ["b", "up", "p", "val"],
        ]
        assert found.tasks["mood"].counts == {
            "train": {"down": 0, "up": 1},
            "val": {"down": 0, "up": 4},
            "test": {"down": 1, "up": 0},
        }
        assert found.tasks["topic"].labelled("val") == 4
        assert (found.scheme, found.tasks["mood"].type) == ("published", "binary")

    def test_files_of_one_name_are_two_sources(self, write: Write) -> None:
        path = write(
            """
name: twice
records:
  - {file: a.csv, text: t}
  - {file: a.tsv, text: t}
""",
            a__csv="t\nx\n",
            a__tsv="t\ny\n",
        )
        assert read_dataset(path, TYPES).records["source"].tolist() == ["a", "a-2"]

    def test_texts_alone_are_a_dataset(self, read: Read) -> None:
        found = read("name: t\nrecords: [{file: a.csv, text: t}]", a__csv="t\nx\ny\n")
        assert [len(found.tables[table]) for table in found.tables] == [2, 0, 0, 0, 0]
        assert found.tasks == {}
        said = warning(found, "empty_split").message
        assert said.startswith("Parts without any text: validation, test.")
        assert found.interactions["liked"].dtype == bool


class TestInteractions:
    RECIPE = """
name: acts
interactions: {file: i.csv, user: u, item: i, time: t, value: v, event: e, positive: "v >= 4"}
"""

    def test_one_row_a_pair_the_first_liked_one(self, read: Read) -> None:
        rows = [
            "u,i,t,v,e",
            "a,x,3,5,late like",
            "a,x,1,2,dislike",
            "a,x,2,4,first like",
            "a,y,9,1,later",
            "a,y,8,1,first",
            "b,x,5,4,tie, first row".replace(", first", "; first"),
            "b,x,5,4,tie",
            "c,x,,4,no time",
            "c,x,7,4,a time",
            ",x,1,5,nobody",
            "d,,1,5,nothing",
        ]
        found = read(self.RECIPE, i__csv="\n".join(rows))
        assert plain(found.interactions, "user", "item", "row", "event", "liked", "count") == [
            ["a", "x", 3, "first like", True, 3],
            ["a", "y", 5, "first", False, 2],
            ["b", "x", 6, "tie; first row", True, 2],
            ["c", "x", 9, "a time", True, 2],
        ]
        assert codes(found)["repeated_interactions"] == 5
        assert codes(found)["missing_ids"] == 2
        assert len(found.records) == 0

    def test_without_times_and_without_positive(self, read: Read) -> None:
        recipe = "name: acts\ninteractions: {file: i.csv, user: u, item: i, value: v}"
        found = read(recipe, i__csv="u,i,v\na,x,1.5\na,y,lots\nb,x,\n")
        assert plain(found.interactions, "value", "liked") == [
            [1.5, True],
            [None, True],
            [None, True],
        ]
        assert warning(found, "unreadable_value").rows == 1
        assert found.scheme == "random"

    def test_records_taken_as_interactions_keep_the_empty_texts(self, read: Read) -> None:
        recipe = RECIPE + "interactions: {from: records, positive: \"label == 'yes'\"}"
        found = read(recipe, r__csv=REVIEWS)
        assert plain(found.interactions, "user", "item", "row", "liked", "count") == [
            ["007", "x", 1, True, 1],
            ["007", "y", 2, False, 1],
            ["8", "x", 5, True, 2],
        ]
        assert "interactions_from_records" not in codes(found)

    def test_whether_rows_without_a_text_count_as_acts_is_said(self, read: Read) -> None:
        acts = read(RECIPE, r__csv=REVIEWS)
        assert warning(acts, "empty_text").message.endswith("still used as acts: 1")
        texts = read(RECIPE.replace("    item: item\n", ""), r__csv=REVIEWS)
        assert warning(texts, "empty_text").message.endswith("They are left out")

    def test_records_taken_as_interactions_without_a_condition_are_warned_of(
        self, read: Read
    ) -> None:
        found = read(RECIPE + "interactions: {from: records}", r__csv=REVIEWS)
        assert found.interactions["liked"].all()
        assert codes(found)["interactions_from_records"] == 3

    def test_they_take_the_published_split_of_their_record(self, read: Read) -> None:
        recipe = "name: p\nrecords: [{file: a.csv, text: t, user: u, item: i, split: s}]"
        rows = ["t,u,i,s", "1,a,x,train", "2,a,y,test", "3,b,x,val", ",b,y,test"]
        found = read(recipe, a__csv="\n".join(rows))
        assert found.interactions["split"].tolist() == ["train", "test", "val", "test"]

    def test_a_column_without_numbers_is_not_held_against_one(self, read: Read) -> None:
        recipe = (
            "name: a\ninteractions: {file: i.csv, user: u, item: i, positive: '`how good` > 4'}"
        )
        acts = "u;i;how good\na;x;4,5\na;y;\nb;x;3,5\n"
        with pytest.raises(InputError) as caught:
            read(recipe, i__csv=acts)
        error = caught.value
        assert "how good" in error.message and "4.5" in error.expected
        assert (error.found, error.where) == ("4,5, 3,5", "i.csv: how good")
        assert 'decimal: ","' in error.fix
        found = read(recipe.replace("user:", "decimal: ',', user:"), i__csv=acts)
        assert found.interactions["liked"].tolist() == [True, False, False]

    def test_some_cells_without_numbers_are_warned_of(self, read: Read) -> None:
        recipe = "name: a\ninteractions: {file: i.csv, user: u, item: i, positive: 'r >= 4'}"
        found = read(recipe, i__csv="u,i,r\na,x,5\na,y,n/k\nb,x,\nb,y,three\n")
        assert found.interactions["liked"].tolist() == [True, False, False, False]
        assert warning(found, "unmeasured_cells").rows == 2

    def test_no_like_at_all_is_said(self, read: Read) -> None:
        found = read(self.RECIPE, i__csv="u,i,t,v,e\na,x,1,1,\nb,x,2,2,\n")
        assert "no_likes" in codes(found)

    def test_a_published_record_of_a_held_out_pair_is_reported(self, read: Read) -> None:
        recipe = """
name: p
records: [{file: a.csv, text: t, user: u, item: i, split: s}]
interactions: {file: i.csv, user: u, item: i, time: d}
"""
        acts = "u,i,d\na,x,1\na,y,2\na,z,3\n"
        found = read(recipe, a__csv="t,u,i,s\n1,a,z,train\n2,a,x,test\n", i__csv=acts)
        assert found.records["split"].tolist() == ["train", "test"]
        assert warning(found, "record_before_interaction").rows == 1


class TestItemsAndUsers:
    RECIPE = """
name: shop
items: {file: p.csv, id: id, title: name, text: [name, about], attributes: [kind]}
users: {file: u.csv, id: id, attributes: [country]}
interactions: {file: i.csv, user: u, item: i}
"""
    FILES: Mapping[str, str] = {
        "p__csv": "id,name,about,kind\n1,Pan,for eggs,kitchen\n2,,,\n1,Again,,\n,Nobody,,\n",
        "u__csv": "id,country\nb,NL\na,\nb,BE\nstranger,DE\n",
        "i__csv": "u,i\nb,1\na,9\nc,2\n",
    }

    def test_the_catalogue_and_what_is_not_in_it(self, read: Read) -> None:
        found = read(self.RECIPE, **self.FILES)
        assert plain(found.items, "item", "title", "text", "attr:kind") == [
            ["1", "Pan", "Pan for eggs", "kitchen"],
            ["2", "2", "2", None],
            ["9", "9", "9", None],
        ]
        assert codes(found)["duplicate_items"] == 2
        assert codes(found)["unknown_items"] == 1

    def test_every_user_seen_and_nobody_else(self, read: Read) -> None:
        found = read(self.RECIPE, **self.FILES)
        assert plain(found.users, "user", "cold", "attr:country") == [
            ["a", None, None],
            ["b", None, "NL"],
            ["c", None, None],
        ]
        assert codes(found)["duplicate_users"] == 1

    def test_an_id_may_be_an_attribute_too(self, read: Read) -> None:
        recipe = self.RECIPE.replace("[country]", "[id]").replace("[kind]", "[id]")
        found = read(recipe, **self.FILES)
        assert plain(found.users, "attr:id") == [["a"], ["b"], [None]]
        assert found.items["attr:id"].tolist()[:2] == ["1", "2"]


class TestTypes:
    def test_the_first_type_that_fits_is_taken(self, read: Read) -> None:
        recipe = "name: t\nrecords: [{file: a.csv, text: t, tasks: {x: {label: x}, y: {label: y}}}]"
        found = read(recipe, a__csv="t,x,y\n1,a,a\n2,b,b\n3,a,c\n")
        assert {name: task.type for name, task in found.tasks.items()} == {
            "x": "binary",
            "y": "multiclass",
        }

    @pytest.mark.parametrize(
        ("spec", "message"),
        [
            ("{label: x, type: tags}", "there is not"),
            ("{label: x, type: nonsense}", "there is not"),
            ("{label: x, type: binary}", "do not fit"),
            ("{label: x, separator: ','}", "separator"),
            ("{label: x, order: [a, b]}", "order"),
            ("{label: x, scale: [0, 5]}", "scale"),
            ("{type: binary}", "has no column"),
            ("{label: e}", "do not fit"),
        ],
    )
    def test_what_cannot_be_learned_is_refused(self, write: Write, spec: str, message: str) -> None:
        recipe = f"name: t\nrecords: [{{file: a.csv, text: t, tasks: {{x: {spec}}}}}]"
        path = write(recipe, a__csv="t,x,e\n1,a,\n2,b,\n3,c,\n")
        with pytest.raises(InputError, match=message) as caught:
            read_dataset(path, TYPES)
        assert "binary" in caught.value.expected or caught.value.expected == "label: COLUMN"
        assert caught.value.where.startswith("recipe.yaml: ")

    def test_one_task_has_one_type(self, write: Write) -> None:
        recipe = """
name: t
records:
  - {file: a.csv, text: t, tasks: {x: {label: x, type: binary}}}
  - {file: b.csv, text: t, tasks: {x: {label: x, type: multiclass}}}
"""
        path = write(recipe, a__csv="t,x\n1,a\n2,b\n", b__csv="t,x\n1,a\n2,b\n")
        with pytest.raises(InputError, match="two types"):
            read_dataset(path, TYPES)


def test_one_more_type_is_one_more_entry(write: Write) -> None:
    class Anything(LabelType):
        type = "anything"
        description = "For tests"

        def recognise(self, written: pd.Series, texts: pd.Series) -> str | None:
            return "anything goes"

        def labels(self, values: pd.Series, spec: TaskSpec = UNSAID) -> list[str]:
            return ["any"]

        def checks(self, task: str, values: pd.Series) -> list[DataWarning]:
            return [DataWarning("odd", task, len(values), "It takes anything")]

    types: dict[str, LabelType] = {"anything": Anything()}
    found = read_dataset(write(RECIPE, r__csv=REVIEWS), types)
    assert found.tasks["mood"].type == "anything"
    assert warning(found, "odd").rows == 3
