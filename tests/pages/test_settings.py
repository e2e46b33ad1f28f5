"""The settings of a training on the page Train."""

from __future__ import annotations

from pathlib import Path

from mtrec.data.importer import read_dataset
from mtrec.data.storing import store_dataset
from mtrec.tasks import TASK_TYPES
from mtrec.workspace import Workspace
from tests.pages.conftest import Done, open_page, said, start_button

SAMPLING, PATIENCE, DECAY = "train.sampling", "train.task_patience", "train.layer_decay"


def test_how_often_tasks_are_seen_is_chosen_with_a_few_words(done: Done) -> None:
    app = open_page("train")
    chosen = app.selectbox(key=SAMPLING)
    assert chosen.value == "proportional" and chosen.label == "How often tasks are seen"
    assert "Each record once an epoch" in said(app)
    chosen.set_value("equal").run()
    assert not app.exception and not app.error
    assert "All tasks alike" in said(app)


def test_patience_with_each_task_is_off_and_steps_are_of_one_size(done: Done) -> None:
    app = open_page("train")
    assert app.number_input(key=PATIENCE).value is None
    assert app.number_input(key=PATIENCE).placeholder == "never"
    assert app.number_input(key="train.learning_rate").placeholder == "automatic"
    assert app.number_input(key=DECAY).value == 1


def test_sizes_of_steps_by_layer_need_layers_that_learn(done: Done) -> None:
    app = open_page("train", **{DECAY: "0.9", "encoder.method": "full"})
    assert not app.exception and not app.error
    assert app.number_input(key=DECAY).value == 0.9
    app = open_page("train", **{DECAY: "0.9", "encoder.method": "frozen"})
    assert not app.exception and not app.error
    assert not [each for each in app.number_input if each.key == DECAY]
    assert "not used with what is chosen: Smaller steps further down" in said(app)


def test_only_settings_of_the_chosen_ways_show(done: Done) -> None:
    def shown(**choices: str) -> set[str]:
        app = open_page("train", **choices)
        assert not app.exception and not app.error
        return {str(each.key) for each in app.number_input}

    lora, top, mixed = shown(**{"encoder.method": "lora"}), shown(), shown(**{"trunk.kind": "cgc"})
    assert lora - top == {"encoder.lora_rank", "encoder.lora_dropout"}
    assert top - lora == {"encoder.top_layers"}
    assert mixed - top == {"trunk.experts", "trunk.task_experts"}
    assert "recommend.epochs" in top - shown(**{"recommend.enabled": "false"})


def test_where_nobody_did_anything_no_recommendations_are_set(
    workspace: Workspace, tmp_path: Path
) -> None:
    rows = [f"text {row} is fine,{'good' if row % 2 else 'bad'}" for row in range(60)]
    (tmp_path / "notes.csv").write_text("\n".join(["text,mood", *rows]))
    (tmp_path / "recipe.yaml").write_text(
        "name: notes\nrecords:\n  - {file: notes.csv, text: text, tasks: {mood: {label: mood}}}\n"
    )
    store_dataset(read_dataset(tmp_path / "recipe.yaml", TASK_TYPES), workspace)
    app = open_page("train")
    assert not app.exception and not app.error and start_button(app)
    controls = (*app.number_input, *app.toggle, *app.selectbox)
    assert not [each for each in controls if str(each.key).startswith("recommend.")]
