"""The encoder: texts to token ids to states, and which of its layers learn."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from mtrec.errors import InputError, MtrecError
from mtrec.models.adapters import LowRank, Prompts
from mtrec.models.casing import WEIGHTS as CASING
from mtrec.models.casing import CasedEmbedding, add_casing, lowers, ways_of
from mtrec.models.config import EncoderConfig
from mtrec.models.dropout import use_quick_dropout
from mtrec.models.marks import MarkedEmbedding, add_marks
from mtrec.models.places import Places, mark_places, word_places
from mtrec.models.pretrained import load_pretrained
from mtrec.tasks.base import Unit
from mtrec.tasks.moving import moved
from mtrec.tasks.ragged import Index, Ragged
from mtrec.tasks.relation import MARKS

if TYPE_CHECKING:
    from transformers import PreTrainedModel

Precision = Literal["fp32", "bf16"]
Ids = NDArray[np.int32]
Wanted = Mapping[Unit, NDArray[np.bool_]]
"""By unit, in which of the texts it is read, `(N,)`."""

Reading = Mapping[Unit, Ragged[Any]]
"""By unit, what the encoder gives of each text: rows `(U, S, d)`, S being the unit's `states`."""

PROMPTS = "prompts"  # the folder inside an encoder's that holds them
FEWEST_PIECES = 8  # of a text must fit beside the prompts


@dataclass(frozen=True, eq=False)
class Tokens:
    """N texts cut into pieces.

    Attributes:
        ids: of each text's pieces, special ones included.
        places: for units smaller than the text, the pieces that they are read from, `(U, S)`.
    """

    ids: list[Ids]
    places: Mapping[Unit, Places]

    @classmethod
    def stacked(cls, parts: Sequence[Tokens]) -> Tokens:
        """The texts of one part after those of another."""
        units = parts[0].places if parts else {}
        return cls(
            [row for part in parts for row in part.ids],
            {unit: Ragged.stacked([part.places[unit] for part in parts]) for unit in units},
        )

    @property
    def lengths(self) -> Index:
        """How many pieces each text has, `(N,)`."""
        return np.array([len(row) for row in self.ids], dtype=np.int64)


