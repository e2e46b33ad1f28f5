"""L_T: what profiles and items have to be for people to find what they like.

For every training like (u, i) the loss is the cross-entropy of i under a softmax over the items,

    L_T = − mean_u mean_i log softmax(score(u, ·))_i ,

so lists are learned for people, however much they like. The score of an item is what the profile
says *without* the item: a liked item, and every record about it, is left out of the profile where
that item is scored, as it will be for items nobody has seen yet. That holds for every item the user
has a record about, liked or not, so that no answer is given away. All items stand in the softmax up
to `mtrec.recommend.adapt.ALL_ITEMS`; above, those a batch's users know and a uniform sample of the
others, weighted by how many each stands for (Bengio & Senécal, 2008, *Adaptive importance
sampling*).

Learned are the projections P_s and b. Items keep the vectors of `mtrec.recommend.colikes`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from mtrec.recommend.data import RecommendationData
from mtrec.recommend.profiles import Source, masses

Floats = NDArray[np.float32]
Ids = NDArray[np.int64]

NOTHING = 1e-6  # of what the newest part counts


@dataclass(frozen=True, eq=False)
class Left:
    """A source of a batch's users, and what remains of it where an item is left out.

    Attributes:
        sums: of each user's parts `(B, w)`, centred, each by how much it counts.
        squares: of how much they count, summed `(B,)`.
        cells: positions in the batch's cells of those that have parts about their item `(C_s,)`.
        cell_sums: of these parts `(C_s, w)`, likewise.
        cell_squares: `(C_s,)`.
    """

    sums: Tensor
    squares: Tensor
    cells: Tensor
    cell_sums: Tensor
    cell_squares: Tensor


@dataclass(frozen=True, eq=False)
class Batch:
    """Users, and the cells (user, item) about which their profiles hold something.

    Attributes:
        rows, items: of the cells `(C,)`.
        liked: which cells are likes `(C,)`.
        sources: by name.
        users: how many B.
    """

    rows: Tensor
    items: Tensor
    liked: Tensor
    sources: dict[str, Left]
    users: int

    @classmethod
    def of(
        cls,
        users: Ids,
        sources: Mapping[str, Source],
        means: Mapping[str, Floats],
        data: RecommendationData,
    ) -> Batch:
        width = len(data.items)
        about = {name: source.about_items(users) for name, source in sources.items()}
        likes = data.liked[users].tocoo()
        liked = likes.row.astype(np.int64) * width + likes.col
        keys = [rows * width + items for rows, items, *_ in about.values()]
        cells = np.unique(np.concatenate([liked, *keys]))
        lefts = {}
        for (name, source), key in zip(sources.items(), keys, strict=True):
            _, _, cell_mass, cell_squares, sums = about[name]
            owned = source.owners[users]
            mass, squares = masses(owned)
            total = np.asarray(owned @ source.parts, np.float32) - mass[:, None] * means[name]
            lefts[name] = Left(
                sums=torch.from_numpy(total),
                squares=torch.from_numpy(squares),
                cells=torch.from_numpy(np.searchsorted(cells, key)),
                cell_sums=torch.from_numpy(sums - cell_mass[:, None] * means[name]),
                cell_squares=torch.from_numpy(cell_squares),
            )
        return cls(
            rows=torch.from_numpy(cells // width),
            items=torch.from_numpy(cells % width),
            liked=torch.from_numpy(np.isin(cells, liked)),
            sources=lefts,
            users=len(users),
        )


class Adaptation(nn.Module):
    """The parameters that L_T learns.

    Args:
        projections: where P_s `(w, d)` starts, by source.
        diagonal: sources whose P_s is diagonal and stays so.
        items: q `(I, d)`, which stays as it is.
        bias: where b `(I,)` starts.
    """

    def __init__(
        self,
        projections: Mapping[str, Floats],
        diagonal: Collection[str],
        items: Tensor,
        bias: Tensor,
    ) -> None:
        super().__init__()
        self.names = list(projections)
        self.items = items
        self.diagonal = [index for index, name in enumerate(self.names) if name in diagonal]
        self.dense = [index for index, name in enumerate(self.names) if name not in diagonal]
        starts = [torch.from_numpy(each) for each in projections.values()]
        self.projections = nn.ParameterList(
            (each.diagonal() if index in self.diagonal else each).clone()
            for index, each in enumerate(starts)
        )
        self.bias = nn.Parameter(bias.clone())

    def project(self, index: int, sums: Tensor) -> Tensor:
        """P_s of sums of parts, `(n, w)` to `(n, d)`."""
        parameter = self.projections[index]
        read: Tensor = sums * parameter if index in self.diagonal else sums @ parameter
        return read

    def projections_now(self) -> dict[str, Floats]:
        """A copy of P_s by source."""
        found = {}
        for index, name in enumerate(self.names):
            parameter = self.projections[index].detach()
            matrix = torch.diag(parameter) if index in self.diagonal else parameter.clone()
            found[name] = matrix.numpy()
        return found

    def bias_now(self) -> Floats:
        """A copy of b."""
        bias: Floats = self.bias.detach().clone().numpy()
        return bias

    def forward(self, batch: Batch, hidden: Tensor, columns: Tensor) -> tuple[Tensor, Tensor]:
        """Scores of the items in `columns` `(B, K)`; of each cell's item, left out, `(C,)`.

        Args:
            hidden: the sources that are not shown `(B, S)`.
        """
        users, cells = len(hidden), len(batch.rows)
        dimension = self.items.shape[1]
        full, left = torch.zeros(users, dimension), torch.zeros(cells, dimension)
        for index, name in enumerate(self.names):
            source = batch.sources[name]
            shown = ~hidden[:, index, None]
            projected = shown * self.project(index, source.sums)
            full = full + projected * scale(source.squares)[:, None]
            remains = projected[batch.rows].index_add(
                0,
                source.cells,
                self.project(index, source.cell_sums) * shown[batch.rows[source.cells]],
                alpha=-1,
            )
            squares = source.squares[batch.rows].index_add(
                0, source.cells, source.cell_squares, alpha=-1
            )
            left = left + remains * scale(squares)[:, None]
        scores = full @ self.items[columns].T + self.bias[columns]
        return scores, (left * self.items[batch.items]).sum(1) + self.bias[batch.items]


def scale(squares: Tensor) -> Tensor:
    """c = 1 / √Σw², of n parts that count alike 1 / √n: between a mean, which forgets how much is
    known, and a sum, which never ends.

    What rounding leaves of nothing is nothing.
    """
    return torch.where(squares > NOTHING, squares, torch.inf).rsqrt()


def loss(
    scores: Tensor, left: Tensor, batch: Batch, columns: Tensor, log_weights: Tensor
) -> Tensor:
    """L_T of a batch, `log_weights (K,)` for how many items each column stands."""
    position = torch.searchsorted(columns, batch.items)
    scores = scores.index_put((batch.rows, position), left)
    total = (scores + log_weights).logsumexp(1)
    rows = batch.rows[batch.liked]
    wrong = total[rows] - left[batch.liked]
    likes = torch.bincount(rows, minlength=len(scores)).clamp(min=1)
    mean: Tensor = (wrong / likes[rows]).sum() / len(scores)
    return mean
