"""What a trained model says about texts it never saw."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mtrec.data.readers import SUFFIXES, read_table
from mtrec.errors import InputError
from mtrec.schema import TEXT

if TYPE_CHECKING:
    from mtrec.models.multitask import MultiTaskModel


def predict(model: MultiTaskModel, texts: Sequence[str]) -> list[dict[str, Any]]:
    """The `predict` contract's value: per text and task the label and the share of each label.

    Beside them stands the confidence, the probability that all of the label is right. Where a task
    can say nothing of a text, label and confidence are None and there are no shares.
    """
    from mtrec.training.inference import infer
    from mtrec.training.reporter import SilentReporter

    said = infer(model, texts, None, SilentReporter()).predictions
    tasks: list[dict[str, Any]] = [{} for _ in texts]
    for name, spec in model.tasks.items():
        columns = (said[name].labels, said[name].confidence.tolist(), said[name].shares.tolist())
        for each, label, sure, shares in zip(tasks, *columns, strict=True):
            silent = label is None
            each[name] = {
                "label": label,
                "confidence": None if silent else sure,
                "scores": {} if silent else dict(zip(spec.labels, shares, strict=True)),
            }
    return [{"text": text, "tasks": each} for text, each in zip(texts, tasks, strict=True)]


def read_texts(path: Path) -> list[str]:
    """The texts of a file: a column `text` (or the only one) of a table, otherwise one a line.

    Raises:
        InputError: the file cannot be read, or holds no text.
    """
    texts = _column(path) if path.name.lower().endswith(SUFFIXES) else _lines(path)
    texts = [text for text in texts if text.strip()]
    if not texts:
        raise InputError("There is no text to read", expected="a text per line", where=str(path))
    return texts


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            "The texts cannot be read",
            expected="a text file in UTF-8, or a table such as a csv file",
            found=str(error),
            where=str(path),
        ) from error


def _column(path: Path) -> list[str]:
    frame = read_table(path).frame
    column = TEXT if TEXT in frame.columns else str(frame.columns[0])
    if column != TEXT and len(frame.columns) > 1:
        raise InputError(
            f"{path.name} does not say which column holds the texts",
            expected=f"a column called {TEXT}, or no other column",
            found=", ".join(str(name) for name in frame.columns),
            where=str(path),
            fix=f"rename the column of texts to {TEXT}",
        )
    return frame[column].dropna().tolist()
