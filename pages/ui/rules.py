"""Rules for a run's lists: made here, each with what it does before it is switched on, and kept."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import streamlit as st

from mtrec.data.readers import SUFFIXES
from mtrec.data.uploads import RECIPES
from mtrec.recommend.arrange import Plan
from mtrec.recommend.catalogue import Catalogue
from mtrec.recommend.people import People
from mtrec.recommend.rulebook import Rulebook
from mtrec.recommend.rules import FILE, Rule, Rules, dump_rules, read_rules
from mtrec.reports.effects import (
    Effect,
    Side,
    Trials,
    effects,
    keep,
    kept,
)
from mtrec.reports.rules import effect_in_words
from mtrec.runs.store import RunInfo
from mtrec.schema import TEST, VAL
from mtrec.wording import WORD_JOINER
from pages.ui import charts, lists, loaded, rule_form, ruled, shell, trying
from pages.ui.text import INTERVAL_HELP
from pages.ui.trying import Bar
from pages.ui.words import SPLIT_HELP, metric

FIGURE_WORDS = metric("ndcg")
TAKEN = "rules-taken"  # in the session: how many files were taken over, so that the place is empty
CHANGING = "rule-changing"  # in the session: which rule is open to be changed
TRY = "try-rules"  # the work
SEEN = "rules-seen"  # in the session: the rules that were tried, or stopped being tried, last
EFFECT_HELP = (
    "The same people's lists with this rule and without it, all other rules as they are. What they "
    "liked later says which are better. On validation nothing is known of that time; it is there "
    "to decide on. The test part is told only of rules that are on."
)


@st.cache_resource(max_entries=4, show_spinner="Making lists as of then…")
def _trials(
    key: str,
    folder: Path,
    knowledge: str | None,
    name: str,
    split: Side,
    _people: People,
    _catalogue: Catalogue,
) -> Trials:
    return Trials(_people, loaded.whole_dataset(key), _catalogue, split, name)


def draw(run: RunInfo, people: People) -> None:
    """The rules of a run, what each does, a way to make more, and one person's lists under them."""
    book = ruled.book(run)
    rules = book.read()
    catalogue = ruled.catalogue(run.key, book.folder, rules.knowledge, people)
    st.markdown(
        "Rules say what lists follow whatever was learned: what to leave out, what to put on top, "
        "how much variety. They are kept with this training; each shows what it would do before "
        "you switch it on."
    )
    name = lists.choose(people, lists.MAKER, "Lists that follow them")
    with shell.guard():
        if rules.rules:
            _rules(run, people, book, rules, catalogue, name)
        else:
            st.info("There is no rule yet. Make the first one below.", icon=":material/rule:")
    with st.container(border=True):
        st.markdown("**A new rule**")
        with shell.guard():
            added = rule_form.new_rule(catalogue, rules)
            if added is not None:
                Plan.of(added, catalogue, "test")
                book.keep(added)
                st.rerun()
    _files(run, people, book, rules)
    if rules.in_force:
        with shell.guard():
            _one_person(run, people, rules, catalogue, name)


def _rules(
    run: RunInfo, people: People, book: Rulebook, rules: Rules, catalogue: Catalogue, name: str
) -> None:
    """Every rule with its switch and its effect, then all that are on together."""
    st.markdown("**What each rule does**", help=f"{EFFECT_HELP} {INTERVAL_HELP}")
    found = kept(book.folder, name, rules)
    for place, rule in enumerate(rules.rules):
        with st.container(border=True):
            _switch(book, rules, place, rule, catalogue)
            if found is None:
                st.caption("Not tried yet as the rules stand now.")
                continue
            _effect("On validation", found.each[VAL][place])
            if rule.enabled:
                _effect("On test", found.each[TEST][place])
    if found is None:
        _try(run, people, book, rules, catalogue, name)
        return
    if len(rules.in_force) > 1:
        with st.container(border=True):
            st.markdown(f"**All {len(rules.in_force)} that are on, together**")
            _effect("On validation", found.together[VAL])
            _effect("On test", found.together[TEST])
    _chart(rules, catalogue, found.each[VAL])


