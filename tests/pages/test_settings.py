"""The settings of a training on the page Train."""

from __future__ import annotations

from tests.pages.conftest import Done, open_page, said

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
    (error,) = open_page("train", **{DECAY: "0.9", "encoder.method": "frozen"}).error
    assert "No layer of the language model learns" in error.value
