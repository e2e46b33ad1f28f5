"""What a person decides about lists whatever a recommender says: a small YAML file of rules.

    knowledge: facts.csv          # optional, beside this file: columns item, relation, entity
    rules:
      - {kind: exclude, attribute: category, values: [toys]}
      - {kind: pin, items: [p017]}
      - {kind: boost, attribute: brand, values: [Acme], by: 0.3}
      - {kind: limit, attribute: category, at_most: 3}
      - {kind: diversify, strength: 0.3}
      - {kind: fresh, by: 0.2, enabled: false}

It is checked like a recipe. What a rule does to a list is said by `mtrec.recommend.arrange`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Self

import yaml
from pydantic import Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from mtrec.data.checked import Column, File, Part, explain, no_keys, parse_yaml, read_yaml
from mtrec.files import replacing

FILE = "rules.yaml"  # what such a file is called unless somebody says otherwise
WHAT, SUCH = "The file of rules", "rules: []"
Ids = Annotated[list[Annotated[str, Field(min_length=1)]], Field(min_length=1)]


class _Rule(Part):
    """A rule.

    Attributes:
        enabled: whether it is in force; one that is not can be looked at before it is.
    """

    enabled: bool = True


class _Choosing(_Rule):
    """A rule about some items: those named, or those of which an attribute has one of the values.

    An attribute is one of the recipe's, or a relation of the knowledge, whose values are entities.
    """

    items: Ids | None = None
    attribute: Column | None = None
    values: Ids | None = None

    @model_validator(mode="after")
    def _one_choice(self) -> Self:
        if (self.items is None) == (self.attribute is None):
            raise PydanticCustomError("choice", "either items, or attribute and values")
        if (self.attribute is None) != (self.values is None):
            raise PydanticCustomError("choice", "attribute and values beside each other")
        return self


class Exclude(_Choosing):
    """Never recommend these items. It comes before every other rule."""

    kind: Literal["exclude"]


class Pin(_Rule):
    """Put these items on top, in this order, for everyone who has not had them."""

    kind: Literal["pin"]
    items: Ids


class Boost(_Choosing):
    """Lift these items, or with a number below 0 lower them.

    Attributes:
        by: by this part of the way from a person's 100th best item to the best one.
    """

    kind: Literal["boost"]
    by: float = Field(ge=-1, le=1, allow_inf_nan=False)

    @model_validator(mode="after")
    def _does_something(self) -> Self:
        if self.by == 0:
            raise PydanticCustomError("no_boost", "by: a number from -1 to 1 that is not 0")
        return self


class Limit(_Rule):
    """List at most `at_most` items that share a value of an attribute."""

    kind: Literal["limit"]
    attribute: Column
    at_most: int = Field(ge=1)


class Diversify(_Rule):
    """Prefer items whose texts are unlike those that stand above them.

    Maximal marginal relevance, after Carbonell & Goldstein (1998), *The use of MMR, diversity-based
    reranking for reordering documents and producing summaries*, with 1 − λ for `strength`.
    """

    kind: Literal["diversify"]
    strength: float = Field(gt=0, le=1, allow_inf_nan=False)


class Fresh(_Rule):
    """Lift items the more, the newer they are.

    Attributes:
        by: what the newest are lifted by, as for a boost; the oldest are not lifted.
        attribute: says how new an item is, by a number such as a year, or by an ISO date. Without
            it, an item is as old as the first act on it; of those that nobody acted on yet,
            nothing is newer.
    """

    kind: Literal["fresh"]
    by: float = Field(gt=0, le=1, allow_inf_nan=False)
    attribute: Column | None = None


Rule = Annotated[Exclude | Pin | Boost | Limit | Diversify | Fresh, Field(discriminator="kind")]


class Rules(Part):
    """A whole file of rules.

    Attributes:
        knowledge: a file of facts about items, its path relative to the folder of this one.
    """

    knowledge: File | None = None
    rules: list[Rule] = Field(default=[])

    @model_validator(mode="after")
    def _one_diversity(self) -> Self:
        if sum(isinstance(each, Diversify) for each in self.rules) > 1:
            raise PydanticCustomError("diversity", "rules, of which only one of kind diversify")
        return self

    @property
    def in_force(self) -> list[Rule]:
        """Those that are switched on, in their order."""
        return [each for each in self.rules if each.enabled]

    def switched(self, place: int, on: bool) -> Rules:
        """The same with one rule, by its place in `rules`, on or off."""
        changed = list(self.rules)
        changed[place] = changed[place].model_copy(update={"enabled": on})
        return self.model_copy(update={"rules": changed})

    def moved(self, place: int, to: int) -> Rules:
        """The same with one rule, by its place in `rules`, at another place."""
        changed = list(self.rules)
        changed.insert(to, changed.pop(place))
        return self.model_copy(update={"rules": changed})


def load_rules(path: Path) -> Rules:
    """Reads and checks a file of rules, but for what they say of a catalogue.

    Raises:
        InputError: the file cannot be read, is not YAML, or says something no rule can say.
    """
    expected = "a YAML file of rules for recommendations"
    return parse_rules(read_yaml(path, WHAT, expected=expected, such=SUCH), path.name)


def read_rules(content: bytes, where: str) -> Rules:
    """The same for content that is already in memory, such as that of an upload."""
    return parse_rules(parse_yaml(content, WHAT, such=SUCH, where=where), where)


def parse_rules(data: object, where: str) -> Rules:
    """Checks what YAML or a form gave; raises InputError with the key, expected and found."""
    if not isinstance(data, dict):
        raise no_keys(data, WHAT, "the key rules:", where, "README.md")
    try:
        return Rules.model_validate(data)
    except ValidationError as error:
        raise explain(error, data, WHAT, where) from error


def dump_rules(rules: Rules) -> str:
    """The rules as YAML that `load_rules` reads back as the same rules."""
    data = rules.model_dump(mode="json", exclude_defaults=True)
    return yaml.safe_dump(data, sort_keys=False, allow_unicode=True)


def save_rules(rules: Rules, path: Path) -> None:
    """Replaces the file at `path` in one piece."""
    with replacing(path) as part:
        part.write_text(dump_rules(rules), encoding="utf-8")