def _try(
    run: RunInfo, people: People, book: Rulebook, rules: Rules, catalogue: Catalogue, name: str
) -> None:
    """Finds out what the rules do, by itself the first time they stand so, and keeps it."""

    def trials_of(split: Side) -> Trials:
        return _trials(run.key, people.folder, rules.knowledge, name, split, people, catalogue)

    def find_out() -> None:
        bar = Bar()
        keep(book.folder, name, rules, effects(trials_of, rules, bar))
        bar.close()

    these = (run.run, name, dump_rules(rules))
    if st.session_state.get(SEEN) != these:
        st.session_state[SEEN] = these
        trying.begin(TRY)
    trying.work(TRY, "Try these rules", find_out, EFFECT_HELP)


def _switch(book: Rulebook, rules: Rules, place: int, rule: Rule, catalogue: Catalogue) -> None:
    """A rule in words, with a switch and ways to move, change and remove it."""
    key = f"{place}-{rule.enabled}-{rule!r}"
    is_open = st.session_state.get(CHANGING) == key
    st.markdown(f"**{place + 1}.** {rule_form.in_words(rule, catalogue)}")
    with st.container(horizontal=True, vertical_alignment="center"):
        on = st.toggle(
            "Switched on",
            value=rule.enabled,
            key=f"rule-on-{key}",
            help="Whether lists follow this rule.",
        )
        if st.button(
            "Leave it as it is" if is_open else "Change",
            key=f"rule-change-{key}",
            icon=":material/close:" if is_open else ":material/edit:",
            help="Opens what this rule says, or closes it without a change.",
        ):
            st.session_state[CHANGING] = None if is_open else key
            st.rerun()
        _mover(book, rules, place, place - 1, key)
        _mover(book, rules, place, place + 1, key)
        if st.button(
            "Remove",
            key=f"rule-gone-{key}",
            icon=":material/delete:",
            help="Takes this rule away for good.",
        ):
            kept = [each for other, each in enumerate(rules.rules) if other != place]
            book.keep(rules.model_copy(update={"rules": kept}))
            st.rerun()
    if on != rule.enabled:
        book.keep(rules.switched(place, on))
        st.rerun()
    if is_open:
        with shell.guard():
            changed = rule_form.changed_rule(catalogue, rules, place)
            if changed is not None:
                Plan.of(changed, catalogue, "test")
                book.keep(changed)
                st.session_state[CHANGING] = None
                st.rerun()


def _mover(book: Rulebook, rules: Rules, place: int, to: int, key: str) -> None:
    """A button that moves a rule one place up or down."""
    way = "up" if to < place else "down"
    if st.button(
        "",
        key=f"rule-{way}-{key}",
        icon=f":material/arrow_{way}ward:",
        disabled=not 0 <= to < len(rules.rules),
        help=f"Moves this rule {way}. The order counts where several rules put items on top: those "
        "of the upper rule come first.",
    ):
        book.keep(rules.moved(place, to))
        st.rerun()


def _effect(where: str, effect: Effect | None) -> None:
    """What a rule does, in a sentence."""
    st.caption(f"{where}: {effect_in_words(effect, FIGURE_WORDS)}")


def _chart(rules: Rules, catalogue: Catalogue, found: list[Effect | None]) -> None:
    """What each rule does to the quality of lists, on validation."""
    rows = [
        {
            "rule": f"{place}. {_bare(rule_form.in_words(rule, catalogue))}",
            "is": "on" if rule.enabled else "off",
            **effect.difference.estimate.json(),
            "lists that change": effect.lists / effect.people,
            "new items in a list": effect.items,
        }
        for place, (rule, effect) in enumerate(zip(rules.rules, found, strict=True), 1)
        if effect is not None
    ]
    if not rows:
        return
    frame = pd.DataFrame(rows)
    chart = charts.dots(frame, "rule", f"change of {FIGURE_WORDS}")
    chart.add_vline(0, line={"dash": "dot", "color": charts.NEUTRAL})
    charts.show(
        chart,
        f"What each rule does to {FIGURE_WORDS} on validation, beside the others that are on. "
        "The line is the 95 % interval: where it crosses 0, the change may be chance. Left of 0 "
        "lists get worse by what people liked later; that may be a price worth paying.",
        frame,
        key="rule-effects",
    )


