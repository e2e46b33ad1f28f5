"""Does the guess alone find what a recipe says of texts and labels?

    python -m benchmarks.guesses DATA

DATA is a folder of data sets, each with its recipe. For every set, the guess from its files is held
against its recipe: which column is the text of each source of records, which are labels, and of
which type (where the recipe names none, that of the import). Once as the files are, and once with
the names of texts and labels taken away, so that nothing but what stands in the columns can tell.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from benchmarks.markdown import table
from mtrec.data.dataset import Dataset
from mtrec.data.guess import guess_recipe
from mtrec.data.importer import read_dataset
from mtrec.data.readers import read_table
from mtrec.data.recipe import Recipe
from mtrec.data.tables import with_defaults
from mtrec.tasks import TASK_TYPES

Roles = dict[str, dict[str, str]]  # by file, by column: `text`, or a label's type


def described(dataset: Dataset) -> Roles:
    """What its recipe says of texts and labels."""
    return roles(dataset.recipe, {name: task.type for name, task in dataset.tasks.items()})


def guessed(folder: Path, known: Roles, hide: bool) -> Roles:
    """What the guess says of them.

    Args:
        known: what the recipe says.
        hide: whether the columns of texts and labels lose their names first.
    """
    files, names = {}, {}
    for path in sorted(folder.iterdir()):
        if path.suffix != ".yaml":
            frame = read_table(path).frame
            if hide:
                columns = {name: f"c{place}" for place, name in enumerate(known.get(path.name, {}))}
                frame = frame.rename(columns=columns)
                names[path.name] = {hidden: name for name, hidden in columns.items()}
            files[path.name] = frame
    recipe, _ = guess_recipe(files, folder.name, TASK_TYPES)
    found = roles(recipe, {})
    return {
        file: {names.get(file, {}).get(column, column): role for column, role in columns.items()}
        for file, columns in found.items()
    }


def roles(recipe: Recipe, types: dict[str, str]) -> Roles:
    """Texts and labels by file; `types` are those of tasks for which the recipe names none."""
    found: Roles = {}
    for source in map(with_defaults, recipe.records):
        columns = dict.fromkeys(source.text_columns, "text")
        for name, task in source.tasks.items():
            columns[str(task.label)] = task.type or types[name]
        found[source.file] = columns
    return found


def main() -> None:
    """Prints a row a set and how many agree."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("data", type=Path, help="the folder of data sets")
    folders = [path.parent for path in sorted(parser.parse_args().data.glob("*/recipe.yaml"))]
    rows = []
    for folder in folders:
        expected = described(read_dataset(folder / "recipe.yaml", TASK_TYPES))
        found = [guessed(folder, expected, hide) for hide in (False, True)]
        words = [
            "; ".join(f"{column} {role}" for column, role in columns.items())
            for columns in expected.values()
        ]
        agree = ["yes" if each == expected else "no" for each in found]
        rows.append([folder.name, " / ".join(dict.fromkeys(words)), *agree])
    print(table(["data", "text and labels", "guessed", "guessed without names"], rows))
    named, nameless = (sum(row[column] == "yes" for row in rows) for column in (2, 3))
    print(f"\n{named} of {len(rows)} as the recipe says; without names {nameless}.")


if __name__ == "__main__":
    main()
