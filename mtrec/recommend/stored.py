"""A stage on disk: one safetensors file, its description in the file's header."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from mtrec.errors import InputError
from mtrec.files import replacing
from mtrec.recommend.base import Baseline
from mtrec.recommend.fused import FusedRecommender, FusedSource
from mtrec.schema import STAGES

DESCRIPTION = "mtrec"
FOLDER = "recommend"  # in a run's folder, and beside it:
EVALUATION, PAIRED = "evaluation.json", "paired.json"
BEFORE = "before-validation"  # the stage `adapted` as validation judged it
Arrays = dict[str, NDArray[Any]]


def stage_file(name: str) -> str:
    """What the file of a stage is called, or of `BEFORE`."""
    return f"{name}.safetensors"


def save_stage(recommender: FusedRecommender, folder: Path, called: str = "") -> None:
    """Writes the file of a stage into `folder`, or one called otherwise."""
    arrays: Arrays = {"bias": recommender.bias}
    arrays |= {f"items.{space}": items for space, items in recommender.items.items()}
    sources = []
    for index, (name, source) in enumerate(recommender.sources.items()):
        sources.append(
            {
                "name": name,
                "kind": source.kind,
                "space": source.space,
                "weight": source.weight,
                "parts": source.parts,
                "fading": source.fading,
            }
        )
        optional = {"projection": source.projection, "shift": source.shift}
        held: Arrays = {
            "vectors": source.vectors,
            "scales": source.scales,
            "counts": source.counts,
        }
        held |= {key: each for key, each in optional.items() if each is not None}
        arrays |= {f"source.{index}.{key}": each for key, each in held.items()}
    description = {
        "sources": sources,
        "spaces": list(recommender.items),
        "users": recommender.users,
    }
    write_arrays(folder / stage_file(called or recommender.stage or ""), arrays, description)


def load_stage(folder: Path, stage: str) -> FusedRecommender:
    """The recommender that `save_stage` wrote into a run's `recommend` folder.

    Raises:
        InputError: the run has no such stage; the message lists those it has.
    """
    path = folder / stage_file(stage)
    if not path.exists():
        there = [each for each in STAGES if (folder / stage_file(each)).exists()]
        raise InputError(
            f"This run has no recommendations at the stage {stage}",
            expected=f"one of {', '.join(there)}" if there else "a run that made recommendations",
            found=stage,
            fix="choose a stage that is there"
            if there
            else "train on data that says who liked what",
        )
    arrays, description = read_arrays(path)
    sources = {
        said["name"]: FusedSource(
            kind=said["kind"],
            space=said["space"],
            weight=said["weight"],
            vectors=arrays[f"source.{index}.vectors"],
            scales=arrays[f"source.{index}.scales"],
            counts=arrays[f"source.{index}.counts"],
            parts=said["parts"],
            projection=arrays.get(f"source.{index}.projection"),
            shift=arrays.get(f"source.{index}.shift"),
            fading=said.get("fading", 0.0),  # of runs of before likes faded
        )
        for index, said in enumerate(description["sources"])
    }
    items = {space: arrays[f"items.{space}"] for space in description["spaces"]}
    return FusedRecommender(stage, sources, items, arrays["bias"], description["users"])


def save_baseline(baseline: Baseline, folder: Path) -> None:
    """Writes `<name>.safetensors` into `folder` where the baseline keeps anything."""
    kept = baseline.kept()
    if kept:
        write_arrays(folder / f"{baseline.name}.safetensors", kept, {})


def kept_of(folder: Path, baseline: str) -> Arrays:
    """What `save_baseline` wrote; nothing where it wrote nothing."""
    path = folder / f"{baseline}.safetensors"
    return read_arrays(path)[0] if path.exists() else {}


def write_arrays(path: Path, arrays: Arrays, description: dict[str, Any]) -> None:
    """Arrays and a description, all of it or nothing."""
    from safetensors.numpy import save_file

    contiguous = {name: np.ascontiguousarray(each) for name, each in arrays.items()}
    with replacing(path) as part:
        save_file(contiguous, part, metadata={DESCRIPTION: json.dumps(description)})


def read_arrays(path: Path) -> tuple[Arrays, dict[str, Any]]:
    """What `write_arrays` wrote."""
    from safetensors import safe_open

    with safe_open(path, framework="numpy") as file:
        arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        description: dict[str, Any] = json.loads(file.metadata()[DESCRIPTION])
    return arrays, description


def matrix_arrays(name: str, matrix: Any) -> Arrays:
    """A csr matrix of ones as arrays."""
    return {
        f"{name}.indptr": matrix.indptr.astype(np.int64),
        f"{name}.indices": matrix.indices.astype(np.int64),
        f"{name}.shape": np.array(matrix.shape, dtype=np.int64),
    }


def matrix_of(name: str, arrays: Arrays) -> Any:
    """The csr matrix of ones that `matrix_arrays` took apart."""
    indices = arrays[f"{name}.indices"]
    shape = tuple(int(each) for each in arrays[f"{name}.shape"])
    ones = np.ones(len(indices), np.float32)
    return csr_matrix((ones, indices, arrays[f"{name}.indptr"]), shape=shape)
