"""Settings as controls: a pydantic model becomes widgets, each with its description as help.

Each control's key is the field's path (`encoder.method`); it is bound to the URL, so that a reload
keeps what was set, and values at their default leave no trace there. A field may say for its page,
in `json_schema_extra`, what stands in its box while that is `empty`, and where it is used, by the
path of another field and its values: `{"used_where": {"encoder.method": ["lora"]}}`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from math import floor, log10
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

import streamlit as st
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from streamlit.delta_generator import DeltaGenerator

from mtrec.strategies.base import Setting

CELL = 250  # pixels
STRENGTH = "_strength"  # how the name of a field ends that belongs to a switch
AUTOMATIC = "automatic"  # what stands in a box that may be left empty
Choices = Sequence[str] | Mapping[str, str]
"""The values a text field may have, or these with a few words on each."""

LAMBDAS = (0.0, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0)
LAMBDA = r"\d{1,2}(?:\.\d{1,6})?"  # how a URL writes one


def fields(
    defaults: BaseModel,
    path: str = "",
    *,
    leave_out: Collection[str] = (),
    choices: Mapping[str, Choices] | None = None,
    more: Mapping[str, Callable[[dict[str, Any]], dict[str, Any]]] | None = None,
    known: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Draws a control for each field of a model and gives what is set, nested as the model is.

    A field that is a model itself gets a heading, with its description. `x_strength` belongs to the
    switch `x` and shows while that is on, and no field shows where what is chosen does not use it;
    where a link sets one of these, words say that it is not used.

    Args:
        defaults: the model with its default values; its fields give type, bounds and help.
        path: where the model stands in the config tree; empty at its root.
        leave_out: paths of fields that are drawn elsewhere or not at all.
        choices: by path, the values of a text field that has a fixed set of them, or words on each.
        more: by the path of a model in it, what draws further controls under its heading, and gives
            their values, from those of the model.
        known: by path, the values of fields that are drawn elsewhere.
    """
    values: dict[str, Any] = {}
    known = dict(known or {})
    unused = []
    cells = _cells()
    for name, info in type(defaults).model_fields.items():
        here = f"{path}.{name}" if path else name
        default = getattr(defaults, name)
        if here in leave_out or isinstance(default, dict):
            continue
        if isinstance(default, BaseModel):
            st.markdown(f"**{info.description or label_of(here)}**")
            values[name] = fields(
                default, here, leave_out=leave_out, choices=choices, more=more, known=known
            )
            if more and here in more:
                values[name] |= more[here](values[name])
            continue
        # A place even where nothing shows: in a browser, a control that moves may lose its URL.
        cell = next(cells)
        if name.endswith(STRENGTH) and not values.get(name.removesuffix(STRENGTH)):
            continue
        if not _is_used(info, known):
            unused += [_label(info, here)] if here in st.query_params else []
            continue
        with cell:
            values[name] = known[here] = field(info, here, default, (choices or {}).get(here))
    if unused:
        st.caption(f"Set by the link, but not used with what is chosen: {', '.join(unused)}.")
    return values


def field(
    info: FieldInfo, path: str, default: Any, choices: Choices | None = None, other: str = ""
) -> Any:
    """Draws the control of one field and gives its value.

    Args:
        choices: the values of a text field, or these with a few words on each.
        other: words on any other value, where one may be typed.
    """
    label = _label(info, path)
    kind, optional = _kind(info.annotation)
    words = f"{info.description}. Messages and files call it `{path}`."
    shared: dict[str, Any] = {"key": path, "help": words, "bind": "query-params"}
    if choices is None and get_origin(kind) is Literal:
        choices = [str(choice) for choice in get_args(kind)]
    if choices is not None:
        return _choice(label, choices, default, shared, other)
    if kind is bool:
        return st.toggle(label, value=default, **shared)
    if kind in (int, float):
        low, high = _bounds(info, kind)
        whole = kind is int
        value = None if optional and default is None else kind(default)
        return st.number_input(
            label,
            min_value=low,
            max_value=high,
            value=value,
            step=1 if whole else _step(value),
            format="%d" if whole else "%g",
            placeholder=_where_empty(info) if optional else None,
            **shared,
        )
    return st.text_input(label, value=default, **shared)


def numbers(settings: Mapping[str, Setting], path: str) -> dict[str, float]:
    """Draws a control for each number that a strategy takes, and gives what is set.

    Args:
        path: where they stand in the config tree.
    """
    values = {}
    for (name, setting), cell in zip(settings.items(), _cells(), strict=False):
        with cell:
            values[name] = st.number_input(
                setting.title,
                min_value=0.0,
                value=setting.default,
                step=_step(setting.default),
                format="%g",
                key=f"{path}.{name}",
                help=setting.words,
                bind="query-params",
            )
    return values


