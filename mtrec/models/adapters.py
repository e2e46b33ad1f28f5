"""What can be learned beside an encoder's own weights, which rest meanwhile; by peft.

- `LowRank` (LoRA): Hu et al. (2022), *LoRA: Low-Rank Adaptation of Large Language Models*,
  arXiv:2106.09685. A linear layer W of an encoder gives W x + (α / r) · B A x, where A, `(r, in)`,
  starts at random and B, `(out, r)`, at zero, so that nothing is changed at first. All linear
  layers have them, those of the attention and those behind it, as in Dettmers et al. (2023),
  arXiv:2305.14314.
- `Prompts`: Lester et al. (2021), *The Power of Scale for Parameter-Efficient Prompt Tuning*,
  arXiv:2104.08691. Vectors that stand before the embeddings of every text.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from mtrec.errors import InputError

if TYPE_CHECKING:
    from peft import PromptTuningConfig
    from peft.tuners.lora import LoraLayer
    from transformers import PreTrainedModel

ALPHA = 16  # whatever the rank r: with α / r, one learning rate suits every rank (Hu et al., 4.1)
ADAPTER = "default"  # what peft calls the only one
ASIDE = "pooler."  # a layer behind the states, which nothing here reads
WEIGHTS, KEY = "adapter_model.safetensors", "prompt_embeddings"  # as peft writes prompts


class LowRank:
    """The matrices A and B beside each linear layer of an encoder.

    Attributes:
        learning: the modules that learn, with the dropout before them.
    """

    def __init__(self, backbone: PreTrainedModel, rank: int, dropout: float) -> None:
        """Puts them into the encoder.

        Raises:
            InputError: it has no linear layers.
        """
        from peft import LoraConfig
        from peft.functional import inject_adapter_in_model
        from peft.tuners.lora import LoraLayer

        names = [
            name
            for name, module in backbone.named_modules()
            if isinstance(module, nn.Linear) and not name.startswith(ASIDE)
        ]
        if not names:
            raise InputError(
                "This encoder can't learn by the method lora",
                expected="linear layers inside the model",
                found=f"none in {type(backbone).__name__}",
                where="encoder.method",
                fix="use encoder.method=prompt, full or frozen",
            )
        config = LoraConfig(
            r=rank, lora_alpha=ALPHA, lora_dropout=dropout, target_modules=names, bias="none"
        )
        inject_adapter_in_model(config, backbone, ADAPTER)
        self._backbone = backbone
        self._layers: dict[str, LoraLayer] = {
            name: module
            for name, module in backbone.named_modules()
            if isinstance(module, LoraLayer)
        }
        self.learning: list[nn.Module] = [
            part
            for layer in self._layers.values()
            for part in (layer.lora_A, layer.lora_B, layer.lora_dropout)
        ]

    @torch.no_grad()
    def state(self) -> dict[str, Tensor]:
        """The weights of an encoder without matrices that reads alike: W + (α / r) · B A."""
        state = {}
        for name, value in self._backbone.state_dict().items():
            layer, found, kind = name.partition(".base_layer.")
            if found:
                state[f"{layer}.{kind}"] = value + self._delta(layer) if kind == "weight" else value
            elif ".lora_" not in name:
                state[name] = value
        return state

    @torch.no_grad()
    def settle(self) -> None:
        """Adds what was learned to the encoder's own weights, where reading costs nothing more."""
        for layer in self._layers.values():
            if not layer.merged:
                self._parts(layer).merge()
                self._parts(layer).lora_B[ADAPTER].weight.zero_()

    def wake(self) -> None:
        """Lets the matrices take part again; what is settled stays, since B is zero then."""
        for layer in self._layers.values():
            if layer.merged:
                self._parts(layer).unmerge()

    def _delta(self, name: str) -> Tensor:
        layer = self._layers[name]
        delta: Tensor = self._parts(layer).get_delta_weight(ADAPTER)
        return delta

    @staticmethod
    def _parts(layer: LoraLayer) -> Any:
        return layer


class Prompts(nn.Module):
    """n vectors that stand before the embeddings of every text, `(n, d)`.

    They start from those of pieces drawn at random, which Lester et al. found better than noise.
    """

    def __init__(self, known: nn.Embedding, length: int) -> None:
        """
        Args:
            known: the encoder's own embeddings.
            length: how many there are, n.
        """
        from peft import PromptEmbedding

        super().__init__()
        self.length = length
        encoder: Any = PromptEmbedding
        self.vectors = encoder(_prompt_config(known.embedding_dim, length), known)

    def forward(self, pieces: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Embeddings `(B, T, d)` and mask `(B, T)` with the prompts before, n + T in place of T."""
        texts = len(pieces)
        numbers = torch.arange(self.length, device=pieces.device).expand(texts, -1)
        before = self.vectors(numbers).to(pieces.dtype)  # (B, n, d)
        return torch.cat([before, pieces], 1), torch.cat(
            [mask.new_ones(texts, self.length), mask], 1
        )

    def save(self, folder: Path) -> None:
        """Writes them as `peft.PeftModel.from_pretrained` reads them."""
        weight = self.vectors.embedding.weight.detach()
        _prompt_config(weight.shape[1], self.length).save_pretrained(str(folder))
        save_file({KEY: weight.cpu().contiguous()}, folder / WEIGHTS)

    @torch.no_grad()
    def load(self, folder: Path) -> None:
        """Takes over what `save` wrote.

        Raises:
            InputError: these can't be read, or are not as many.
        """
        try:
            weight = load_file(folder / WEIGHTS)[KEY]
        except (OSError, KeyError, SafetensorError) as error:
            raise InputError(
                "The prompts of this encoder can't be read",
                expected=f"'{KEY}' in {WEIGHTS}",
                found=str(error),
                where=str(folder),
            ) from error
        own = self.vectors.embedding.weight
        if weight.shape != own.shape:
            raise InputError(
                "This encoder comes with prompts of another size",
                expected=f"{self.length} prompts of {own.shape[1]} numbers each",
                found=" of ".join(str(size) for size in weight.shape),
                where="encoder.prompt_length",
                fix=f"set encoder.prompt_length={len(weight)}",
            )
        own.copy_(weight)


def _prompt_config(width: int, length: int) -> PromptTuningConfig:
    from peft import PromptTuningConfig, PromptTuningInit, TaskType

    return PromptTuningConfig(
        task_type=TaskType.FEATURE_EXTRACTION,
        num_virtual_tokens=length,
        token_dim=width,
        num_transformer_submodules=1,
        prompt_tuning_init=PromptTuningInit.SAMPLE_VOCAB,
    )
