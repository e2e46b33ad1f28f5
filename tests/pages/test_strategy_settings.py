"""The settings of the chosen strategy are controls on the page Train."""

from __future__ import annotations

from mtrec.strategies import STRATEGIES
from tests.pages.conftest import Done, open_page, said

MU = "strategy.params.mu"


def test_only_the_settings_of_the_chosen_strategy_show(done: Done) -> None:
    app = open_page("train")
    assert not [each for each in app.number_input if str(each.key).startswith("strategy.")]

    app = app.selectbox(key="strategy.name").set_value("stch").run()
    control, told = app.number_input(key=MU), STRATEGIES["stch"].params["mu"]
    assert (control.label, control.value, control.help) == (told.title, 0.5, told.words)

    keys = [each.key for each in app.number_input]
    assert keys.index("trunk.dropout") < keys.index(MU) < keys.index("recommend.dimension")

    app = app.number_input(key=MU).set_value(0.0).run()
    assert not app.exception and "mu to be a number above 0" in app.error[0].value
    assert not app.number_input(key=MU).set_value(0.1).run().error


def test_sliders_rest_where_the_strategy_of_a_link_pays_no_heed_to_them(done: Done) -> None:
    app = open_page("train", **{"strategy.name": "uncertainty"})
    slider = app.select_slider(key="tasks.topic.lambda")
    reason = STRATEGIES["uncertainty"].reason
    assert slider.disabled and slider.help == reason and f"{reason}." in said(app)
    app = app.selectbox(key="strategy.name").set_value("sum").run()
    assert reason not in said(app)
    assert not app.select_slider(key="tasks.topic.lambda").disabled


def test_a_link_carries_them(done: Done) -> None:
    app = open_page("train", **{"strategy.name": "cagrad", "strategy.params.c": "0.2"})
    assert app.number_input(key="strategy.params.c").value == 0.2
