"""What goes wrong ends with a sentence that helps, and the right status."""

from __future__ import annotations

from pathlib import Path

import pytest

from mtrec.cli import commands, main
from mtrec.workspace import Workspace


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "COMMAND"),
        (("fly",), "invalid choice"),
        (("report",), "RUN"),
        (("report", "absent"), "There is no run absent"),
        (("train", "absent"), "There is no dataset absent"),
        (("train", "tiny", "--set", "train.epoch=1"), "write train.epochs"),
        (("train", "tiny", "--config", "absent.yaml"), "absent.yaml"),
        (("import", "absent.yaml"), "absent.yaml"),
        (("dataset", "delete", "absent"), "There is no dataset absent"),
        (("stop", "absent"), "There is no run absent"),
        (("delete", "absent"), "There is no run absent"),
        (("predict", "absent"), "--text"),
        (("recommend", "absent", "u01", "-k", "many"), "invalid int value"),
        (("resume", "absent"), "There is no run absent"),
        (("search", "absent"), "There is no dataset absent"),
        (("search", "tiny", "--trials", "0"), "needs something to try"),
        (("search", "tiny", "--over", "train.epoch=1..3"), "write train.epochs"),
        (("search", "tiny", "--over", "train.epochs=3..1"), "nothing to search over"),
        (("search", "tiny", "--weigh", "mood=1"), "how much a task matters"),
        (("search", "tiny", "--weigh", "topic=much"), "A task has no weight"),
        (("search", "tiny", "--weigh", "topic=0", "--weigh", "sentiment=0"), "No task matters"),
        (("export", "absent", "folder"), "There is no run absent"),
        (("export", "absent", "folder", "--serve"), "There is no run absent"),
        (("recommend-all", "absent", "--out", "all.parquet"), "There is no run absent"),
        (("recommend-all", "absent", "--out", "all.csv"), "ends in .parquet"),
        (("recommend-all", "absent"), "--out"),
    ],
)
def test_bad_usage_ends_with_2_and_a_sentence(
    imported: Workspace,
    ask,  # type: ignore[no-untyped-def]
    arguments: tuple[str, ...],
    said: str,
) -> None:
    done = ask(*arguments)

    assert (done.status, done.out) == (2, "")
    assert said in done.err and "Traceback" not in done.err
    assert len(done.err.strip().splitlines()) == 1


def test_an_unforeseen_error_goes_to_the_log(workspace: Workspace, ask, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr("mtrec.runs.launcher.poll", lambda store: 1 / 0)

    done = ask("runs")

    assert done.status == 1 and "Traceback" not in done.err
    assert "ZeroDivisionError" in (workspace.root / "mtrec.log").read_text()


@pytest.mark.parametrize("room", [True, False])
def test_what_nobody_foresaw_is_in_the_log_if_that_can_be_written(
    room: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    workspace = tmp_path / "workspace"
    if not room:
        workspace.write_text("a file where the folder would be")
    monkeypatch.setenv("MTREC_WORKSPACE", str(workspace))
    monkeypatch.setattr(commands, "demo", lambda args: 1 / 0)
    assert main(["demo"]) == 1
    said = capsys.readouterr().err
    assert "nobody foresaw (ZeroDivisionError)" in said and "Traceback" not in said
    if room:
        assert "ZeroDivisionError: division by zero" in (workspace / "mtrec.log").read_text()
    else:
        assert "division by zero" in said and "cannot be written" in said


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(28, "No space left on device"), "The disk is full"),
        (RuntimeError("database or disk is full"), "The disk is full"),
        (MemoryError(), "Memory ran out"),
    ],
)
def test_what_the_machine_is_short_of_is_a_sentence_and_no_log(
    error: Exception,
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def broken(args: object) -> None:
        raise error

    monkeypatch.setenv("MTREC_WORKSPACE", str(tmp_path))
    monkeypatch.setattr(commands, "demo", broken)
    assert main(["demo"]) == 1
    written = capsys.readouterr().err
    assert written.startswith(said) and "Fix: " in written and written.count("\n") == 1
    assert not (tmp_path / "mtrec.log").exists()
