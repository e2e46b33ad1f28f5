"""Why a model answers as it does: how much each word of a text moved the answer.

Integrated gradients over the embeddings of a text's pieces (Sundararajan, Taly and Yan, 2017,
*Axiomatic Attribution for Deep Networks*, arXiv:1703.01365), by captum. From the text with every
word blanked out, x', to the text as it is, x, a piece with the embedding x_i gets

    (x_i - x'_i) · ∫₀¹ ∂f(x' + α(x - x')) / ∂x_i dα ,

with f one number that tells the answer. A word is what stands between spaces, and gets the sum over
its pieces. Words add up to f(x) - f(x'), but for the error that Gauss-Legendre quadrature leaves,
which is returned. It tells of this model alone: no cause in the world, and not what would happen if
a word were taken out.

What f is:

- one of several labels without an order: the log-odds of the label, log p - log(1 - p);
- several labels at once: the logit of one of them, which is its log-odds;
- labels in an order: the expected place among them, 0 the lowest. Nothing pushes towards a label in
  the middle as such; words push up or down the scale;
- words that are marked: the log-odds that a word belongs to a span of the label, summed over the
  words of the span that is asked about, or of the surest one.

Logits are read at the temperature that validation gave. Blank is the piece that stands for a hidden
word, where the encoder has one, otherwise padding. What the tokenizer adds around a text stays in
it, as do the marks of entities: they are part of the question.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from captum.attr import LayerIntegratedGradients  # type: ignore[import-untyped]
from numpy.typing import NDArray
from torch import Tensor

from mtrec.errors import InputError
from mtrec.models.encoder import Encoder, Ids, Tokens
from mtrec.models.multitask import HeadSpec, MultiTaskModel
from mtrec.tasks.base import Floats, Unit
from mtrec.tasks.ragged import Ragged
from mtrec.tasks.relation import MARKS
from mtrec.tasks.spans import BEGINS, GOES_ON, spans
from mtrec.tasks.tags import TOKEN

# Points on the way from the blank text, by how many pieces are read at all of them together.
FEWEST_STEPS, MOST_STEPS, PIECES = 12, 32, 600
SUREST = 1e-15  # p is never nearer to 1, so that log-odds are finite

TEXT, BLANK = 0, 1  # the numbers of the two among `Tokens`
Scalar = Callable[[Tensor], Tensor]  # logits (B, U, out) to f, (B,)


@dataclass(frozen=True, eq=False)
class Attribution:
    """How much each of a text's W words moved one answer.

    Attributes:
        words: what stands between the spaces, `(W,)`.
        shares: what each word added to `start` on the way to `value`, signed, `(W,)`; 0 for a word
            that has no piece or stands behind the length that is read.
        is_read: whether any of a word is read, `(W,)`.
        label: the label that this is about; where labels have an order, the one predicted.
        span: where words are marked, the first word and the word behind the last of the span that
            this is about.
        value, start: f of the text, and of the text with every word blanked out.
        error: value - start - Σ shares, what the approximation left.
    """

    words: list[str]
    shares: NDArray[np.float64]
    is_read: NDArray[np.bool_]
    label: str
    span: tuple[int, int] | None
    value: float
    start: float
    error: float

    @property
    def inexact(self) -> float:
        """The error as a share of all that words added and took away; 0 where they did nothing."""
        moved = float(np.abs(self.shares).sum())
        return abs(self.error) / moved if moved else 0.0


@dataclass(frozen=True)
class _Question:
    label: str
    span: tuple[int, int] | None
    scalar: Scalar


def attribute(
    model: MultiTaskModel,
    task: str,
    text: str,
    label: str | None = None,
    span: tuple[int, int] | None = None,
) -> Attribution | None:
    """How much each word of a text moved what one task says of it.

    The model is left as it was; nobody else may use it meanwhile.

    Args:
        label: what to ask about; left out, what is predicted, and where labels are judged one by
            one, the likeliest. It makes no difference where labels have an order.
        span: where words are marked, which of them to ask about beside a label, whatever they are
            predicted as: the first, and the one behind the last. Left out, the surest span.

    Returns:
        None where the task can say nothing of the text.

    Raises:
        InputError: the model has no such task, or the task no such label.
    """
    spec = _known(model, task, label)
    encoder = model.encoder
    tokens = _beside_blank(encoder, text, spec.task_type.unit)
    with _at_rest(model):
        with torch.no_grad():
            ends = _logits(model, task, tokens, torch.tensor([TEXT, BLANK]))  # (2, U, out)
        if not ends.shape[1]:
            return None
        question = _question(model, task, ends[0], label, span)
        value, start = question.scalar(ends).tolist()

        def answer(which: Tensor) -> Tensor:
            return question.scalar(_logits(model, task, tokens, which))

        embeddings = encoder.backbone.get_input_embeddings()
        moved = LayerIntegratedGradients(answer, embeddings).attribute(
            torch.tensor([TEXT]),
            baselines=torch.tensor([BLANK]),
            n_steps=int(np.clip(PIECES // len(tokens.ids[TEXT]), FEWEST_STEPS, MOST_STEPS)),
            method="gausslegendre",
        )  # (1, T, d)
    by_piece = moved[0].double().sum(dim=1).cpu().numpy()
    words, word_of, is_blanked = _words(encoder, text, tokens)
    sums = np.bincount(word_of, by_piece, minlength=len(words))
    shares = sums[: len(words)].astype(np.float64)
    return Attribution(
        words=words,
        shares=shares,
        is_read=np.isin(np.arange(len(words)), word_of[is_blanked]),
        label=question.label,
        span=question.span,
        value=value,
        start=start,
        error=value - start - float(shares.sum()),
    )


def _known(model: MultiTaskModel, task: str, label: str | None) -> HeadSpec:
    spec = model.tasks.get(task)
    known = list(model.tasks) if spec is None else spec.labels
    if spec is not None and (label is None or label in known):
        return spec
    raise InputError(
        "This model has no such task" if spec is None else f"The task '{task}' has no such label",
        expected=f"one of {', '.join(known)}",
        found=task if spec is None else str(label),
    )


@contextmanager
def _at_rest(model: MultiTaskModel) -> Iterator[None]:
    """Without dropout and in float32, whose gradients add up; afterwards as it was."""
    modes = {module: module.training for module in model.modules()}
    precision = model.encoder.precision
    model.eval()
    model.encoder.precision = "fp32"
    try:
        yield
    finally:
        model.encoder.precision = precision
        for module, mode in modes.items():
            module.training = mode


def _beside_blank(encoder: Encoder, text: str, unit: Unit) -> Tokens:
    """The text, and the same with its words blanked out, read from the same places."""
    read = encoder.tokenize([text], [unit])
    hidden = encoder.tokenizer.mask_token_id
    blank = hidden if hidden is not None else encoder.tokenizer.pad_token_id or 0
    ids = np.where(_is_kept(encoder, text, read), read.ids[TEXT], blank).astype(np.int32)
    return Tokens.stacked([read, Tokens([ids], read.places)])


def _is_kept(encoder: Encoder, text: str, tokens: Tokens) -> NDArray[np.bool_]:
    """Which pieces are no words: those added around the text, and the marks of entities, `(T,)`."""
    tokenizer, ids = encoder.tokenizer, tokens.ids[TEXT]
    added = _again(encoder, text, ids, return_special_tokens_mask=True)["special_tokens_mask"]
    kept = np.array(added, dtype=bool)
    if MARKS[0] in tokenizer.get_vocab():
        kept |= np.isin(ids, tokenizer.convert_tokens_to_ids(list(MARKS)))
    return kept


def _again(encoder: Encoder, text: str, ids: Ids, **wanted: bool) -> dict[str, list[int]]:
    """What the tokenizer can tell of the same pieces."""
    told: dict[str, list[int]] = encoder.tokenizer(
        text, truncation=True, max_length=len(ids), **wanted
    )
    return told


def _words(
    encoder: Encoder, text: str, tokens: Tokens
) -> tuple[list[str], NDArray[np.int64], NDArray[np.bool_]]:
    """The words of a text, which of them each piece belongs to, and which pieces are blanked out.

    A piece belongs to the word in which it ends, since some tokenizers begin it with the space.
    What was added around the text counts with the first word, to which it adds nothing.
    """
    found = list(TOKEN.finditer(text))
    offsets = _again(encoder, text, tokens.ids[TEXT], return_offsets_mapping=True)
    last = np.array(offsets["offset_mapping"], dtype=np.int64).reshape(-1, 2)[:, 1] - 1
    starts = np.array([word.start() for word in found], dtype=np.int64)
    word_of = np.maximum(np.searchsorted(starts, last, side="right") - 1, 0)
    is_blanked = ~_is_kept(encoder, text, tokens)
    return [word.group() for word in found], word_of, is_blanked


def _logits(model: MultiTaskModel, task: str, tokens: Tokens, which: Tensor) -> Tensor:
    """A task's logits of B readings of one text, at its temperature, `(B, U, out)`.

    Args:
        which: of the readings, `TEXT` or `BLANK`, `(B,)`.
    """
    own = model.tasks[task].task_type.unit
    wanted = {unit: np.full(len(which), unit is own) for unit in model.units}
    places = {unit: tokens.places.get(unit, _no_places(len(tokens.ids), unit)) for unit in wanted}
    reading = model.encoder.read(Tokens(tokens.ids, places), which.cpu().numpy(), wanted)
    rows: Tensor = model(reading)[task].rows.double() / model.calibrations[task].temperature
    return rows.reshape(len(which), len(rows) // len(which), rows.shape[1])


def _no_places(size: int, unit: Unit) -> Ragged[NDArray[np.int64]]:
    return Ragged(np.zeros((0, unit.states), dtype=np.int64), np.zeros(size, dtype=np.int64))


def _question(
    model: MultiTaskModel,
    task: str,
    logits: Tensor,
    label: str | None,
    span: tuple[int, int] | None,
) -> _Question:
    """What is asked about a text with these logits, `(U, out)`."""
    spec = model.tasks[task]
    kind, labels = spec.task_type, spec.labels
    rows = kind.probabilities(logits)
    said = model.predict(task, Ragged(rows, np.array([len(rows)])))
    if kind.unit is Unit.WORDS:
        asked, first, end = (
            _surest_span(str(said.labels[0]), rows, labels, label)
            if label is None or span is None
            else (label, *span)
        )
        return _Question(asked, (first, end), _of_span(labels.index(asked), first, end))
    if kind.several:
        asked = label or labels[int(said.shares[0].argmax())]
        return _Question(asked, None, _of_logit(labels.index(asked)))
    if kind.ordered:
        return _Question(str(said.labels[0]), None, _of_place(spec))
    asked = label or str(said.labels[0])
    return _Question(asked, None, _of_label(spec, labels.index(asked)))


def _of_label(spec: HeadSpec, place: int) -> Scalar:
    """The log-odds of one label, of which exactly one is right."""

    def scalar(logits: Tensor) -> Tensor:
        targets = torch.full((len(logits),), place, device=logits.device)
        log: Tensor = -spec.task_type.loss(logits[:, 0], targets).clamp(min=SUREST)
        return log - torch.log(-torch.expm1(log))

    return scalar


def _of_logit(place: int) -> Scalar:
    def scalar(logits: Tensor) -> Tensor:
        return logits[:, 0, place]

    return scalar


def _of_place(spec: HeadSpec) -> Scalar:
    """The expected place among labels in an order."""

    def scalar(logits: Tensor) -> Tensor:
        places = torch.arange(len(spec.labels), device=logits.device)
        each = logits[:, 0].repeat_interleave(len(places), dim=0)
        minus_log = spec.task_type.loss(each, places.repeat(len(logits)))
        expected: Tensor = (-minus_log).exp().reshape(len(logits), -1) @ places.to(logits.dtype)
        return expected

    return scalar


def _of_span(place: int, first: int, end: int) -> Scalar:
    """The log-odds of B-x or I-x against all other tags, summed over the words of a span."""

    def scalar(logits: Tensor) -> Tensor:
        words = logits[:, first:end]
        own = torch.zeros(words.shape[-1], dtype=torch.bool, device=words.device)
        own[2 * place + 1 : 2 * place + 3] = True
        inside, others = words[..., own].logsumexp(dim=-1), words[..., ~own].logsumexp(dim=-1)
        return (inside - others).sum(dim=1)

    return scalar


def _surest_span(
    tags: str, rows: Floats, labels: tuple[str, ...], label: str | None
) -> tuple[str, int, int]:
    """The predicted span with the highest mean probability; without any, the likeliest word.

    Args:
        rows: the probability of each word's tags, `(U, 2L + 1)`.
        label: the only label to look for, if any.
    """
    inside = rows[:, BEGINS] + rows[:, GOES_ON]  # (U, L)
    allowed = [place for place, name in enumerate(labels) if label in (None, name)]
    found = [each for each in spans(tags) if label in (None, each[0])]
    if found:
        return max(found, key=lambda each: inside[each[1] : each[2], labels.index(each[0])].mean())
    word, place = np.unravel_index(inside[:, allowed].argmax(), (len(inside), len(allowed)))
    return labels[allowed[int(place)]], int(word), int(word) + 1
