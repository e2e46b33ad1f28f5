"""The dashboard as a person meets it: a server of its own, and Chromium."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from playwright.sync_api import Page, expect, sync_playwright

from mtrec.data.sample import generate
from tests.forking import Forked

ROOT = Path(__file__).parents[2]
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
CRITICS = ROOT.parent / "shared" / "data" / "critics"
PEOPLE, EACH = 20, 10  # critics, and reviews of each: trained on in half a minute
WAIT = 120_000.0  # milliseconds to wait at most
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a browser; without one the test is skipped, and says so."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        pytest.skip(f"NO BROWSER TEST WAS RUN: none of {', '.join(BROWSERS)} is installed")
    return found


@pytest.fixture
def by_command() -> bool:
    """Whether the server is started as people start it, rather than forked (`tests.forking`)."""
    return False


@pytest.fixture
def address(tmp_path: Path, importer: str, by_command: bool) -> Iterator[str]:
    """The address of a fresh server over an empty workspace."""
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    options = ["--server.port", str(port), "--server.headless", "true"]
    command = [sys.executable, "-m", "streamlit", "run", "app.py", *options]
    environment = {**os.environ, "MTREC_WORKSPACE": str(tmp_path / "workspace")}
    with (tmp_path / "server.log").open("w") as log:
        server = (
            subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
            if by_command
            else Forked(importer, command, log, log, environment)
        )
        try:
            _wait_until_healthy(f"http://localhost:{port}/_stcore/health")
            yield f"http://localhost:{port}"
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(20)


@pytest.fixture
def heard() -> list[str | bytes]:
    """Everything that the server says to the page."""
    return []


@pytest.fixture
def asked() -> list[str]:
    """The address of everything that the page asks for."""
    return []


@pytest.fixture
def page(chromium: str, heard: list[str | bytes], asked: list[str]) -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.on(
            "websocket", lambda socket: socket.on("framereceived", lambda said: heard.append(said))
        )
        page.on("request", lambda request: asked.append(request.url))
        page.set_default_timeout(WAIT)
        expect.set_options(timeout=WAIT)
        yield page
        browser.close()


@pytest.fixture
def each() -> int:
    """How many reviews there are of each critic."""
    return EACH


@pytest.fixture
def files(tmp_path: Path, each: int) -> list[Path]:
    """Real film reviews and their films where they lie beside the project, else a sample shop."""
    if not CRITICS.is_dir():
        generate(people=PEOPLE, records=PEOPLE * each, purchases=PEOPLE * each).write(tmp_path)
        return [tmp_path / f"{name}.csv" for name in ("reviews", "products", "purchases")]
    reviews = pd.read_csv(CRITICS / "reviews.csv", dtype=str, keep_default_na=False)
    reviews = reviews[(reviews["critic"] != "") & (reviews["review"] != "")]
    busy = reviews["critic"].value_counts().index[:PEOPLE]
    chosen = reviews[reviews["critic"].isin(busy)].groupby("critic").head(each)
    films = pd.read_csv(CRITICS / "movies.csv", dtype=str, keep_default_na=False)
    chosen.to_csv(tmp_path / "reviews.csv", index=False)
    films[films["movie_id"].isin(chosen["movie_id"])].to_csv(tmp_path / "movies.csv", index=False)
    return [tmp_path / "reviews.csv", tmp_path / "movies.csv"]


def _wait_until_healthy(url: str, seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(url, timeout=1):
                return
        except OSError:
            time.sleep(0.2)
    raise TimeoutError(f"no answer from {url}")
