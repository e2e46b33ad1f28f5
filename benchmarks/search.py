"""Does a search find better settings than as many trials at random?

    python -m benchmarks.search DATA --trials 20 --seeds 5

DATA is the folder of real data sets, each with its recipe.

Both try the same number of settings from the same ranges, begin with the settings as they are, and
end trials early by the same rule; only how settings are proposed differs. What a search found is
what its best trial comes to on validation, by which it chose; both are too good in the same way.
The language model is at rest, so that a trial takes seconds. One row a data set: the mean over
seeds, and the difference seed by seed with its 95 % interval by Student's t.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from optuna.samplers import BaseSampler, RandomSampler
from scipy import stats

from benchmarks.markdown import table
from mtrec.config import RunConfig, for_dataset, with_settings
from mtrec.data.dataset import Dataset
from mtrec.data.importer import read_dataset
from mtrec.schema import VAL, Estimate
from mtrec.search.search import Ended, Epochs, go_on
from mtrec.search.space import usual
from mtrec.search.store import ENDED_EARLY, Plan, Searches
from mtrec.tasks import TASK_TYPES
from mtrec.training.loop import train
from mtrec.training.reporter import SilentReporter
from mtrec.workspace import Workspace

SETS = ("tweets", "critics", "clinc150")


class Watched(SilentReporter):
    """Keeps each epoch's headlines, and stops where `look` says so."""

    def __init__(self, look: Callable[[Epochs], bool]) -> None:
        self._look = look
        self.epochs: list[dict[str, float]] = []
        self._stop = False

    def epoch(self, epoch, metrics, losses) -> None:  # type: ignore[no-untyped-def]
        headlines: dict[str, Estimate] = {
            task: next(iter(figures.values())) for task, figures in metrics.items()
        }
        self.epochs.append({task: each.value for task, each in headlines.items()})
        self._stop = self._look(self.epochs)

    def should_stop(self) -> bool:
        return self._stop


class Here:
    """Trains in this process; a trial's figures are those of its best epoch."""

    def __init__(self, dataset: Dataset, cache: Path) -> None:
        self._dataset = dataset
        self._cache = cache
        self._configs: dict[str, RunConfig] = {}

    def begin(self, config: RunConfig, name: str) -> str:
        self._configs[name] = config
        return name

    def wait(self, run: str, look: Callable[[Epochs], bool]) -> Ended:
        config = self._configs[run]
        watched = Watched(look)
        result = train(
            self._dataset,
            config.encoder,
            config.trunk,
            config.tasks,
            config.strategy,
            config.train,
            self._cache,
            watched,
        )
        if result.stopped:
            return Ended(None, "stopped as asked")
        best = watched.epochs[result.best_epoch - 1]
        names = {task: TASK_TYPES[self._dataset.tasks[task].type].headline for task in best}
        return Ended({f"{VAL}/{task}/{names[task]}": value for task, value in best.items()})

    def forget(self, run: str) -> None:
        self._configs.pop(run, None)


def found(
    dataset: Dataset, trials: int, seed: int, sampler: BaseSampler | None, cache: Path
) -> tuple[float, float, int, float]:
    """The best value, that of the settings as they were, trials ended early, and seconds."""
    kinds = {task: each.type for task, each in dataset.tasks.items()}
    settings = ["encoder.method=frozen", f"train.seed={seed}"]
    config = for_dataset(with_settings(RunConfig(), settings), kinds)
    weights = dict.fromkeys(kinds, 1.0)
    plan = Plan(dataset.key, config, kinds, usual(config), "tasks", weights)
    with TemporaryDirectory() as folder:
        searches = Searches(Workspace(Path(folder)))
        searches.begin("one", plan)
        search = searches.get("one", sampler)
        search.ask_for(trials)
        began = time.perf_counter()
        go_on(search, Here(dataset, cache), lambda: False)
        seconds = time.perf_counter() - began
        told = search.trials
    best = max(each.values["mean"] for each in told if each.best)
    early = sum(each.state == ENDED_EARLY for each in told)
    return best, told[0].values["mean"], early, seconds


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("data", type=Path)
    parser.add_argument("--trials", type=int, default=20)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--sets", nargs="*", default=SETS)
    args = parser.parse_args()
    rows = []
    with TemporaryDirectory() as cache:
        for name in args.sets:
            dataset = read_dataset(args.data / name / "recipe.yaml", TASK_TYPES)
            ours, random = [], []
            for seed in range(args.seeds):
                ours.append(found(dataset, args.trials, seed, None, Path(cache)))
                sampler = RandomSampler(seed=seed)
                random.append(found(dataset, args.trials, seed, sampler, Path(cache)))
                print(name, seed, ours[-1], random[-1], flush=True)
            rows.append(_row(name, np.array(ours), np.array(random)))
    header = [
        "data",
        "as set",
        "search",
        "random",
        "search − random",
        "ended early",
        "seconds, search against random",
    ]
    print(table(header, rows))


def _row(name: str, ours: np.ndarray, random: np.ndarray) -> list[str]:
    gaps = ours[:, 0] - random[:, 0]
    half = stats.t.ppf(0.975, len(gaps) - 1) * gaps.std(ddof=1) / np.sqrt(len(gaps))
    return [
        name,
        f"{ours[:, 1].mean():.4f}",
        f"{ours[:, 0].mean():.4f}",
        f"{random[:, 0].mean():.4f}",
        f"{gaps.mean():+.4f} ({gaps.mean() - half:+.4f} to {gaps.mean() + half:+.4f})",
        f"{ours[:, 2].mean():.1f}, {random[:, 2].mean():.1f}",
        f"{ours[:, 3].mean() / random[:, 3].mean():.2f}",
    ]


if __name__ == "__main__":
    main()
