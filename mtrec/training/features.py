"""Texts to what an encoder gives of them, each distinct text once, kept on disk by content."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from mtrec.files import replacing
from mtrec.models.encoder import Encoder
from mtrec.tasks.base import Unit
from mtrec.tasks.ragged import Ragged
from mtrec.training.batches import token_batches
from mtrec.training.reporter import Reporter, check_stop

Vectors = NDArray[np.float32]
Known = dict[bytes, Vectors]  # rows (n, S, d) by the digest of their text

CHUNK = 4096  # texts encoded between two writes to the cache, so that a stop loses little
BATCH_TOKENS = 2048
READING = "Reading texts"


def encode_texts(
    encoder: Encoder, texts: Sequence[str], cache: Path | None, reporter: Reporter
) -> Vectors:
    """The pooled vector of each text, `(N, d)`, as `encode_units` gives it."""
    rows: Vectors = encode_units(encoder, texts, [Unit.TEXT], cache, reporter)[Unit.TEXT].rows
    return rows[:, 0]


def encode_units(
    encoder: Encoder,
    texts: Sequence[str],
    units: Sequence[Unit],
    cache: Path | None,
    reporter: Reporter,
) -> dict[Unit, Ragged[Vectors]]:
    """What the units of each text are in an encoder, rows `(U, S, d)`.

    Args:
        cache: a folder for them, by encoder and text; None keeps none. What an interrupted call
            finished is there for the next.
        reporter: told about the texts that have to be read.

    Raises:
        Stopped: the reporter asked to stop.
    """
    digests = [_digest(text) for text in texts]
    distinct = dict(zip(digests, texts, strict=True))
    shards = {unit: None if cache is None else cache / unit / _key(encoder) for unit in units}
    known: dict[Unit, Known] = {
        unit: {} if folder is None else dict(_read(folder)) for unit, folder in shards.items()
    }
    new = [digest for digest in distinct if any(digest not in each for each in known.values())]
    if new:
        reporter.phase(READING, len(new))
    for start in range(0, len(new), CHUNK):
        chunk = new[start : start + CHUNK]
        found = read_units(encoder, [distinct[digest] for digest in chunk], units, reporter)
        for unit, read in found.items():
            rows = dict(zip(chunk, np.split(read.rows, np.cumsum(read.counts)[:-1]), strict=True))
            known[unit].update(rows)
            folder = shards[unit]
            if folder is not None:
                _write(folder, chunk, read)
    return {unit: _gathered(each, digests, unit, encoder.width) for unit, each in known.items()}


@torch.inference_mode()
def read_units(
    encoder: Encoder, texts: Sequence[str], units: Sequence[Unit], reporter: Reporter
) -> dict[Unit, Ragged[Vectors]]:
    """The same, read anew, for no more texts than fit into memory at once."""
    if not texts:
        return {unit: _gathered({}, [], unit, encoder.width) for unit in units}
    encoder.eval()
    tokens = encoder.tokenize(texts, units)
    parts: dict[Unit, list[Ragged[Vectors]]] = {unit: [] for unit in units}
    batches = token_batches(tokens.lengths, BATCH_TOKENS)
    # Not from short to long, so that the pace met so far tells what is to come.
    np.random.default_rng(0).shuffle(batches)
    for index in batches:
        check_stop(reporter)
        wanted = dict.fromkeys(units, np.ones(len(index), dtype=bool))
        for unit, read in encoder.read(tokens, index, wanted).items():
            parts[unit].append(Ragged(read.rows.cpu().numpy(), read.counts))
        reporter.advance(len(index))
    back = np.argsort(np.concatenate(batches))
    return {unit: Ragged.stacked(each).take(back) for unit, each in parts.items()}


def _gathered(known: Known, digests: Sequence[bytes], unit: Unit, width: int) -> Ragged[Vectors]:
    rows = [known[digest] for digest in digests]
    empty = np.empty((0, unit.states, width), dtype=np.float32)
    counts = np.array([len(each) for each in rows], dtype=np.int64)
    return Ragged(np.concatenate([empty, *rows]), counts)


def _key(encoder: Encoder) -> str:
    config = encoder.config
    parts = [encoder.fingerprint, config.pooling, str(config.max_length), encoder.precision]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:24]


def _digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _read(folder: Path) -> Iterator[tuple[bytes, Vectors]]:
    from safetensors.numpy import load_file

    for path in sorted(folder.glob("*.safetensors")):
        shard = load_file(path)
        rows = np.split(shard["rows"], np.cumsum(shard["counts"])[:-1])
        yield from zip((row.tobytes() for row in shard["digests"]), rows, strict=True)


def _write(folder: Path, digests: list[bytes], read: Ragged[Vectors]) -> None:
    from safetensors.numpy import save_file

    folder.mkdir(parents=True, exist_ok=True)
    table = np.frombuffer(b"".join(digests), dtype=np.uint8).reshape(len(digests), -1)
    name = hashlib.sha256(table.tobytes()).hexdigest()[:24]
    rows = np.ascontiguousarray(read.rows)
    shard: dict[str, Any] = {"digests": table, "counts": read.counts, "rows": rows}
    with replacing(folder / f"{name}.safetensors") as part:
        save_file(shard, part)