def _choice(
    label: str, choices: Choices, default: str, shared: dict[str, Any], other: str = ""
) -> str:
    """Draws a box to choose from; words on the values stand in its help, those chosen below it."""
    index = list(choices).index(default)
    if not isinstance(choices, Mapping):
        return st.selectbox(label, choices, index=index, **shared)
    words = [f"- **{value}**: {said}" for value, said in choices.items()]
    shared["help"] = "\n".join([f"{shared['help']}\n", *words])
    chosen: str = st.selectbox(
        label, list(choices), index=index, accept_new_options=bool(other), **shared
    )
    st.caption(choices.get(chosen, other))
    return chosen


def _cells() -> Iterator[DeltaGenerator]:
    """Places for controls, side by side as far as the page is wide, so that no label is cut."""
    row = st.container(horizontal=True)
    while True:
        yield row.container(width=CELL)


def label_of(path: str) -> str:
    """What a setting without a title is called: `train.batch_tokens` reads `Batch tokens`."""
    return path.rpartition(".")[2].replace("_", " ").capitalize()


def lambda_slider(task: str, label: str, *, disabled: bool, reason: str, words: str) -> float:
    """A slider over λ in steps of about a factor of two, with 0 at its left end.

    Args:
        task: the task's name; the slider's key is its path in the config tree.
        label: what stands above the slider.
        disabled: whether the strategy pays no heed to λ.
        reason: why it is disabled.
        words: what λ means.
    """
    key = lambda_key(task)
    return float(
        st.select_slider(
            label,
            options=sorted({*LAMBDAS, _held(key)}),
            value=1.0,
            format_func=lambda value: f"{value:g}",
            key=key,
            help=reason if disabled else words,
            disabled=disabled,
            bind="query-params",
        )
    )


def put_lambdas(lambdas: Mapping[str, float]) -> None:
    """Puts weights into the sliders, before they are drawn."""
    for task, value in lambdas.items():
        st.session_state[lambda_key(task)] = value


def lambda_key(task: str) -> str:
    """The key of a task's slider, which is its path in the config tree."""
    return f"tasks.{task}.lambda"


def _held(key: str) -> float:
    """The λ that a slider holds or a link asks for, which may lie between the steps."""
    asked = str(st.session_state.get(key, st.query_params.get(key, 1.0)))
    return float(asked) if re.fullmatch(LAMBDA, asked) else 1.0


def remember(config: BaseModel) -> None:
    """Puts a config's values into the controls, for the next time they are drawn."""
    for path, value in _leaves(config.model_dump(mode="json"), ""):
        st.session_state[path] = value


def _leaves(tree: Mapping[str, Any], path: str) -> list[tuple[str, Any]]:
    leaves: list[tuple[str, Any]] = []
    for name, value in tree.items():
        here = f"{path}.{name}" if path else name
        if isinstance(value, Mapping):
            leaves.extend(_leaves(value, here))
        else:
            leaves.append((here, value))
    return leaves


def _kind(annotation: Any) -> tuple[Any, bool]:
    """The type of a field without `| None`, and whether it may be None."""
    if get_origin(annotation) in (Union, UnionType):
        kinds = [kind for kind in get_args(annotation) if kind is not NoneType]
        return kinds[0], len(kinds) < len(get_args(annotation))
    return annotation, False


def _bounds(info: FieldInfo, kind: type) -> tuple[Any, Any]:
    low = high = None
    for rule in info.metadata:
        low = getattr(rule, "ge", getattr(rule, "gt", low))
        high = getattr(rule, "le", getattr(rule, "lt", high))
    return (None if low is None else kind(low)), (None if high is None else kind(high))


def _label(info: FieldInfo, path: str) -> str:
    return info.title or label_of(path)


def _where_empty(info: FieldInfo) -> str:
    """What stands in a box that is left empty."""
    return str(_extra(info).get("empty", AUTOMATIC))


def _is_used(info: FieldInfo, known: Mapping[str, Any]) -> bool:
    """Whether a field counts beside the values of others."""
    used_where = _extra(info).get("used_where", {})
    return all(known[path] in values for path, values in used_where.items())


def _extra(info: FieldInfo) -> dict[str, Any]:
    extra = info.json_schema_extra
    return extra if isinstance(extra, dict) else {}


def _step(value: float | None) -> float:
    """A tenth of the value's size, so that 3e-5 moves in steps of 1e-6; small where it is empty."""
    if value is None:
        return 1e-4
    return 10.0 ** (floor(log10(abs(value))) - 1) if value else 0.01
