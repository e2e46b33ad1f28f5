"""Bad input: one sentence with all four parts, and nothing stored."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from mtrec.data.importer import read_dataset, store_dataset
from mtrec.errors import InputError
from mtrec.workspace import Workspace

from .conftest import TYPES

Write = Callable[..., Path]

GOOD = "t,l,u,i,w,s\na,x,1,1,2020-01-01,train\nb,y,1,2,2020-01-02,test\n"
BASE = "name: bad\nrecords:\n  - {file: a.csv, text: t, tasks: {m: {label: l}}"

# A part of the sentence, the recipe, and a.csv where there is one.
MALFORMED: Mapping[str, tuple[str, str, str | bytes | None]] = {
    "missing column": ("no column nobody", f"{BASE}, user: nobody}}", GOOD),
    "missing text column": (
        "no column nothing",
        BASE.replace("text: t", "text: [t, nothing]") + "}",
        GOOD,
    ),
    "missing label column": (
        "no column label",
        BASE.replace("label: l", "label: label") + "}",
        GOOD,
    ),
    "unknown key": ("a key nobody knows", f"{BASE}, usr: u}}", GOOD),
    "not YAML": ("not YAML", "name: [bad", GOOD),
    "missing file": ("cannot be read", f"{BASE}}}", None),
    "empty file": ("is empty", f"{BASE}}}", ""),
    "header only": ("has no rows", f"{BASE}}}", "t,l\n"),
    "duplicate columns": ("cannot be told apart", f"{BASE}}}", "t,l,l\na,x,x\n"),
    "NUL bytes": ("is not text", f"{BASE}}}", b"t,l\na\x00,x\n"),
    "binary": ("not written in UTF-8", f"{BASE}}}", bytes(range(256)) * 4),
    "ragged": ("does not fit its header", f"{BASE}}}", "t,l\na,x\nb,y,z\n"),
    "wrong encoding": (
        "not written in ascii",
        f"{BASE}, encoding: ascii}}",
        GOOD.replace("a,x", "ä,x"),
    ),
    "bad positive": (
        "expression",
        f"{BASE}, user: u, item: i}}\ninteractions: {{from: records, positive: 'l ='}}",
        GOOD,
    ),
    "positive on nothing": (
        "no column stars",
        f"{BASE}, user: u, item: i}}\ninteractions: {{from: records, positive: stars > 3}}",
        GOOD,
    ),
    "from records without users": (
        "No records can be taken",
        f"{BASE}}}\ninteractions: {{from: records}}",
        GOOD,
    ),
    "unknown type": (
        "does not have",
        BASE.replace("label: l", "label: l, type: moods") + "}",
        GOOD,
    ),
    "later type": (
        "does not have",
        BASE.replace("label: l", "label: l, type: ordinal") + "}",
        GOOD,
    ),
    "no labels": ("do not fit", f"{BASE}}}", "t,l\na,\nb,\n"),
    "ambiguous time": ("two ways", f"{BASE}, time: w}}", "t,l,w\na,x,03/04/2020\nb,y,05/06/2020\n"),
    "no time": ("does not hold times", f"{BASE}, time: t}}", GOOD),
    "bad split value": (
        "a split that cannot be used",
        f"{BASE}, split: s}}",
        GOOD.replace("test", "tset"),
    ),
    "bad split for a file": (
        "a split that cannot be used",
        f"{BASE}, split: {{value: holdout}}}}",
        GOOD,
    ),
    "invalid name": ("a value that cannot be used", BASE.replace("bad", "Bad Name") + "}", GOOD),
    "path outside": ("a value that cannot be used", BASE.replace("a.csv", "../a.csv") + "}", GOOD),
    "absolute path": (
        "a value that cannot be used",
        BASE.replace("a.csv", "/etc/passwd") + "}",
        GOOD,
    ),
    "a folder": ("cannot be read", BASE.replace("a.csv", "., format: csv") + "}", GOOD),
    "later format": (
        "cannot be read yet",
        BASE.replace("a.csv", "a.csv, format: parquet") + "}",
        GOOD,
    ),
    "packed": ("cannot be read yet", BASE.replace("a.csv", "a.csv.gz") + "}", GOOD),
    "sheet": ("cannot be read yet", f"{BASE}, sheet: one}}", GOOD),
    "decimal": ("cannot be read yet", f"{BASE}, decimal: ','}}", GOOD),
    "long form": ("cannot be read yet", BASE + ", long: {task: t, label: l}}", GOOD),
    "no text": ("has no text", "name: bad\nrecords: [{file: a.csv}]", GOOD),
    "broken JSON lines": (
        "not JSON",
        BASE.replace("a.csv", "a.csv, format: jsonl") + "}",
        '{"t": "a", "l": "x"}\n{"t"',
    ),
    "no times to split by": (
        "cannot be split by time",
        f"{BASE}, user: u}}\nsplits: {{scheme: user-time}}",
        GOOD,
    ),
    "missing id column": ("no column sku", f"{BASE}}}\nitems: {{file: a.csv, id: sku}}", GOOD),
    "missing attribute": (
        "no column age",
        f"{BASE}}}\nusers: {{file: a.csv, id: u, attributes: [age]}}",
        GOOD,
    ),
    "missing acts": (
        "b.csv cannot be read",
        f"{BASE}}}\ninteractions: {{file: b.csv, user: u, item: i}}",
        GOOD,
    ),
    "missing act column": (
        "no column j",
        f"{BASE}}}\ninteractions: {{file: a.csv, user: u, item: j}}",
        GOOD,
    ),
}


@pytest.mark.parametrize("case", MALFORMED)
def test_bad_input_is_refused_with_all_four_parts(
    case: str, write: Write, workspace: Workspace
) -> None:
    sentence, recipe, content = MALFORMED[case]
    path = write(recipe) if content is None else write(recipe, a__csv=content)
    with pytest.raises(InputError, match=sentence) as caught:
        store_dataset(read_dataset(path, TYPES), workspace)
    error = caught.value
    assert error.expected and error.found and error.where and error.fix
    assert error.exit_status == 2
    assert not workspace.root.exists()


def test_a_link_may_not_leave_the_folder(write: Write, tmp_path: Path) -> None:
    (tmp_path / "secret.csv").write_text(GOOD)
    path = write(f"{BASE}}}")
    (path.parent / "a.csv").symlink_to(tmp_path / "secret.csv")
    with pytest.raises(InputError, match="outside"):
        read_dataset(path, TYPES)