class Encoder(nn.Module):
    """A Hugging Face model with its tokenizer.

    The method decides which parameters have `requires_grad`: none (`frozen`), those of the
    uppermost layers (`top`), all (`full`), or none of its own but low-rank matrices beside every
    layer (`lora`) or vectors before every text (`prompt`). Layers that do not learn stay in
    evaluation mode, and no gradient is computed below the lowest one that does. With `marks`, the
    marks of entities are pieces of their own, whose embeddings learn under every method under which
    anything does. So do, with `words`, vectors for how words are written, where its tokenizer
    lowers all letters.

    Attributes:
        config: the settings it was loaded with.
        width: the size d of the vectors.
        precision: the number format of its matrix products, `fp32` or `bf16`; vectors are float32.
        prompts: what stands before every text; None where nothing does. They take positions, but
            are no pieces: states, places and masks are those of the text alone.
    """

    def __init__(
        self,
        backbone: PreTrainedModel,
        tokenizer: Any,
        config: EncoderConfig,
        precision: Precision = "fp32",
        marks: bool = False,
        words: bool = False,
    ) -> None:
        super().__init__()
        known: Any = backbone.get_input_embeddings()
        self.prompts = Prompts(known, config.prompt_length) if config.method == "prompt" else None
        embedding = add_marks(backbone, tokenizer) if marks else None
        is_cased = words and config.method != "frozen" and lowers(tokenizer)
        casing = add_casing(backbone) if is_cased else None
        self._low_rank = (
            LowRank(backbone, config.lora_rank, config.lora_dropout)
            if config.method == "lora"
            else None
        )
        use_quick_dropout(backbone)
        self.backbone = backbone
        self.tokenizer = tokenizer
        self.config = config
        self.precision = precision
        settings: Any = backbone.config
        self.width = int(settings.hidden_size)
        self._max_length = _max_length(backbone, tokenizer, config)
        self._learning = self._learning_modules()
        if self._learning and embedding is not None:
            self._learning.append(embedding.marks)
        if casing is not None:
            self._learning.append(casing.ways)
        self.requires_grad_(False)
        for module in self._learning:
            module.requires_grad_(True)
        self.eval()

    @property
    def learns(self) -> bool:
        """Whether any of it learns."""
        return bool(self._learning)

    @property
    def casing(self) -> CasedEmbedding | None:
        """What tells how words are written; None where nothing does, or has to."""
        embedding = self.backbone.get_input_embeddings()
        return embedding if isinstance(embedding, CasedEmbedding) else None

    @property
    def device(self) -> torch.device:
        return next(self.parameters()).device

    @property
    def fingerprint(self) -> str:
        """64 hex digits that change with any weight and with the tokenizer; costs ~0.1 s a read.

        Of low-rank matrices it is their product with which it changes, which is all that counts.
        """
        digest = hashlib.sha256(self._rules)
        for name, value in sorted(self._state().items()):
            digest.update(f"{name} {value.dtype} {tuple(value.shape)}".encode())
            digest.update(value.detach().cpu().reshape(-1).view(torch.uint8).numpy().data)
        return digest.hexdigest()

    @cached_property
    def _rules(self) -> bytes:
        """How the tokenizer divides texts, which is settled from the start."""
        rules = json.loads(self.tokenizer.backend_tokenizer.to_str())
        rules.update(truncation=None, padding=None)  # set anew by each call
        return json.dumps(rules, sort_keys=True).encode()

    def levels(self) -> list[list[nn.Parameter]]:
        """Its parameters by how far up they stand: those before all layers, then each layer's.

        What stands behind the layers belongs to the uppermost, and so does what tells how words are
        written: it begins at 0 and has all to learn.

        Raises:
            InputError: the layers can't be told apart.
        """
        layers = _layers(self.backbone, "train.layer_decay", "set train.layer_decay=1")
        places = {id(p): level for level, layer in enumerate(layers, 1) for p in layer.parameters()}
        inside = set(places)
        if self.casing is not None:
            places[id(self.casing.ways.weight)] = len(layers)
        levels: list[list[nn.Parameter]] = [[] for _ in range(len(layers) + 1)]
        outside = 0  # the level of what stands in no layer
        for parameter in self.parameters():
            level = places.get(id(parameter), outside)
            levels[level].append(parameter)
            if id(parameter) in inside:
                outside = len(layers)
        return levels

    def train(self, mode: bool = True) -> Encoder:
        """Sets training mode on the layers that learn; the others have no dropout at any time."""
        super().train(False)
        for module in self._learning:
            module.train(mode)
        if mode and self._low_rank is not None:
            self._low_rank.wake()
        return self

    def tokenize(self, texts: Sequence[str], units: Sequence[Unit] = ()) -> Tokens:
        """Texts cut to the encoder's length, and where the units in them are read from."""
        casing = self.casing
        found = self.tokenizer(
            list(texts),
            truncation=True,
            max_length=self._max_length,
            return_attention_mask=False,
            return_token_type_ids=False,
            return_offsets_mapping=Unit.WORDS in units or casing is not None,
        )
        ids = [np.asarray(row, dtype=np.int32) for row in found["input_ids"]]
        if casing is not None:
            for row, text, offsets in zip(ids, texts, found["offset_mapping"], strict=True):
                row += casing.size * ways_of(text, offsets)
        places: dict[Unit, Places] = {}
        if Unit.WORDS in units:
            places[Unit.WORDS] = word_places(texts, found["offset_mapping"])
        if Unit.MARKS in units:
            marks = self.tokenizer.convert_tokens_to_ids(list(MARKS))
            places[Unit.MARKS] = mark_places(texts, ids, marks)
        return Tokens(ids, places)

    def read(self, tokens: Tokens, index: Index, wanted: Wanted) -> Reading:
        """What the wanted units of some of the texts are, in one pass.

        Args:
            index: which texts, `(B,)`.
            wanted: in which of these B each unit is read.
        """
        ids, mask = self.batch([tokens.ids[i] for i in index])
        states = self(ids, mask)  # (B, T, d)
        reading: dict[Unit, Ragged[Any]] = {}
        for unit, chosen in wanted.items():
            if unit is Unit.TEXT:
                reading[unit] = Ragged.single(self.pool(states, mask)[:, None]).only(chosen)
            else:
                places = tokens.places[unit].take(index).only(chosen)
                texts = moved(places.owners, states.device)[:, None]
                rows = states[texts, moved(places.rows, states.device)]
                reading[unit] = Ragged(rows, places.counts)
        return reading

    def batch(self, rows: Sequence[Ids]) -> tuple[Tensor, Tensor]:
        """Token ids and mask of B texts, padded on the right, `(B, T)` each, on its device."""
        ids, mask = self.padded(rows)
        return moved(ids, self.device), moved(mask, self.device)

    def padded(self, rows: Sequence[Ids]) -> tuple[Index, Index]:
        """What `batch` puts on its device."""
        length = max(len(row) for row in rows)
        ids = np.full((len(rows), length), self.tokenizer.pad_token_id or 0, dtype=np.int64)
        mask = np.zeros((len(rows), length), dtype=np.int64)
        for i, row in enumerate(rows):
            ids[i, : len(row)] = row
            mask[i, : len(row)] = 1
        return ids, mask

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Token ids and mask `(B, T)` to states `(B, T, d)`."""
        with torch.autocast(
            self.device.type, torch.bfloat16, enabled=self.precision == "bf16", cache_enabled=False
        ):
            states = self._states(ids, mask)
        return states.float()

    def _states(self, ids: Tensor, mask: Tensor) -> Tensor:
        if self.prompts is None:
            states: Tensor = self.backbone(input_ids=ids, attention_mask=mask).last_hidden_state
            return states
        pieces = self.backbone.get_input_embeddings()(ids)
        pieces, mask = self.prompts(pieces, mask)  # (B, n + T, d), (B, n + T)
        states = self.backbone(inputs_embeds=pieces, attention_mask=mask).last_hidden_state
        return states[:, self.prompts.length :]

    def pool(self, states: Tensor, mask: Tensor) -> Tensor:
        """States `(B, T, d)` to one vector a text, `(B, d)`."""
        if self.config.pooling == "cls":
            return states[:, 0]
        shares = mask / mask.sum(dim=1, keepdim=True)  # (B, T)
        return torch.einsum("btd,bt->bd", states, shares)

    def save(self, folder: Path) -> None:
        """Writes weights (safetensors) and tokenizer into a folder that `load_encoder` reads.

        `transformers` reads it too. Low-rank matrices are added to the weights, as `settle` does;
        prompts lie in a folder of their own, for `load_encoder` and peft, and what it learned of
        how words are written in a file of its own, for `load_encoder` alone.
        """
        self.settle()
        with self._in_one_table():
            state = None if self._low_rank is None else self._low_rank.state()
            self.backbone.save_pretrained(folder, state_dict=state)
        self.tokenizer.save_pretrained(folder)
        if self.prompts is not None:
            self.prompts.save(folder / PROMPTS)
        if self.casing is not None:
            self.casing.save(folder)

    def settle(self) -> None:
        """Makes what low-rank matrices learned a part of the weights beside them.

        It then reads as fast as without, and gives the same digits as the one that `save` writes,
        but for rounding those of before. Training can go on, with matrices that start anew.
        """
        if self._low_rank is not None:
            self._low_rank.settle()

    def _state(self) -> dict[str, Tensor]:
        """All weights that count, low-rank matrices as a part of those beside them."""
        with self._uncased() as casing:
            rank = self._low_rank
            state = dict(self.backbone.state_dict() if rank is None else rank.state())
        if casing is not None and casing.ways.weight.any():
            state[CASING] = casing.ways.weight
        if self.prompts is not None:
            state |= {f"{PROMPTS}.{name}": each for name, each in self.prompts.state_dict().items()}
        return state

    def _learning_modules(self) -> list[nn.Module]:
        if self.prompts is not None:
            return [self.prompts]
        if self._low_rank is not None:
            return self._low_rank.learning
        return _own_learning_modules(self.backbone, self.config)

    @contextmanager
    def _in_one_table(self) -> Iterator[None]:
        """The backbone as the library knows it, with the marks among all other embeddings."""
        with self._uncased():
            embedding = self.backbone.get_input_embeddings()
            if not isinstance(embedding, MarkedEmbedding):
                yield
                return
            merged = embedding.merged()
            self.backbone.set_input_embeddings(merged)
            self.backbone.config.vocab_size = merged.num_embeddings
            try:
                yield
            finally:
                self.backbone.set_input_embeddings(embedding)

    @contextmanager
    def _uncased(self) -> Iterator[CasedEmbedding | None]:
        """The backbone without what tells how words are written, which is given apart."""
        casing = self.casing
        if casing is None:
            yield None
            return
        self.backbone.set_input_embeddings(casing.known)
        try:
            yield casing
        finally:
            self.backbone.set_input_embeddings(casing)


def load_encoder(
    config: EncoderConfig,
    precision: Precision = "fp32",
    marks: bool = False,
    folder: Path | None = None,
    words: bool = False,
) -> Encoder:
    """The encoder that the settings name, on the CPU.

    Args:
        marks: whether it tells the marks of entities from other words.
        folder: where it lies if not where its name says: what a run made, or learned.
        words: whether single words are read of it, for which capitals matter.

    Raises:
        InputError: there is no such encoder, or it can't be used; says what was found.
        MtrecError: a run makes it, and no folder is given.
    """
    if config.is_made and folder is None:
        raise MtrecError(
            f"The encoder '{config.name}' is made by a training, and what it made is not here",
            expected="the folder that the training made it in",
            found="none",
            where="encoder.name",
            fix="train again",
        )
    source = config.name if folder is None else str(folder)
    backbone, tokenizer = load_pretrained(source)
    encoder = Encoder(backbone, tokenizer, config, precision, marks, words)
    prompts = Path(source) / PROMPTS
    if encoder.prompts is not None and prompts.is_dir():
        encoder.prompts.load(prompts)
    if encoder.casing is not None:
        encoder.casing.load(Path(source))
    return encoder


def _max_length(backbone: PreTrainedModel, tokenizer: Any, config: EncoderConfig) -> int:
    """How many pieces of a text are read."""
    length: int = min(config.max_length, tokenizer.model_max_length)
    positions = _positions(backbone)
    if positions is None:
        return length
    if config.method != "prompt":
        return min(length, positions)
    left = positions - config.prompt_length
    if length > left:
        raise InputError(
            "The texts and the prompts before them are longer than what this encoder reads",
            expected=f"encoder.max_length and encoder.prompt_length to be {positions} together",
            found=f"{length} and {config.prompt_length}",
            where="encoder.max_length",
            fix=f"set encoder.max_length={left}, or lower encoder.prompt_length"
            if left >= FEWEST_PIECES
            else "lower encoder.prompt_length",
        )
    return length


def _positions(backbone: PreTrainedModel) -> int | None:
    """How many pieces it can tell the places of; None for any number."""
    for name, module in backbone.named_modules():
        if isinstance(module, nn.Embedding) and name.endswith("position_embeddings"):
            padding = module.padding_idx
            return module.num_embeddings - (0 if padding is None else padding + 1)
    positions: int | None = getattr(backbone.config, "max_position_embeddings", None)
    return positions or None


def _own_learning_modules(backbone: PreTrainedModel, config: EncoderConfig) -> list[nn.Module]:
    if config.method == "frozen":
        return []
    if config.method == "full":
        return [backbone]
    fix = "use encoder.method=frozen, lora, prompt or full"
    return list(_layers(backbone, "encoder.method", fix)[-config.top_layers :])


def _layers(backbone: PreTrainedModel, where: str, fix: str) -> nn.ModuleList:
    """The layers, the lowest first.

    Args:
        where: the setting that asks for them.
        fix: what to do where they can't be told apart.
    """
    settings: Any = backbone.config
    for module in backbone.modules():
        if isinstance(module, nn.ModuleList) and len(module) == settings.num_hidden_layers:
            return module
    raise InputError(
        "This encoder's layers can't be told apart",
        expected=f"a list of {settings.num_hidden_layers} layers inside the model",
        found=type(backbone).__name__,
        where=where,
        fix=fix,
    )