def _bare(words: str) -> str:
    """Markdown of `plain` as a chart shows it."""
    return words.replace("\\", "").replace(WORD_JOINER, "")


def _files(run: RunInfo, people: People, book: Rulebook, rules: Rules) -> None:
    """Rules and knowledge as files, out and in."""
    with st.expander("As files: save, bring, add knowledge"), shell.guard():
        st.markdown(
            f"The rules are a file, `{FILE}`, that the command line follows as well: `python -m "
            f"mtrec recommend {run.run[:8]} PERSON --rules {FILE}`. Knowledge is a table with the "
            "columns `item`, `relation` and `entity`, such as *p17, maker, Hollis*: rules can go "
            "by it, and what an item shares with things somebody liked is shown beside it."
        )
        with st.container(horizontal=True):
            st.download_button(
                "Save the rules",
                data=dump_rules(rules),
                file_name=FILE,
                mime="application/yaml",
                key="rules-save",
                icon=":material/download:",
                on_click="ignore",
                disabled=not rules.rules,
                help="The rules as they are, those that are off included.",
            )
            if rules.knowledge is not None:
                st.download_button(
                    "Save the knowledge",
                    data=(book.folder / rules.knowledge).read_bytes(),
                    file_name=rules.knowledge,
                    key="knowledge-save",
                    icon=":material/download:",
                    on_click="ignore",
                    help="The table that came with the rules, as it came.",
                )
                if st.button(
                    "Remove the knowledge",
                    key="knowledge-gone",
                    icon=":material/delete:",
                    help="Rules that go by it have to be removed first.",
                ):
                    without = rules.model_copy(update={"knowledge": None})
                    _check(run, people, book, without)
                    book.keep(without)
                    st.rerun()
        count = st.session_state.get(TAKEN, 0)
        sent = st.file_uploader(
            f"{FILE}, a table of knowledge, or both",
            type=[each.removeprefix(".") for each in (*RECIPES, *SUFFIXES)],
            accept_multiple_files=True,
            key=f"rules-files-{count}",
            help="A file of rules takes the place of the rules that are here. A table alone adds "
            "knowledge to them, in place of what was known before.",
        )
        if sent and st.button(
            "Take them over",
            type="primary",
            key="rules-take",
            icon=":material/upload:",
            help="They are checked first; where something is wrong, all stays as it is.",
        ):
            found, table = rules, None
            for each in sent:
                if each.name.lower().endswith(RECIPES):
                    found = read_rules(each.getvalue(), each.name)
                else:
                    table = (each.name, each.getvalue())
            book.take(found, table, lambda taken: _check(run, people, book, taken))
            st.session_state[TAKEN] = count + 1
            st.rerun()


def _check(run: RunInfo, people: People, book: Rulebook, rules: Rules) -> None:
    """Raises InputError where rules name what is not there."""
    catalogue = ruled.catalogue(run.key, book.folder, rules.knowledge, people)
    Plan.of(rules, catalogue, "test")


def _one_person(
    run: RunInfo, people: People, rules: Rules, catalogue: Catalogue, name: str
) -> None:
    """One person's list without rules and with them."""
    st.subheader("One person's list, without rules and with them", help=SPLIT_HELP)
    chosen = lists.whom(run)
    if chosen is None:
        return
    plan = Plan.of(rules, catalogue, "test")
    with st.spinner("Making the lists…"):
        plain_list = people.recommend(chosen, lists.LENGTH, name)
        following = people.recommend(chosen, lists.LENGTH, name, plan)
    sides = ("Without rules", plain_list), ("With the rules that are on", following)
    lists.beside(run, chosen, *sides)
