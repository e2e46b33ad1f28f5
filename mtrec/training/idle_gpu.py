"""Whether a GPU lies idle because the installed torch can't use it."""

from __future__ import annotations

import shutil
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path


def cpu_only_torch_on_gpu_machine() -> str | None:
    """A sentence with the mending command where an NVIDIA GPU lies idle, otherwise None."""
    has_gpu = shutil.which("nvidia-smi") or Path("/proc/driver/nvidia/version").exists()
    if not has_gpu:
        return None
    version, cuda = _installed_torch()
    if cuda is not None:
        return None
    return (
        "This machine has an NVIDIA GPU, but the installed torch can only use the processor. "
        f"To train on the GPU: pip install --force-reinstall torch=={version}"
    )


def _installed_torch() -> tuple[str, str | None]:
    """The version of torch and that of its CUDA, read from its build's note without loading it."""
    package = find_spec("torch")
    if package is None or package.origin is None:
        raise ModuleNotFoundError("torch")
    note = spec_from_file_location("torch_build", Path(package.origin).with_name("version.py"))
    if note is None or note.loader is None:
        raise ModuleNotFoundError("torch.version")
    build = module_from_spec(note)
    note.loader.exec_module(build)
    return build.__version__.split("+")[0], build.cuda
