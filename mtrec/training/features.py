"""Texts to vectors, each distinct text once, kept on disk by content."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from mtrec.files import replacing
from mtrec.models.encoder import Encoder
from mtrec.training.batches import token_batches
from mtrec.training.reporter import Reporter, check_stop

Vectors = NDArray[np.float32]

CHUNK = 4096  # texts encoded between two writes to the cache, so that a stop loses little
BATCH_TOKENS = 2048
READING = "Reading texts"


def encode_texts(
    encoder: Encoder, texts: Sequence[str], cache: Path | None, reporter: Reporter
) -> Vectors:
    """The pooled vector of each text, `(N, d)`.

    Args:
        cache: a folder for vectors, by encoder and text; None keeps none. What an interrupted
            call finished is there for the next.
        reporter: told about the texts that have to be read.

    Raises:
        Stopped: the reporter asked to stop.
    """
    digests = [_digest(text) for text in texts]
    distinct = dict(zip(digests, texts, strict=True))
    shards = None if cache is None else cache / "vectors" / _key(encoder)
    known = {} if shards is None else dict(_read(shards))
    new = [digest for digest in distinct if digest not in known]
    if new:
        reporter.phase(READING, len(new))
    for start in range(0, len(new), CHUNK):
        chunk = new[start : start + CHUNK]
        vectors = _encode(encoder, [distinct[digest] for digest in chunk], reporter)
        known.update(zip(chunk, vectors, strict=True))
        if shards is not None:
            _write(shards, chunk, vectors)
    if not digests:
        return np.empty((0, encoder.width), dtype=np.float32)
    return np.stack([known[digest] for digest in digests])


@torch.inference_mode()
def _encode(encoder: Encoder, texts: list[str], reporter: Reporter) -> Vectors:
    encoder.eval()
    rows = encoder.tokenize(texts)
    vectors = np.empty((len(texts), encoder.width), dtype=np.float32)
    for index in token_batches(np.array([len(row) for row in rows]), BATCH_TOKENS):
        check_stop(reporter)
        vectors[index] = encoder(*encoder.batch([rows[i] for i in index])).cpu().numpy()
        reporter.advance(len(index))
    return vectors


def _key(encoder: Encoder) -> str:
    config = encoder.config
    parts = [encoder.fingerprint, config.pooling, str(config.max_length), encoder.precision]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:24]


def _digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _read(shards: Path) -> Iterator[tuple[bytes, Vectors]]:
    from safetensors.numpy import load_file

    for path in sorted(shards.glob("*.safetensors")):
        shard = load_file(path)
        yield from zip((row.tobytes() for row in shard["digests"]), shard["vectors"], strict=True)


def _write(shards: Path, digests: list[bytes], vectors: Vectors) -> None:
    from safetensors.numpy import save_file

    shards.mkdir(parents=True, exist_ok=True)
    table = np.frombuffer(b"".join(digests), dtype=np.uint8).reshape(len(digests), -1)
    name = hashlib.sha256(table.tobytes()).hexdigest()[:24]
    with replacing(shards / f"{name}.safetensors") as part:
        save_file({"digests": table, "vectors": vectors}, part)
