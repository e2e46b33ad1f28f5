"""Labels whose own word stands in the text."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from mtrec.data.checks.told import FEWEST, agreement, described, sampled
from mtrec.schema import DataWarning

SAMPLE = 10_000  # records that are looked at
TOLD = 0.9  # the agreement from which the word alone answers
MUCH = 0.1  # the share of a task's records from which it matters
WORD = r"[^\W_]+"


def check_label_words(texts: pd.Series, labels: Mapping[str, pd.Series]) -> list[DataWarning]:
    """Labels whose words all stand in nearly every text of theirs and hardly in others.

    Only words between spaces or signs count, in capitals or not; not a label that is a number.

    Args:
        texts: one a record.
        labels: by task, one element a record and label; the index repeats the texts'.
    """
    warnings = []
    for task, each in labels.items():
        looked_at = sampled(each, SAMPLE)
        told = _told(texts.loc[looked_at.index.unique()], looked_at)
        if not told:
            continue
        subject, number = described(told, each)
        if number >= MUCH * each.index.nunique():
            message = (
                f"{task}: {subject} from the text at once, because the label's own word stands in "
                "nearly all such texts and hardly in others: scores say how well the word is "
                "found, not how well texts are understood; take it out if whoever labelled put it "
                "there"
            )
            warnings.append(DataWarning("label_in_text", task, number, message))
    return warnings


def _told(texts: pd.Series, labels: pd.Series) -> list[str]:
    """Counts, for each record and label, how many of the label's words the text holds."""
    names = labels.value_counts()
    spelled = _words(pd.Series(names.index, index=names.index)).drop_duplicates()
    spelled = spelled[~spelled["word"].str.isnumeric()]
    needed = spelled["of"].value_counts()
    words = _words(texts)
    words = words[words["word"].isin(spelled["word"])].drop_duplicates()
    found = words.merge(spelled, on="word", suffixes=("", "_label"))
    found = found.groupby(["of", "of_label"], sort=False).size().reset_index(name="words")
    found = found[found["words"].to_numpy() == needed[found["of_label"]].to_numpy()]
    carried = pd.DataFrame({"of": labels.index, "of_label": labels.to_numpy()}).drop_duplicates()
    hits = found.merge(carried, on=["of", "of_label"])["of_label"].value_counts()
    counts = pd.DataFrame(
        {
            "hits": hits,
            "guessed": found["of_label"].value_counts(),
            "carried": carried["of_label"].value_counts(),
        }
    ).reindex(names.index)
    hit, guessed, support = counts.fillna(0).to_numpy(dtype=np.float64).T
    told = (support >= FEWEST) & (agreement(hit, guessed, support, len(texts)) >= TOLD)
    return [str(name) for name in names.index[told]]


def _words(texts: pd.Series) -> pd.DataFrame:
    """One row a word: the word in small letters, and the index `of` the text that it stands in."""
    words = texts.str.lower().str.findall(WORD).explode().dropna()
    return pd.DataFrame({"word": words.to_numpy(), "of": words.index})
