"""Who draws beside others draws what he would draw alone."""

from __future__ import annotations

from threading import Barrier, Thread

import torch

from mtrec.models.dropout import Dropout
from mtrec.models.randomness import generator, seeded
from mtrec.training.mixup import Mixup

VALUES = torch.ones(8, 16)


def drawn() -> tuple[list[bool], float, list[int]]:
    mixup = Mixup.drawn(0.4)
    mixup.losses("t", torch.zeros(6, 2), lambda logits, against: against.float())
    kept = (Dropout(0.5)(VALUES) > 0).flatten().tolist()
    return kept, mixup.share, mixup.partners["t"].tolist()


def test_a_seed_draws_the_same_whatever_others_draw() -> None:
    with seeded(1):
        alone = [drawn() for _ in range(20)]
    met = Barrier(2, timeout=60)
    found: dict[int, list[tuple[list[bool], float, list[int]]]] = {}

    def draw(seed: int) -> None:
        with seeded(seed):
            met.wait()
            found[seed] = [drawn() for _ in range(20)]

    threads = [Thread(target=draw, args=(seed,)) for seed in (1, 2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert found[1] == alone != found[2]


def test_torchs_own_numbers_are_neither_drawn_nor_set_back() -> None:
    torch.manual_seed(0)
    expected = torch.rand(3)
    torch.manual_seed(0)
    with seeded(1):
        drawn()
        with seeded(2):
            assert generator() is not None
        assert generator() is not None
    assert generator() is None
    torch.testing.assert_close(torch.rand(3), expected)


def test_without_one_of_its_own_torchs_seed_tells() -> None:
    torch.manual_seed(3)
    first = drawn()
    torch.manual_seed(3)
    assert drawn() == first != drawn()
