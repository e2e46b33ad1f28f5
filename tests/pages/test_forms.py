"""A config model becomes controls, and what is set comes back as the model's values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args

from pydantic import BaseModel, TypeAdapter
from pydantic.fields import FieldInfo
from streamlit.testing.v1 import AppTest

from mtrec.config import RunConfig
from mtrec.models.config import EncoderConfig, TrunkConfig
from mtrec.training.config import TrainConfig
from pages.ui.forms import label_of
from pages.ui.words import METHODS, SAMPLINGS, TRUNKS


def all_kinds() -> None:
    from typing import Literal

    import streamlit as st
    from pydantic import BaseModel, Field

    from pages.ui import forms

    class Inner(BaseModel):
        rate: float = Field(3e-5, gt=0, le=1, description="How fast")

    class Settings(BaseModel):
        on: bool = Field(True, description="Whether")
        on_strength: float = Field(0.5, gt=0, description="How much")
        count: int = Field(2, ge=1, le=9, description="How many")
        most: int | None = Field(None, ge=1, description="At most")
        kind: Literal["a", "b"] = Field("b", description="Which")
        name: str = Field("x", description="What")
        way: str = Field("sum", description="How")
        sort: Literal["c", "d"] = Field("c", description="Of what sort")
        hidden: str = Field("y", description="Not drawn")
        inner: Inner = Field(Inner(), description="Inner things")
        extra: dict[str, int] = {}

    choices = {"way": ["sum", "other"], "sort": {"c": "the first", "d": "the second"}}
    st.session_state["got"] = forms.fields(Settings(), leave_out=["hidden"], choices=choices)


def sliders() -> None:
    import streamlit as st

    from pages.ui import forms

    st.session_state["got"] = [
        forms.lambda_slider("a", "λ of a", disabled=False, reason="", words="what it means"),
        forms.lambda_slider("b", "λ of b", disabled=True, reason="not read", words=""),
    ]


def test_untouched_controls_give_the_defaults() -> None:
    app = AppTest.from_function(all_kinds).run()
    assert not app.exception
    assert app.session_state["got"] == {
        "on": True,
        "on_strength": 0.5,
        "count": 2,
        "most": None,
        "kind": "b",
        "name": "x",
        "way": "sum",
        "sort": "c",
        "inner": {"rate": 3e-5},
    }


def test_every_control_has_its_description_as_help_and_its_bounds() -> None:
    app = AppTest.from_function(all_kinds).run()
    assert app.toggle(key="on").help == called("Whether", "on")
    assert app.selectbox(key="kind").options == ["a", "b"]
    assert app.selectbox(key="way").options == ["sum", "other"]
    count = app.number_input(key="count")
    assert (count.min, count.max, count.help) == (1, 9, called("How many", "count"))
    assert app.number_input(key="inner.rate").step == 1e-6
    assert not [box for box in app.text_input if box.key == "hidden"]
    sort = app.selectbox(key="sort")
    assert sort.options == ["c", "d"]
    assert (
        sort.help == called("Of what sort", "sort") + "\n\n- **c**: the first\n- **d**: the second"
    )
    assert [caption.value for caption in app.caption] == ["the first"]


def called(words: str, path: str) -> str:
    return f"{words}. Messages and files call it `{path}`."


def test_every_choice_with_words_has_them() -> None:
    trunks = get_args(TrunkConfig.model_fields["kind"].annotation)
    methods = get_args(EncoderConfig.model_fields["method"].annotation)
    samplings = get_args(TrainConfig.model_fields["sampling"].annotation)
    assert (tuple(TRUNKS), tuple(METHODS), tuple(SAMPLINGS)) == (trunks, methods, samplings)


def labels(model: BaseModel, path: str = "") -> Iterator[str]:
    """What the controls of a model are called, with the heading that they stand under."""
    for name, info in type(model).model_fields.items():
        value = getattr(model, name)
        if isinstance(value, BaseModel):
            yield from labels(value, f"{path}.{name}")
        else:
            yield f"{path}: {info.title or label_of(name)}"


def test_no_control_is_called_just_a_name_and_no_two_under_a_heading_are_called_alike() -> None:
    called = list(labels(RunConfig()))
    assert len(called) == len(set(called))
    assert not [each for each in called if each.endswith(": Name")]


def described(model: type[BaseModel], path: str = "") -> Iterator[tuple[str, FieldInfo]]:
    """Each setting below a model that has a value of its own, with its path."""
    for name, info in model.model_fields.items():
        here = f"{path}.{name}" if path else name
        if isinstance(info.default, BaseModel):
            yield from described(type(info.default), here)
        elif not isinstance(info.default, dict):
            yield here, info


def test_every_setting_has_a_title_and_words_and_is_used_where_something_can_be_chosen() -> None:
    known = dict(described(RunConfig))
    assert all(info.title and info.description for info in known.values())
    used = {path: used_where(info) for path, info in known.items() if used_where(info)}
    assert {"encoder.lora_rank", "encoder.prompt_length", "trunk.task_experts"} < set(used)
    for conditions in used.values():
        for other, values in conditions.items():
            for value in values:
                TypeAdapter(known[other].annotation).validate_python(value, strict=True)


def used_where(info: FieldInfo) -> dict[str, list[Any]]:
    extra = info.json_schema_extra
    return extra.get("used_where", {}) if isinstance(extra, dict) else {}


def test_what_is_set_comes_back() -> None:
    app = AppTest.from_function(all_kinds).run()
    app.toggle(key="on").set_value(False)
    app.number_input(key="most").set_value(7)
    app.selectbox(key="kind").set_value("a")
    app.number_input(key="inner.rate").set_value(0.01)
    app.run()
    got = app.session_state["got"]
    assert (got["on"], got["most"], got["kind"], got["inner"]) == (False, 7, "a", {"rate": 0.01})


def test_a_strength_shows_while_its_switch_is_on() -> None:
    app = AppTest.from_function(all_kinds).run()
    app.number_input(key="on_strength").set_value(0.25).run()
    assert app.session_state["got"]["on_strength"] == 0.25
    app.toggle(key="on").set_value(False).run()
    assert not [box for box in app.number_input if box.key == "on_strength"]
    assert "on_strength" not in app.session_state["got"]


def depending() -> None:
    from typing import Literal

    import streamlit as st
    from pydantic import BaseModel, Field

    from pages.ui import forms

    class Settings(BaseModel):
        way: Literal["a", "b"] = Field("a", description="How")
        rank: int = Field(
            8, description="How much", json_schema_extra={"used_where": {"way": ["b"]}}
        )
        size: int = Field(
            2, description="How large", json_schema_extra={"used_where": {"apart": [True]}}
        )

    st.session_state["got"] = forms.fields(Settings(), known={"apart": True})


def test_a_setting_shows_where_what_is_chosen_uses_it_and_keeps_what_was_set() -> None:
    app = AppTest.from_function(depending).run()
    assert app.session_state["got"] == {"way": "a", "size": 2}
    app.selectbox(key="way").set_value("b").run()
    app.number_input(key="rank").set_value(9).run()
    assert app.session_state["got"] == {"way": "b", "rank": 9, "size": 2}
    app.selectbox(key="way").set_value("a").run()
    assert "rank" not in app.session_state["got"] and not app.caption
    app.selectbox(key="way").set_value("b").run()
    assert app.session_state["got"]["rank"] == 9


def test_a_link_that_sets_what_is_not_used_is_told_so() -> None:
    app = AppTest.from_function(depending)
    app.query_params.update({"rank": "9"})
    app.run()
    assert app.session_state["got"] == {"way": "a", "size": 2}
    (told,) = app.caption
    assert told.value == "Set by the link, but not used with what is chosen: Rank."
    app.selectbox(key="way").set_value("b").run()
    assert app.session_state["got"]["rank"] == 9 and not app.caption


def test_settings_stand_in_the_url_and_come_from_it() -> None:
    app = AppTest.from_function(all_kinds)
    app.query_params.update({"count": "5", "inner.rate": "0.5", "kind": "nonsense"})
    app.run()
    got = app.session_state["got"]
    assert (got["count"], got["inner"]["rate"], got["kind"]) == (5, 0.5, "b")


def test_a_slider_over_lambda_starts_at_one_and_reaches_zero() -> None:
    app = AppTest.from_function(sliders).run()
    assert app.session_state["got"] == [1.0, 1.0]
    slider = app.select_slider(key="tasks.a.lambda")
    assert slider.options[0] == "0" and slider.help == "what it means"
    slider.set_value(0.0)
    app.run()
    assert app.session_state["got"] == [0.0, 1.0]


def test_a_slider_that_is_not_read_is_disabled_and_says_why() -> None:
    slider = AppTest.from_function(sliders).run().select_slider(key="tasks.b.lambda")
    assert slider.disabled and slider.help == "not read"


def test_a_lambda_between_the_steps_is_kept() -> None:
    app = AppTest.from_function(sliders)
    app.session_state["tasks.a.lambda"] = 0.3
    app.run()
    assert app.session_state["got"][0] == 0.3


def test_a_lambda_between_the_steps_may_come_by_link() -> None:
    app = AppTest.from_function(sliders)
    app.query_params.update({"tasks.a.lambda": "0.3", "tasks.b.lambda": "-1e9"})
    app.run()
    assert app.session_state["got"] == [0.3, 1.0]
