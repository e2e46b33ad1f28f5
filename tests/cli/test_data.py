"""Data is imported, checked, listed and deleted."""

from __future__ import annotations

from pathlib import Path

from mtrec.cli import show
from mtrec.workspace import Workspace
from tests.cli.shapes import Imported, Run


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


def test_dataset_delete(tmp_path: Path, tiny_recipe: Path, ask, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setenv("MTREC_WORKSPACE", str(tmp_path))
    version = ask("import", str(tiny_recipe), "--json").json(Imported).version

    done = ask("dataset", "delete", "tiny", "--json").json(dict[str, list[str]])

    assert done == {"deleted": [f"tiny@{version}"]}
    assert ask("datasets", "--json").json(list[Imported]) == []


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
