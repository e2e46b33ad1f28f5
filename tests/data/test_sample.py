"""The sample shop: what is promised about it, and that the committed files are what it writes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.pipeline import make_pipeline

from mtrec.data.importer import read_dataset
from mtrec.data.sample import ACTIVITIES, Sample, generate
from mtrec.data.sample.__main__ import main
from mtrec.data.sample.lexicon import load_topics
from mtrec.data.sample.shop import LABELS
from mtrec.data.sample.writing import Writer, capitalised, product_gaps, roughened, with_article
from mtrec.schema import SPLIT, TEST, TEXT, TRAIN, task_column
from mtrec.tasks import TASK_TYPES

COMMITTED = Path(__file__).parents[2] / "sample_data"
TEXTS = {"reviews": "review", "searches": "query", "notes": "note", "messages": "message"}


@pytest.fixture(scope="module")
def sample() -> Sample:
    return generate(0)


def texts_of(sample: Sample) -> pd.Series:
    return pd.concat([sample.tables[name][column] for name, column in TEXTS.items()])


def test_committed_files_are_what_the_command_writes(tmp_path: Path) -> None:
    assert main([str(tmp_path / "made"), "--seed", "0"]) == 0
    made = {file.name: file.read_bytes() for file in (tmp_path / "made").iterdir()}
    committed = {file.name: file.read_bytes() for file in COMMITTED.iterdir()}
    assert sorted(made) == sorted(committed)
    assert [name for name in made if made[name] != committed[name]] == []
    assert sum(map(len, made.values())) <= 3_000_000


def test_sizes_and_labels(sample: Sample) -> None:
    records = {name: len(sample.tables[name]) for name in ACTIVITIES}
    assert sum(records.values()) == 6000
    assert min(records.values()) > 800
    assert (len(sample.tables["users"]), len(sample.tables["products"])) == (400, 300)
    labels = pd.concat([sample.tables[name][list(LABELS[name])].count(axis=1) for name in LABELS])
    assert set(labels) == {1, 2}
    assert 0.05 < (labels == 2).mean() < 0.2


def test_another_seed_is_another_shop_and_the_same_seed_the_same() -> None:
    size = {"people": 20, "records": 100, "purchases": 80}
    first, same, other = generate(3, **size), generate(3, **size), generate(4, **size)
    for name, table in first.tables.items():
        pd.testing.assert_frame_equal(table, same.tables[name])
    assert not first.tables["reviews"].equals(other.tables["reviews"])
    assert not np.array_equal(first.truth.interests, other.truth.interests)


def test_one_label_in_twenty_is_wrong_and_nothing_else_changes(sample: Sample) -> None:
    right = generate(0, wrong_labels=0)
    wrong = []
    for name, labels in LABELS.items():
        given, clean = sample.tables[name], right.tables[name]
        others = [column for column in given if column not in labels]
        pd.testing.assert_frame_equal(given[others], clean[others])
        for label in labels:
            known = clean[label].notna()
            assert (given[label].notna() == known).all()
            wrong.append((given[label] != clean[label])[known])
    assert 0.043 < pd.concat(wrong).mean() < 0.057


def test_texts_are_varied_and_finished(sample: Sample) -> None:
    texts = texts_of(sample)
    assert texts.duplicated().mean() < 0.03
    assert not texts.str.contains(r"[{}\[\]|]|  |^ | $|^$").any()
    assert texts.str.len().quantile([0.05, 0.95]).between(10, 250).all()
    descriptions = sample.tables["products"]["description"]
    assert descriptions.duplicated().mean() < 0.02
    assert not descriptions.str.contains(r"[{}\[\]|]").any()


def test_each_activity_shows_a_part_and_all_together_the_whole(sample: Sample) -> None:
    truth = sample.truth
    np.testing.assert_allclose(truth.interests.sum(axis=1), 1)
    np.testing.assert_allclose(truth.shown.sum(axis=1), truth.interests)
    np.testing.assert_allclose(truth.item_topics.sum(axis=1), 1)
    np.testing.assert_allclose(truth.buying().sum(axis=1), 1)
    # Of a person's strongest interest, the activity that shows most of it holds back a good deal.
    strongest = truth.shown[np.arange(len(truth.users)), :, truth.interests.argmax(axis=1)]
    assert np.median(strongest.max(axis=1) / strongest.sum(axis=1)) < 0.8


def test_people_buy_and_write_by_their_interests(sample: Sample) -> None:
    truth = sample.truth
    users = pd.Index(truth.users)
    bought = sample.tables["purchases"]
    items = pd.Index(truth.items).get_indexer(bought["product_id"])
    buyers = users.get_indexer(bought["user_id"])
    interest = (truth.interests[buyers] * truth.item_topics[items]).sum(axis=1)
    assert interest.mean() > 3 / len(truth.topics)  # three times what chance would give

    notes = generate(0, wrong_labels=0).tables["notes"]
    topics = pd.Index(truth.topics).get_indexer(notes["topic"])
    assert (truth.interests[users.get_indexer(notes["user_id"]), topics] > 0).all()


def test_reviews_of_purchases_come_after_them(sample: Sample) -> None:
    keys = ["user_id", "product_id"]
    first = sample.tables["purchases"].groupby(keys)["bought_at"].min().reset_index()
    both = sample.tables["reviews"].merge(first, on=keys)
    assert 0.2 < len(both) / len(sample.tables["reviews"]) < 0.8
    assert (both["reviewed_at"] > both["bought_at"]).mean() > 0.8


def test_imports_with_the_types_and_splits_it_was_made_for() -> None:
    dataset = read_dataset(COMMITTED / "recipe.yaml", TASK_TYPES)
    assert {name: task.type for name, task in dataset.tasks.items()} == {
        "sentiment": "multiclass",
        "intent": "multiclass",
        "topic": "multiclass",
        "urgency": "binary",
    }
    assert dataset.scheme == "global-time"
    assert all(
        task.labelled(split) >= 50 for task in dataset.tasks.values() for split in ("val", "test")
    )
    acts = dataset.interactions
    history = acts.loc[acts[SPLIT] == TRAIN].groupby("user").size()
    buyers = acts.loc[acts[SPLIT] == TEST, "user"].unique()
    training = history.reindex(buyers).fillna(0)
    assert (training >= 5).mean() > 0.4
    assert (training.between(1, 4)).sum() >= 10
    assert (training == 0).sum() >= 40


@pytest.mark.slow
@pytest.mark.parametrize("task", ["sentiment", "intent", "topic", "urgency"])
def test_a_model_learns_its_labels_well_and_not_perfectly(task: str) -> None:
    dataset = read_dataset(COMMITTED / "recipe.yaml", TASK_TYPES)
    records = dataset.records[dataset.records[task_column(task)].notna()]
    part = {split: records[records[SPLIT] == split] for split in (TRAIN, TEST)}
    model = make_pipeline(TfidfVectorizer(), LogisticRegression(C=10, max_iter=500))
    model.fit(part[TRAIN][TEXT], part[TRAIN][task_column(task)])
    said = model.predict(part[TEST][TEXT])
    assert 0.75 <= f1_score(part[TEST][task_column(task)], said, average="macro") <= 0.95


def test_the_truth_is_not_written(tmp_path: Path) -> None:
    generate(1, people=10, records=50, purchases=40).write(tmp_path)
    columns = {file.stem: list(pd.read_csv(file)) for file in tmp_path.glob("*.csv")}
    assert sorted(columns) == [*sorted({*ACTIVITIES, "purchases", "products", "users"})]
    assert columns["users"] == ["user_id", "country"]


@pytest.mark.parametrize("seed", ["-1", "x"])
def test_a_bad_seed_is_bad_usage(tmp_path: Path, seed: str, capsys: pytest.CaptureFixture) -> None:
    try:
        status = main([str(tmp_path / "new"), f"--seed={seed}"])
    except SystemExit as stopped:  # argparse
        status = stopped.code
    assert status == 2
    assert "seed" in capsys.readouterr().err
    assert not (tmp_path / "new").exists()


def test_a_folder_that_is_a_file_is_named(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    (tmp_path / "taken").write_text("")
    assert main([str(tmp_path / "taken")]) == 2
    assert str(tmp_path / "taken") in capsys.readouterr().err


def test_lexicon_is_complete() -> None:
    topics = load_topics()
    names = {topic.name for topic in topics}
    assert len(names) == 12
    for topic in topics:
        assert len(topic.products) == 25
        assert all(
            product.also in names - {topic.name} for product in topic.products if product.also
        )
    titles = [product.title for topic in topics for product in topic.products]
    assert len(set(titles)) == 300


def test_phrases_agree_in_number() -> None:
    products = {product.noun: product for topic in load_topics() for product in topic.products}
    one, several = product_gaps(products["trowel"]), product_gaps(products["secateurs"])
    assert "{this} {noun} fit{s}".format(**one) == "this trowel fits"
    assert "{this} {noun} fit{s}".format(**several) == "these secateurs fit"
    assert [with_article(noun) for noun in ("ukulele", "eyepiece", "clamps")] == [
        "a ukulele",
        "an eyepiece",
        "clamps",
    ]


def test_templates_nest_and_sentences_begin_large() -> None:
    writer = Writer(np.random.default_rng(0))
    found = {writer.fill("[a [b|c]|{noun}] end .", noun="x") for _ in range(200)}
    assert found == {"a b end.", "a c end.", "x end."}
    assert capitalised("one. two? p. 3! four") == "One. Two? P. 3! Four"


def test_haste_makes_errors_and_care_makes_none() -> None:
    writer = Writer(np.random.default_rng(0))
    text = "The handle came loose on the second afternoon, it doesn't hold"
    assert roughened(writer, text, haste=0) == text
    assert len({roughened(writer, text, haste=1) for _ in range(20)} - {text}) > 15
