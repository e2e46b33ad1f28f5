"""Measures the claims about quality and prints `docs/results.md`.

    python -m benchmarks.results DATA > docs/results.md

DATA is the folder of real data sets, each with its recipe. Runs are made by the command line, in a
workspace of its own that is kept, so that a second call measures only what the first has not. From
nothing it takes some hours on 2 cores.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import yaml
from sklearn.linear_model import LogisticRegression, Ridge

from benchmarks.markdown import figure, table
from benchmarks.runs import FROZEN, ROOT, SEEDS, Runs, Setting
from mtrec.cli.commands import DEMO
from mtrec.data.dataset import load_dataset
from mtrec.data.importer import read_dataset
from mtrec.data.storing import store_dataset
from mtrec.models.config import EncoderConfig
from mtrec.models.encoder import load_encoder
from mtrec.schema import SPLIT, TEST, TEXT, TRAIN, VAL, task_column
from mtrec.tasks import TASK_TYPES
from mtrec.tasks.base import TaskType
from mtrec.training.features import encode_texts
from mtrec.training.reporter import SilentReporter
from mtrec.workspace import Workspace

# Of the regressions on the frozen encoder's vectors: the inverse of their regularisation.
STRENGTHS = (0.01, 0.1, 1.0, 10.0, 100.0)


def full(epochs: int, rate: str) -> tuple[str, ...]:
    """The whole encoder for so many epochs, of which the best on validation is kept."""
    return (
        "encoder.method=full",
        "train.batch_tokens=512",
        f"train.epochs={epochs}",
        f"train.patience={epochs}",
        f"train.learning_rate={rate}",
    )


ONE_EPOCH = ("encoder.method=top", "train.epochs=1")
SETTINGS = (
    Setting("shop", "the demo", DEMO),
    Setting("critics", "frozen", FROZEN),
    Setting("critics", "top, 1 epoch", ONE_EPOCH, seeds=(0,)),
    Setting("airline", "frozen", FROZEN),
    Setting("clinc150", "frozen", FROZEN),
    Setting("critics-stars", "frozen", FROZEN),
    Setting("snips", "full, 8 epochs at 1e-4", full(8, "1e-4")),
    Setting("relations", "full, 5 epochs at 1e-4", full(5, "1e-4")),
    Setting("goemotions", "full, 3 epochs at 1e-4", full(3, "1e-4"), seeds=(0,)),
)
AS_PUBLISHED = ("airline", "clinc150", "snips", "relations", "goemotions")
CRITICS = {"critics": "verdict", "critics-stars": "stars"}


class Measured(Runs):
    """What the runs of a workspace came to."""

    def tasks(self) -> Iterator[list[str]]:
        """Per setting, task and figure what each seed reaches on test, and their mean."""
        for setting in SETTINGS:
            reports = [self.mtrec("report", self.run(setting, seed)) for seed in setting.seeds]
            for task, first in reports[0].items():
                for name in first["metrics"]:
                    metrics = [report[task]["metrics"][name] for report in reports]
                    mean = np.mean([metric["value"] for metric in metrics])
                    cells = [figure(metric) for metric in metrics]
                    cells += [""] * (len(SEEDS) - len(cells))
                    start = [setting.dataset, setting.label, task, f"{first['support']:,}", name]
                    yield [*start, *cells, f"{mean:.3f}"]

    def baselines(self) -> Iterator[list[str]]:
        """Per task of the sets that were learned frozen: the commonest answer, and a regression."""
        for setting in SETTINGS:
            if setting.settings != FROZEN:
                continue
            reports = self.mtrec("report", self.run(setting, SEEDS[0]))
            for task, report in reports.items():
                task_type = TASK_TYPES[report["type"]]
                usual = report["baseline"][task_type.headline]["value"]
                strength, val, test = self._regression(setting.dataset, task, task_type)
                start = [setting.dataset, task, task_type.headline, f"{usual:.3f}"]
                yield [*start, f"{strength:g}", f"{val:.3f}", f"{test:.3f}"]

    def _regression(
        self, dataset: str, task: str, task_type: TaskType
    ) -> tuple[float, float, float]:
        """The strength that is best on validation, and the headline figure there and on test."""
        opened = load_dataset(dataset, self.workspace)
        records = opened.records[opened.records[task_column(task)].notna()]
        encoder = load_encoder(EncoderConfig(method="frozen"))
        texts = records[TEXT].tolist()
        vectors = encode_texts(encoder, texts, self.workspace.cache, SilentReporter())
        labels = opened.tasks[task].labels
        places = {label: place for place, label in enumerate(labels)}
        truth = records[task_column(task)].map(places).to_numpy()
        part = {split: (records[SPLIT] == split).to_numpy() for split in (TRAIN, VAL, TEST)}

        def score(model: LogisticRegression | Ridge, split: str) -> float:
            said = model.predict(vectors[part[split]])
            nearest = np.clip(np.rint(said), 0, len(labels) - 1).astype(int)
            answers = [[labels[place] for place in each] for each in (truth[part[split]], nearest)]
            return task_type.scores(*answers, labels, draws=2).metrics[task_type.headline].value

        found = []
        for strength in STRENGTHS:
            model = (
                LogisticRegression(C=strength, max_iter=1000)
                if task_type.exclusive
                else Ridge(alpha=1 / strength)
            )
            model.fit(vectors[part[TRAIN]], truth[part[TRAIN]])
            found.append((strength, score(model, VAL), score(model, TEST)))
        return max(found, key=lambda row: row[1])


def import_all(workspace: Workspace, data: Path) -> None:
    """Imports the sets of `SETTINGS`; of the critics a set for each of two tasks."""
    recipes = [ROOT / "sample_data" / "recipe.yaml"]
    recipes += [data / name / "recipe.yaml" for name in AS_PUBLISHED]
    recipes += [_only(workspace, data / "critics", name, task) for name, task in CRITICS.items()]
    for path in recipes:
        store_dataset(read_dataset(path, TASK_TYPES), workspace)


def _only(workspace: Workspace, folder: Path, name: str, task: str) -> Path:
    """The recipe of a set under another name, with one of its tasks alone."""
    there = workspace.root / "recipes" / name
    shutil.copytree(folder, there, dirs_exist_ok=True)
    recipe = yaml.safe_load((folder / "recipe.yaml").read_text(encoding="utf-8"))
    source = recipe["records"][0]
    source["tasks"] = {task: source["tasks"][task]}
    path = there / "recipe.yaml"
    path.unlink()  # it may be a link, or read-only
    path.write_text(yaml.safe_dump(recipe | {"name": name}, sort_keys=False), encoding="utf-8")
    return path


def printed(benchmark: str, *words: str) -> str:
    """What another benchmark prints."""
    return subprocess.run(
        [sys.executable, "-m", f"benchmarks.{benchmark}", *words],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout.strip()


def main() -> None:
    """Prints the page."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("data", type=Path, help="the folder of real data sets")
    parser.add_argument(
        "--workspace", type=Path, default=Path("workspace-results"), help="kept between calls"
    )
    args = parser.parse_args()
    workspace = Workspace(args.workspace.resolve())
    workspace.root.mkdir(parents=True, exist_ok=True)
    import_all(workspace, args.data)
    measured = Measured(workspace)
    seeds = [f"seed {seed}" for seed in SEEDS]
    print(
        f"""# Results

Made by `python -m benchmarks.results DATA > docs/results.md`, DATA being a folder of public data
sets with a recipe each, on {os.cpu_count()} cores without a GPU. In brackets: 95 % intervals, from
a bootstrap over people where people wrote several records or where people are what is counted,
otherwise over records. Every figure is of the test split, which nothing was
chosen on.

## Tasks

{table(["data", "method", "task", "test records", "figure", *seeds, "mean"], measured.tasks())}

The demo is what `python -m mtrec demo` trains: {" ".join(DEMO)}. Of the critics, `critics` has the
verdict as its only task, `critics-stars` the stars. Of the three sets whose whole encoder learns,
one setting was tried. The snips were trained before as well, when dropout drew other random
numbers: intent accuracy 0.981, 0.986, 0.986, span F1 of slots 0.954, 0.955, 0.959; and since then,
but before the encoder saw capitals, with six seeds: 0.981, 0.981, 0.983, 0.980, 0.981, 0.986 and
0.954, 0.956, 0.944, 0.951, 0.953, 0.954. Over all twelve the means are 0.983 and 0.953.

Beside the frozen encoder, whose vectors never change, stand on test: what always giving the
commonest answer of the training part gets, and a regression on the same vectors, logistic where
labels have no order, ridge to the nearest place on the scale where they do. Its strength, the
inverse of how much it is regularised, is the one that is best on validation out of
{", ".join(f"{each:g}" for each in STRENGTHS)}:

{
            table(
                ["data", "task", "figure", "commonest", "strength", "validation", "test"],
                measured.baselines(),
            )
        }

## Settings chosen on validation

Runs of `python -m benchmarks.measured DATA`, whose figures lie in `docs/figures`; these tables are
made of them by `python -m benchmarks.tuned`. Each setting is measured with three seeds.

{printed("tuned")}

Of the two tasks of the tweets, neither differs between one model for both and one for each beyond
the noise of two comparisons (Holm's correction makes the smaller p-value 0.082). Of wnut17, 2 cores
had tried three more before the encoder saw capitals, with 0.584 (1e-4, 8 epochs), 0.588 (the same
with 256 pieces a step) and 0.590 (5e-5, 10 epochs) on validation, and 0.448 on test for the last
one. The one shown had 0.596 on validation then, with the same seeds on 2 cores, and 0.451, 0.449
and 0.434 on test; three more seeds had 0.462, 0.439 and 0.437, and three on an H200 0.466, 0.460
and 0.450.

Three of the settings that are shown were trained again, later and on 2 cores, with the same seeds:
emotion alone had 0.766, 0.767 and 0.766 on test, clinc150 0.964, 0.965 and 0.967 in scope with
0.431, 0.445 and 0.462 of what is out of scope found, and waimai from scratch 0.861, 0.873 and
0.860. That is what the GPU came to, within what seeds differ by.

Of the strategies on the critics each was trained once, for one epoch, in which DWA is the weighted
sum. Beyond the noise of their 24 comparisons (Holm's correction) STCH is worse at both tasks, and
uncertainty and MGDA at the stars; none is better. On 2,000 tweets, also of one seed each, FAMO,
CAGrad and IMTL-G are better at irony by as much. That noise is of the texts alone. The weighted sum
itself had 0.618, 0.674 and 0.643 at irony with three seeds on the same machine, so that one seed
ranks nothing here.

Ways to harden the training on 2,000 tweets stand beside nothing on an H100. Damaged words, cutoff
and mixup were trained on 2 cores, where nothing had 0.704, 0.726 and 0.748 at emotion and 0.618,
0.674 and 0.643 at irony. Beside that, mixup is better at irony by 0.031 (0.015 to 0.048) and cutoff
by 0.027 (0.010 to 0.044), which is more than the noise of the texts in ten comparisons, and less
than seeds differ by. No other differs from nothing on its machine beyond the noise.

## What weights trade

What the page Trade-offs tries, with the language model at rest, on validation; the intervals of all
differences hold at once. *Tried and trained* is how alike settings stand in order when they are
tried so and when all of the language model learns (Spearman's rank correlation, the mean over two
seeds), *trained twice* how alike they are with another seed, above which nothing can be expected.
The trainings are those of `python -m benchmarks.trained DATA`, on what their files in
`docs/figures/trust` name.

{printed("trust", str(args.data.resolve()))}

The weights that serve the critics' recommendations best are not distinguishable from equal ones,
and full trainings with other seeds do not even agree on an order of settings there. On no set does
what is tried tell a best setting from equal weights beyond its noise, which holds at once for all
settings and figures; on the shop and the critics it tells that one task can be traded for another,
and on the critics that learning the stars takes from the verdict, by little. In order, settings
stand as they do in full trainings: for tasks at 0.28 to 0.88, where a second training comes to 0.30
to 0.98. At 0.28 are the critics' stars, which were at 0.63 when the same settings were tried with
other random numbers: where figures differ as little as there, their order is luck. In full
trainings the shop's recommendations are better the more the topic counts, 0.098 and 0.106 with it
alone beside 0.079 and 0.082 with equal weights, and what is tried puts settings in that order at
0.61, without telling it from luck.

### How settings are tried, beside whole trainings of the same layers

`python -m benchmarks.quicker DATA`, 2 cores: 12 settings of λ above the language model at rest,
three seeds, figures on validation. *Spread* is how far the settings' figures lie apart (standard
deviation), *distance* how far they are from those of trainings of 15 epochs (mean), *rank
correlation* how alike the settings stand in order, all three the mean over tasks.

{printed("quicker", str(args.data.resolve()))}

At a training's own rate a try would stop half way: its figures lie two to five times as far off,
and on the shop settings seem to differ three times as much as they do in the end. Going on from
equal weights shows a fraction of what settings change. Two more passes would nearly halve the
distance on the critics, for 1.6 times the seconds. On the tweets the order of settings is mostly
noise: their figures differ by 0.017.

## Searching for settings

Is a search better than as many trials at random, both with the language model at rest, from the
same beginning, and ended early by the same rule? Figures are on validation, by which both choose.

{printed("search", str(args.data.resolve()))}

On none of these is the search better than random search beyond the noise of five seeds. What it
finds is better than the settings as they were, as the best of 20 trials is by luck alone.

## Recommendations

Every item of the catalogue is ranked for every person, apart from what stands in
the person's history; ndcg@10 is the mean over people. `pretrained`, `multitask` and `adapted`
are the stages of the fused profile. The defaults of the recommendation stage were chosen while the
critics' test figures stood beside the validation figures, so on the critics they are not as
untouched as elsewhere.

### Beside baselines that were tuned as hard

By texts and likes alone, the language model at rest; `benchmarks/recommenders.py` says how.

{printed("recommenders", str(args.data.resolve()), "--workspace", str(workspace.root))}

### What each activity adds

Sample shops whose every activity shows a part of what people like, and one more activity that shows
nothing, `chatter`: what NDCG@10 on test loses where each is left out and lists are learned again;
`benchmarks/added.py` says how.

{printed("added", "--shops", "5")}

Every activity adds to the lists on average, as the truth has it, and to every shop's but the
messages to those of shop 3; after the correction searches alone are beyond the noise of five shops,
with reviews on its edge. Before newer likes could count more, three of the four were: there is one
more thing to choose from what few people liked, and tastes do not change in these shops. The
chatter adds nothing that can be told from nothing.

### What training changes, and what each thing adds

Of three trainings each of the shop, as the demo is trained, in which upper layers learn, and of the
critics and lastfm with the language model at rest: how much NDCG@10 on test, over the same people,
differs from before training, after the tasks and after what people like; then what each source,
task and activity adds, the lists learned again without it. In brackets 95 % intervals over people;
*more than noise* counts the trainings in which it is, after Holm's correction over all that is left
out. `benchmarks/changes.py`.

{printed("changes", str(args.data.resolve()), "--workspace", str(workspace.root / "changes"))}

What people like is what changes lists most, much alike with every seed. The tasks by themselves
change them little: on the shop by 0.014 to 0.022 over all people, within the noise with each seed,
and for cold people, of whom only texts are known, by 0.030 to 0.033. No task adds to any list
beyond the noise, nor does an activity of this one shop with its 263 people; over five shops one of
four does, above. Plain texts add beyond the noise with one seed of three on the shop and on lastfm.
Segments of fewer than 10 people are left out.

## Profiles and the truth

The sample shop's people have interests that its generator knows. How near profiles come to them,
for ten shops; `benchmarks/profile_truth.py` says how that is measured. Purchases are what people
bought, *all texts* everything they wrote, *fused* the profile that mtrec shows.

{printed("profile_truth", "--seeds", "10")}

## Labels that may be wrong

Labels flipped at random, 5 % of each set, and which share of the 5 % that are doubted most are
flipped ones, for three seeds; a random order would find 5 %. Labels that were published wrong count
as misses here. `benchmarks/label_errors.py`.

{printed("label_errors", str(args.data.resolve()), "--cache", str(workspace.cache))}

## What intervals hold

{printed("coverage")}

How that is measured: `benchmarks/coverage.py`.

What settings of λ come to, and how far they differ, by tries with two seeds on 300 validation
records, 400 times over, against 20,000 records and 100 seeds; `benchmarks/tradeoffs.py`. Luck is
told from ten seeds. All lines of a task are judged on the same draws, so that they are high or low
together. What a setting and its close neighbour differ by is held too often, because the luck of
its own that a setting in between is taken to have is too much there.

{printed("tradeoffs", str(args.data.resolve()), "--repeats", "0")}

## Guessing what columns mean

What the recipe of each set says of texts and labels, and whether the guess from the files alone
says the same; `benchmarks/guesses.py`.

{printed("guesses", str(args.data.resolve()))}

How fast it learns: [speed.md](speed.md)."""
    )


if __name__ == "__main__":
    main()
