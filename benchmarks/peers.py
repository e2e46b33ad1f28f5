"""What to compare with: the loop of tutorials, a Trainer, and the least that learning takes."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.data import DataLoader, Dataset
from transformers import (
    AutoModelForSequenceClassification,
    AutoTokenizer,
    DataCollatorWithPadding,
    Trainer,
    TrainerCallback,
    TrainingArguments,
    get_linear_schedule_with_warmup,
)

TUTORIAL_LENGTH = 128
TUTORIAL_BATCH = 16
RATE = 1e-4


@dataclass(frozen=True)
class Labelled:
    """Texts with one label each, as class numbers."""

    texts: list[str]
    labels: list[int]

    @property
    def classes(self) -> int:
        return max(self.labels) + 1

    def first(self, n: int) -> Labelled:
        return Labelled(self.texts[:n], self.labels[:n])


class _Rows(Dataset[dict[str, Any]]):
    """Tokenised texts, one at a time."""

    def __init__(self, columns: dict[str, Any], labels: Sequence[int]) -> None:
        self.columns = columns
        self.labels = labels

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, row: int) -> dict[str, Any]:
        return {name: each[row] for name, each in self.columns.items()} | {
            "labels": self.labels[row]
        }


def tutorial_loop(folder: Path, data: Labelled, device: torch.device) -> float:
    """Texts a second of the loop that tutorials show.

    Every text padded to 128 pieces, 16 texts a step, float32, one task, AdamW with a linear
    schedule, in the order of a shuffling loader. Reading the texts into pieces is not counted.
    """
    tokenizer, model = _load(folder, data.classes)
    model.to(device).train()
    columns = tokenizer(
        data.texts,
        truncation=True,
        padding="max_length",
        max_length=TUTORIAL_LENGTH,
        return_tensors="pt",
    )
    loader = DataLoader(
        _Rows(dict(columns), torch.tensor(data.labels)), batch_size=TUTORIAL_BATCH, shuffle=True
    )
    optimizer = torch.optim.AdamW(model.parameters(), lr=RATE)
    schedule = get_linear_schedule_with_warmup(optimizer, 0, len(loader))
    started = time.perf_counter()
    for batch in loader:
        loss = model(**{name: value.to(device) for name, value in batch.items()}).loss
        loss.backward()
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
        loss.item()
    return len(data.labels) / (time.perf_counter() - started)


class _Clock(TrainerCallback):
    """Times the updates alone."""

    def on_train_begin(self, *_: Any, **__: Any) -> None:
        self.started = time.perf_counter()

    def on_train_end(self, *_: Any, **__: Any) -> None:
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        self.seconds = time.perf_counter() - self.started


def trainer(folder: Path, data: Labelled, batch_size: int) -> float:
    """Texts a second of the transformers Trainer, set up to be fast.

    Texts grouped by length and padded to the longest of their step, bf16, AdamW in one kernel, no
    logging, no evaluation, nothing saved. Reading the texts into pieces is not counted.
    """
    tokenizer, model = _load(folder, data.classes)
    columns = tokenizer(data.texts, truncation=True, max_length=256)
    clock = _Clock()
    with TemporaryDirectory() as nowhere:
        settings = TrainingArguments(
            output_dir=nowhere,
            per_device_train_batch_size=batch_size,
            num_train_epochs=1,
            learning_rate=RATE,
            bf16=True,
            optim="adamw_torch_fused",
            train_sampling_strategy="group_by_length",
            logging_strategy="no",
            save_strategy="no",
            report_to=[],
            disable_tqdm=True,
            use_cpu=not torch.cuda.is_available(),
        )
        Trainer(
            model=model,
            args=settings,
            train_dataset=_Rows(dict(columns), data.labels),
            data_collator=DataCollatorWithPadding(tokenizer),
            callbacks=[clock],
        ).train()
    return len(data.labels) / clock.seconds


def bare_loop(
    layers: nn.Module, vectors: Tensor, labels: Tensor, batch_size: int, epochs: int
) -> float:
    """Texts a second of learning from known vectors, with nothing but what learning takes.

    Float32, cross entropy, AdamW in one kernel, texts in another order each epoch. No schedule, no
    clipping, nobody watches.

    Args:
        layers: vectors `(B, d)` to logits `(B, C)`, on the device of the vectors.
        vectors: `(N, d)`.
        labels: class numbers, `(N,)`.
    """
    layers.train()
    optimizer = torch.optim.AdamW(layers.parameters(), lr=RATE, fused=True)
    started = time.perf_counter()
    for _ in range(epochs):
        for batch in torch.randperm(len(labels), device=labels.device).split(batch_size):
            optimizer.zero_grad(set_to_none=True)
            functional.cross_entropy(layers(vectors[batch]), labels[batch]).backward()
            optimizer.step()
    if vectors.is_cuda:
        torch.cuda.synchronize()
    return epochs * len(labels) / (time.perf_counter() - started)


def _load(folder: Path, classes: int) -> tuple[Any, Any]:
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForSequenceClassification.from_pretrained(
        folder, num_labels=classes, use_safetensors=True
    )
    return tokenizer, model
