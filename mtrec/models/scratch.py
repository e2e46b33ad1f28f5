"""An encoder that begins with nothing: pieces found in texts, and a small BERT of random weights.

For languages and subjects that no encoder at hand can read. The shape is BERT's (Devlin et al.,
2019, arXiv:1810.04805), a third as wide. Pieces are joined by byte-pair encoding (Sennrich et al.,
2016, arXiv:1508.07909): of the trainers in `tokenizers` it is the one that gives the same pieces
each time, where those of WordPiece and Unigram depend on the order of hashes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import torch

from mtrec.tasks.relation import MARKS

if TYPE_CHECKING:
    from tokenizers import Tokenizer
    from transformers import PreTrainedModel

PIECES = 12_000  # at most; every letter of the texts is one, whatever their number
FEWEST = 3  # times that a joined piece stands in the texts
PAD, UNKNOWN, START, END, HIDDEN = SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
LONGEST = 512  # pieces of a text that it can tell the places of
LAYERS, WIDTH, HEADS = 4, 256, 4


def scratch(texts: Sequence[str], seed: int, marks: bool = False) -> tuple[PreTrainedModel, Any]:
    """A random model (float32, on the CPU) and a tokenizer made for the texts.

    The same texts and seed give the same; torch's random numbers are left where they stood.

    Args:
        texts: at least one.
        marks: whether the marks of entities are pieces of their own.
    """
    from transformers.models.bert import BertConfig, BertModel

    tokenizer = learned_tokenizer(texts, marks)
    config = BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=WIDTH,
        num_hidden_layers=LAYERS,
        num_attention_heads=HEADS,
        intermediate_size=4 * WIDTH,
        max_position_embeddings=LONGEST,
        pad_token_id=tokenizer.pad_token_id,
    )
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return BertModel(config), tokenizer


def learned_tokenizer(texts: Iterable[str], marks: bool = False) -> Any:
    """Cuts texts into pieces that are frequent in these.

    Chinese characters, digits and punctuation are pieces each, so that no number that stands in the
    texts becomes a piece. Capitals are read as small letters, wide forms as the usual ones.

    Args:
        marks: whether the marks of entities are pieces of their own, behind all others.
    """
    from tokenizers import AddedToken
    from transformers import PreTrainedTokenizerFast

    tokenizer = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=_trained(_without_marks(texts) if marks else texts),
        pad_token=PAD,
        unk_token=UNKNOWN,
        cls_token=START,
        sep_token=END,
        mask_token=HIDDEN,
        model_max_length=LONGEST,
    )
    if marks:
        tokens = [AddedToken(mark, special=True, normalized=False) for mark in MARKS]
        tokenizer.add_tokens(tokens, special_tokens=True)
    return tokenizer


def _trained(texts: Iterable[str]) -> Tokenizer:
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers

    tokenizer = Tokenizer(models.BPE(unk_token=UNKNOWN))
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.NFKC(),
            normalizers.BertNormalizer(
                clean_text=True, handle_chinese_chars=True, strip_accents=False, lowercase=True
            ),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.BertPreTokenizer(), pre_tokenizers.Digits(individual_digits=True)]
    )
    trainer = trainers.BpeTrainer(
        vocab_size=PIECES,
        min_frequency=FEWEST,
        special_tokens=list(SPECIAL),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.post_processor = processors.BertProcessing(
        (END, SPECIAL.index(END)), (START, SPECIAL.index(START))
    )
    return tokenizer


def _without_marks(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        for mark in MARKS:
            text = text.replace(mark, " ")
        yield text
