"""Threads that wait for each other."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest


@pytest.mark.parametrize("given", [{}, {"OMP_WAIT_POLICY": "ACTIVE"}])
def test_they_let_others_compute_unless_somebody_says_otherwise(given: dict[str, str]) -> None:
    tell = "import mtrec, os; print(os.environ['OMP_WAIT_POLICY'])"
    others = {name: value for name, value in os.environ.items() if name != "OMP_WAIT_POLICY"}
    said = subprocess.run(
        [sys.executable, "-c", tell], env=others | given, capture_output=True, text=True, check=True
    )
    assert said.stdout.strip() == given.get("OMP_WAIT_POLICY", "PASSIVE")
