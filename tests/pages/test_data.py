"""The page Data: dropped files become a recipe, a check and a dataset; problems are sentences."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from mtrec.data.dataset import list_datasets, load_dataset
from mtrec.data.uploads import keep_upload, upload_folder
from mtrec.workspace import Workspace
from tests.pages.conftest import open_page, said

ROWS = 60
REVIEWS = pd.DataFrame(
    {
        "customer": [f"c{n % 12}" for n in range(ROWS)],
        "product": [f"p{n % 20}" for n in range(ROWS)],
        "review": [f"the number {n} was just what I had hoped for, honestly" for n in range(ROWS)],
        "verdict": ["good", "bad", "good"] * (ROWS // 3),
        "date": pd.date_range("2024-01-01", periods=ROWS).strftime("%Y-%m-%d"),
    }
)
RECIPE = """
name: given
records:
  - {file: reviews.csv, text: review, encoding: latin-1, tasks: {mood: {label: verdict}}}
"""


def drop(workspace: Workspace, **files: bytes) -> AppTest:
    """The page after files were dropped; names end in `_csv` or `_yaml`."""
    named = {name.replace("_", "."): content for name, content in files.items()}
    return open_page("data", upload=keep_upload(named, workspace), view="Bring new data")


def csv(frame: pd.DataFrame) -> bytes:
    return frame.to_csv(index=False).encode()


def test_a_file_is_guessed_checked_and_imported(workspace: Workspace) -> None:
    app = drop(workspace, reviews_csv=csv(REVIEWS))
    assert not app.exception and not app.error
    assert app.text_input[0].value == "reviews"
    chosen = {select.label: select.value for select in app.multiselect}
    assert chosen == {"Text": ["review"], "Labels": ["verdict"]}
    picked = {select.label: select.value for select in app.selectbox}
    assert (picked["Person"], picked["Item"], picked["Time"]) == ("customer", "product", "date")
    app.button(key="import").click().run()
    assert not app.exception and not app.error
    (stored,) = list_datasets(workspace)
    assert (stored.name, stored.records, list(stored.tasks)) == ("reviews", ROWS, ["verdict"])


def test_what_was_changed_outlives_a_reload(workspace: Workspace) -> None:
    app = drop(workspace, reviews_csv=csv(REVIEWS))
    item = next(select for select in app.selectbox if select.label == "Item")
    item.set_value(None).run()
    again = drop(workspace, reviews_csv=csv(REVIEWS))
    assert {s.label: s.value for s in again.selectbox}["Item"] is None


def test_a_dropped_recipe_is_used_as_it_stands(workspace: Workspace) -> None:
    text = REVIEWS.assign(review=REVIEWS["review"] + " café")
    content = text.to_csv(index=False).encode("latin-1")
    app = drop(workspace, reviews_csv=content, recipe_yaml=RECIPE.encode())
    assert not app.exception and not app.error
    assert "Guessed from" not in said(app)
    app.button(key="import").click().run()
    dataset = load_dataset("given", workspace)
    assert list(dataset.tasks) == ["mood"]
    assert dataset.records["text"].str.endswith("café").all()
    assert dataset.recipe.records[0].encoding == "latin-1"


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"notes_csv": b"\x00\x01\x02"}, "notes"),
        ({"notes_csv": b"only,a,header\n"}, "no rows"),
        ({"reviews_csv": csv(REVIEWS), "recipe_yaml": b"name: [broken"}, "not YAML"),
        ({"reviews_csv": csv(REVIEWS), "recipe_yaml": b"name: x\nrecord: []"}, "nobody knows"),
        ({"recipe_yaml": RECIPE.encode()}, "Found: the recipe alone"),
        ({"other_csv": csv(REVIEWS), "recipe_yaml": RECIPE.encode()}, r"Expected: reviews\.csv"),
    ],
)
def test_what_cannot_be_read_is_a_sentence_with_a_way_out(
    files: dict[str, bytes], words: str, workspace: Workspace
) -> None:
    app = drop(workspace, **files)
    assert not app.exception
    assert words in app.error[0].value
    app.button(key="drop").click().run()
    assert not app.error and "Drop one or several tables" in said(app)
    assert not list(workspace.root.joinpath("uploads").iterdir())


def test_a_mapping_that_cannot_work_says_why_and_stores_nothing(workspace: Workspace) -> None:
    app = drop(workspace, reviews_csv=csv(REVIEWS))
    app.text_input[0].set_value("Not A Name!").run()
    assert "cannot be used" in app.error[0].value
    assert not [button for button in app.button if button.key == "import"]
    assert list_datasets(workspace) == []


def test_the_draft_lies_in_the_drops_own_folder(workspace: Workspace, tmp_path: Path) -> None:
    drop(workspace, reviews_csv=csv(REVIEWS))
    (folder,) = workspace.root.joinpath("uploads").iterdir()
    assert upload_folder(folder.name, workspace) == folder
    assert {path.name for path in folder.iterdir()} == {"reviews.csv", "draft.yaml"}


def test_the_sample_is_one_click_away(workspace: Workspace) -> None:
    app = open_page("data")
    app.button(key="sample").click().run()
    assert not app.exception and not app.error
    assert [each.name for each in list_datasets(workspace)] == ["shop"]


GRADED = REVIEWS.assign(
    grade=[f"{n % 5 + 1}/5" for n in range(ROWS)],
    review=[*REVIEWS["review"][:-3], "", "call me: +49 30 1234567", "mail ann@example.org"],
).drop(columns="verdict")


def picked(app: AppTest, label: str) -> str | None:
    return next(select.value for select in app.selectbox if select.label == label)


def test_the_kind_of_a_label_is_guessed_and_the_runner_up_is_a_click_away(
    workspace: Workspace,
) -> None:
    app = drop(workspace, reviews_csv=csv(GRADED))
    assert not app.exception and not app.error
    assert picked(app, "Kind of label: grade") == "ordinal"
    (button,) = (each for each in app.button if each.label.startswith("Take "))
    button.click().run()
    assert not app.exception and not app.error
    assert picked(app, "Kind of label: grade") == "multiclass"
    app.button(key="import").click().run()
    (stored,) = list_datasets(workspace)
    assert stored.tasks["grade"].type == "multiclass"


SECOND = {"Person": "author", "Item": "store", "Time": "shown"}
TWICE = REVIEWS.assign(
    author=REVIEWS["customer"],
    store=REVIEWS["product"],
    shown=REVIEWS["date"],
    part=["train", "test"] * (ROWS // 2),
    fold=["test", "train"] * (ROWS // 2),
)
ACTS = TWICE[["customer", "product", "date", *SECOND.values()]]


@pytest.mark.parametrize(("table", "second"), [(TWICE, SECOND | {"Split": "fold"}), (ACTS, SECOND)])
def test_the_runner_up_of_every_column_is_a_click_away(
    table: pd.DataFrame, second: dict[str, str], workspace: Workspace
) -> None:
    app = drop(workspace, reviews_csv=csv(table))
    for label, column in second.items():
        assert picked(app, label) not in {column, None}
        button = next(each for each in app.button if each.label == f"Take {column} instead")
        assert button.help.startswith("The second best guess: it")
        button.click().run()
        assert not app.exception and not app.error
        assert picked(app, label) == column


def test_another_text_is_a_click_away(workspace: Workspace) -> None:
    answers = [f"thanks for number {n}, do come again" for n in range(ROWS)]
    app = drop(workspace, reviews_csv=csv(REVIEWS.assign(answer=answers)))
    next(each for each in app.button if each.label == "Take answer instead").click().run()
    assert not app.exception and not app.error
    assert {select.label: select.value for select in app.multiselect}["Text"] == ["answer"]


def test_where_nothing_says_when_it_happened_the_page_says_so(workspace: Workspace) -> None:
    app = drop(workspace, reviews_csv=csv(REVIEWS.drop(columns="date")))
    app.session_state["unfold-When it happened"] = True
    app.run()
    assert not app.exception and "does not say when anything happened" in said(app)


def test_periods_are_written_by_their_length(workspace: Workspace) -> None:
    years = pd.date_range("1990-01-01", periods=ROWS, freq="365D").strftime("%Y-%m-%d")
    app = drop(workspace, reviews_csv=csv(REVIEWS.assign(date=years)))
    app.session_state["unfold-When it happened"] = True
    app.run()
    table = next(each.value for each in app.dataframe if "period" in each.value)
    assert set(table["period"]) <= {str(year) for year in range(1990, 2051)}


def test_kinds_of_labels_are_few_words_and_what_to_know_are_sentences(workspace: Workspace) -> None:
    app = drop(workspace, reviews_csv=csv(REVIEWS))
    table = next(each.value for each in app.dataframe if "kind" in each.value)
    assert table["kind"].tolist() == ["one of two"]
    told = [block.value for block in app.markdown if block.value.startswith(":material/info:")]
    assert told
    for each in told:
        words, _, source = each.partition(" :small[")
        assert words.endswith(r"\.") and "row" not in source


def test_what_counts_as_liked_is_guessed_and_the_second_best_is_a_click_away(
    workspace: Workspace,
) -> None:
    words = ["I love it", "quite good", "so so", "rather boring", "awful"]
    rows = range(400)
    rated = pd.DataFrame(
        {
            "customer": [f"c{n % 40}" for n in rows],
            "product": [f"p{n % 60}" for n in rows],
            "review": [f"{words[n % 5]}, that is what I say of number {n}" for n in rows],
            "mood": [["good", "good", "bad", "bad", "bad"][n % 5] for n in rows],
            "stars": [5 - n % 5 for n in rows],
        }
    )
    app = drop(workspace, reviews_csv=csv(rated))
    field = "What counts as liked"
    assert "words of praise (good) and of blame (bad)" in said(app).replace("\\", "")
    assert {each.label: each.value for each in app.text_input}[field] == "mood == 'good'"
    next(each for each in app.button if each.label.startswith("Take stars")).click().run()
    assert not app.exception and not app.error
    assert {each.label: each.value for each in app.text_input}[field] == "stars >= 4"
    app.button(key="import").click().run()
    acts = load_dataset("reviews", workspace).interactions
    assert 0 < acts["liked"].mean() < 1


def test_what_cannot_be_used_is_shown_with_its_row(workspace: Workspace) -> None:
    app = drop(workspace, reviews_csv=csv(GRADED))
    label = next(each.label for each in app.expander if "cannot be used" in each.label)
    assert "1 entry" in label
    app.button(key="import").click().run()
    aside = load_dataset("reviews", workspace).aside
    assert aside[["row", "part", "reason"]].to_numpy().tolist() == [[58, "row", "no text"]]


def test_rows_without_a_text_are_said_to_count_as_acts_where_they_do(workspace: Workspace) -> None:
    app = drop(workspace, reviews_csv=csv(GRADED))
    assert "still used as acts" in said(app)
    label = next(each.label for each in app.expander if "cannot be used" in each.label)
    app.session_state[f"unfold-{label}"] = True
    app.run()
    assert "rows without a text still count as acts" in said(app)
    next(select for select in app.selectbox if select.label == "Item").set_value(None).run()
    assert not app.exception and "as acts" not in said(app)


def test_texts_that_stand_in_no_part_are_told_beside_what_could_not_be_used(
    workspace: Workspace,
) -> None:
    again = REVIEWS.assign(review=[*REVIEWS["review"][:-1], REVIEWS["review"][0]])
    app = drop(workspace, reviews_csv=csv(again))
    label = next(each.label for each in app.expander if "cannot be used" in each.label)
    app.session_state[f"unfold-{label}"] = True
    app.run()
    assert "left out of every part for a reason told above: 1 text." in said(app)
    assert "Every row of every file could be read." in said(app)


def test_without_labels_recommendations_are_promised_only_where_there_are_acts(
    workspace: Workspace,
) -> None:
    bare = REVIEWS.drop(columns="verdict")
    app = drop(workspace, reviews_csv=csv(bare))
    assert "recommendations can still be made" in said(app)
    app = drop(workspace, reviews_csv=csv(bare[["review"]]))
    assert not app.exception and "there are no acts either" in said(app)
    assert "can still be made" not in said(app)


def test_personal_data_is_masked_where_asked(workspace: Workspace) -> None:
    app = drop(workspace, reviews_csv=csv(GRADED))
    assert "mail addresses" in said(app)
    mask = next(each for each in app.checkbox if each.label.startswith("Mask"))
    mask.check().run()
    assert "mail addresses (1" not in said(app)
    app.button(key="import").click().run()
    texts = load_dataset("reviews", workspace).records["text"]
    assert texts.iloc[-1] == "mail [mail]"


def test_ratings_with_a_decimal_comma_can_be_held_against_a_number(workspace: Workspace) -> None:
    stars = REVIEWS.assign(**{"in stars": ["4,5", "2,5", "3,5"] * (ROWS // 3)})
    app = drop(workspace, reviews_csv=stars.to_csv(index=False, sep=";").encode())
    liked = next(each for each in app.text_input if each.label == "What counts as liked")
    assert "`` `rating in stars` >= 4 ``" in liked.help
    liked.set_value("`in stars` >= 4").run()
    assert "compares in stars with a number" in app.error[0].value
    comma = next(each for each in app.checkbox if each.label == "Numbers have a decimal comma")
    comma.check().run()
    assert not app.exception and not app.error
    app.button(key="import").click().run()
    interactions = load_dataset("reviews", workspace).interactions
    assert 0 < interactions["liked"].sum() < len(interactions)


def test_another_way_to_divide_is_another_version(workspace: Workspace) -> None:
    versions = set()
    for scheme in ("global-time", "random"):
        app = drop(workspace, reviews_csv=csv(REVIEWS))
        next(each for each in app.selectbox if each.label == "How to divide it").set_value(
            scheme
        ).run()
        app.button(key="import").click().run()
        versions.add(list_datasets(workspace)[0].version)
        assert list_datasets(workspace)[0].scheme == scheme
    assert len(versions) == 2


def test_every_table_of_an_archive_is_offered(workspace: Workspace) -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("reviews.csv", csv(REVIEWS))
        archive.writestr("more/notes.csv", csv(REVIEWS[["customer", "review"]]))
    app = drop(workspace, both_zip=content.getvalue())
    assert not app.exception and not app.error
    assert "both.zip/reviews.csv" in said(app).replace("\\", "")
    app.button(key="import").click().run()
    (stored,) = list_datasets(workspace)
    assert stored.records == 2 * ROWS
