"""Whether a column's values can be told from a text at all: a quick test of what a label is.

A naive Bayes model over character n-grams of half of the rows ranks the other half. The figure is
the area under the ROC curve, by value and averaged with their frequencies: 0.5 is chance, 1 is
perfect. Fawcett (2006), *An introduction to ROC analysis*, doi:10.1016/j.patrec.2005.10.010.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

ENOUGH = 200  # rows below which chance may look like a pattern
ENOUGH_EACH = 5  # held-out rows of a value, and without it
SMOOTHING = 0.3
FEATURES = 2**15


class TextFeatures:
    """The character n-grams of some texts, found once for every column that is tried."""

    def __init__(self, texts: pd.Series) -> None:
        from sklearn.feature_extraction.text import HashingVectorizer

        self.index = texts.index
        vectorizer = HashingVectorizer(
            n_features=FEATURES,
            analyzer="char_wb",
            ngram_range=(1, 4),
            alternate_sign=False,
            norm=None,
            binary=True,
        )
        self.features: csr_matrix = vectorizer.transform(texts)  # (N, FEATURES)

    def auc(self, values: pd.Series) -> float | None:
        """How well values, none missing, are told apart; None where they are too few to say.

        Args:
            values: on some of the texts' index, in random order.
        """
        from sklearn.naive_bayes import MultinomialNB

        half = len(values) // 2
        if len(values) < ENOUGH or values.iloc[:half].nunique() < 2:
            return None
        rows = self.index.get_indexer(values.index)
        truth = values.to_numpy(dtype=object).astype(str)
        model = MultinomialNB(alpha=SMOOTHING, fit_prior=False)
        model.fit(self.features[rows[:half]], truth[:half])
        scores = model.predict_joint_log_proba(self.features[rows[half:]])  # (N / 2, L)
        scores -= scores.mean(axis=1, keepdims=True)
        areas, weights = [], []
        for column, value in enumerate(model.classes_):
            is_value = truth[half:] == value
            inside, outside = int(is_value.sum()), int((~is_value).sum())
            if min(inside, outside) >= ENOUGH_EACH:
                ranks = pd.Series(scores[:, column]).rank()[is_value].sum()
                areas.append((ranks - inside * (inside + 1) / 2) / (inside * outside))
                weights.append(inside)
        return float(np.average(areas, weights=weights)) if areas else None
