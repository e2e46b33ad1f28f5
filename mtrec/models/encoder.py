"""The encoder: texts to token ids to one vector per text, and which of its layers learn."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from mtrec.errors import InputError
from mtrec.models.config import EncoderConfig
from mtrec.models.pretrained import load_pretrained

if TYPE_CHECKING:
    from transformers import PreTrainedModel

Precision = Literal["fp32", "bf16"]
Ids = NDArray[np.int32]


class Encoder(nn.Module):
    """A Hugging Face model with its tokenizer, pooled to one vector per text.

    The method decides which parameters have `requires_grad`: none (`frozen`), those of the
    uppermost layers (`top`), all (`full`). Layers that do not learn stay in evaluation mode, and
    no gradient is computed below the lowest one that does.

    Attributes:
        config: the settings it was loaded with.
        width: the size d of the vectors.
        precision: the number format of its matrix products, `fp32` or `bf16`; vectors are float32.
    """

    def __init__(
        self,
        backbone: PreTrainedModel,
        tokenizer: Any,
        config: EncoderConfig,
        precision: Precision = "fp32",
    ) -> None:
        super().__init__()
        self.backbone = backbone
        self.tokenizer = tokenizer
        self.config = config
        self.precision = precision
        settings: Any = backbone.config
        self.width = int(settings.hidden_size)
        positions = getattr(settings, "max_position_embeddings", None) or config.max_length
        self._max_length = min(config.max_length, tokenizer.model_max_length, positions)
        self._learning = _learning_modules(backbone, config)
        backbone.requires_grad_(False)
        for module in self._learning:
            module.requires_grad_(True)
        self.eval()

    @property
    def learns(self) -> bool:
        """Whether any of it learns."""
        return bool(self._learning)

    @property
    def device(self) -> torch.device:
        return next(self.parameters()).device

    @property
    def fingerprint(self) -> str:
        """64 hex digits that change with any weight and with the tokenizer; costs ~0.3 s a read."""
        digest = hashlib.sha256()
        rules = json.loads(self.tokenizer.backend_tokenizer.to_str())
        rules.update(truncation=None, padding=None)  # set anew by each call
        digest.update(json.dumps(rules, sort_keys=True).encode())
        for name, value in sorted(self.backbone.state_dict().items()):
            digest.update(f"{name} {value.dtype} {tuple(value.shape)}".encode())
            digest.update(value.detach().cpu().reshape(-1).view(torch.uint8).numpy().data)
        return digest.hexdigest()

    def train(self, mode: bool = True) -> Encoder:
        """Sets training mode on the layers that learn; the others have no dropout at any time."""
        super().train(False)
        for module in self._learning:
            module.train(mode)
        return self

    def tokenize(self, texts: Sequence[str]) -> list[Ids]:
        """Each text's token ids, cut to the encoder's length, special tokens included."""
        rows = self.tokenizer(
            list(texts),
            truncation=True,
            max_length=self._max_length,
            return_attention_mask=False,
            return_token_type_ids=False,
        )["input_ids"]
        return [np.asarray(row, dtype=np.int32) for row in rows]

    def batch(self, rows: Sequence[Ids]) -> tuple[Tensor, Tensor]:
        """Token ids and mask of B texts, padded on the right, `(B, T)` each, on its device."""
        length = max(len(row) for row in rows)
        ids = np.full((len(rows), length), self.tokenizer.pad_token_id or 0, dtype=np.int64)
        mask = np.zeros((len(rows), length), dtype=np.int64)
        for i, row in enumerate(rows):
            ids[i, : len(row)] = row
            mask[i, : len(row)] = 1
        return torch.from_numpy(ids).to(self.device), torch.from_numpy(mask).to(self.device)

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Token ids and mask `(B, T)` to vectors `(B, d)`."""
        with torch.autocast(
            self.device.type, torch.bfloat16, enabled=self.precision == "bf16", cache_enabled=False
        ):
            hidden = self.backbone(input_ids=ids, attention_mask=mask).last_hidden_state
        states: Tensor = hidden.float()  # (B, T, d)
        if self.config.pooling == "cls":
            return states[:, 0]
        shares = mask / mask.sum(dim=1, keepdim=True)  # (B, T)
        return torch.einsum("btd,bt->bd", states, shares)

    def save(self, folder: Path) -> None:
        """Writes weights (safetensors) and tokenizer into a folder that `load_encoder` reads."""
        self.backbone.save_pretrained(folder)
        self.tokenizer.save_pretrained(folder)


def load_encoder(config: EncoderConfig, precision: Precision = "fp32") -> Encoder:
    """The encoder that the settings name, on the CPU.

    Raises:
        InputError: there is no such encoder, or it can't be used; says what was found.
    """
    backbone, tokenizer = load_pretrained(config.name)
    return Encoder(backbone, tokenizer, config, precision)


def _learning_modules(backbone: PreTrainedModel, config: EncoderConfig) -> list[nn.Module]:
    if config.method == "frozen":
        return []
    if config.method == "full":
        return [backbone]
    settings: Any = backbone.config
    for module in backbone.modules():
        if isinstance(module, nn.ModuleList) and len(module) == settings.num_hidden_layers:
            return list(module[-config.top_layers :])
    raise InputError(
        "This encoder's layers can't be told apart",
        expected=f"a list of {settings.num_hidden_layers} layers inside the model",
        found=type(backbone).__name__,
        where="encoder.method",
        fix="use encoder.method=frozen or full",
    )
