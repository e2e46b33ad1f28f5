from __future__ import annotations

import shutil
import subprocess
import sys

import pytest
import torch

from mtrec.training import idle_gpu
from mtrec.training.idle_gpu import cpu_only_torch_on_gpu_machine


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: "/usr/bin/nvidia-smi")


def test_the_build_is_read_as_torch_tells_it() -> None:
    assert idle_gpu._installed_torch() == (torch.__version__.split("+")[0], torch.version.cuda)


@pytest.mark.usefixtures("gpu")
def test_an_idle_gpu_is_told_with_the_command_that_mends_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(idle_gpu, "_installed_torch", lambda: ("2.13.0", None))
    sentence = cpu_only_torch_on_gpu_machine()
    assert sentence is not None
    assert sentence.endswith("pip install --force-reinstall torch==2.13.0")


@pytest.mark.usefixtures("gpu")
def test_nothing_is_said_where_torch_can_use_the_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(idle_gpu, "_installed_torch", lambda: ("2.13.0", "12.8"))
    assert cpu_only_torch_on_gpu_machine() is None


def test_asking_does_not_load_torch() -> None:
    code = (
        "import sys; from mtrec.training.idle_gpu import _installed_torch; _installed_torch();"
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
