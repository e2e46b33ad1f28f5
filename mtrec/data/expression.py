"""The recipe's `positive` expression: a small language over raw columns, with a tree of our own.

    rating >= 4 and not (event in ('return', 'refund'))

`== != < <= > >= in and or not`, brackets, column names (in `backticks` where they hold spaces),
numbers and quoted strings. Two values compare as numbers where both read as numbers, else as
strings. A comparison with a missing cell is neither true nor false, and a row for which nothing is
known counts as false. Word joiners, which come along with what is copied from a page, are not read.
"""

from __future__ import annotations

import operator
import re
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from typing import Any, NoReturn

import numpy as np
import pandas as pd

from mtrec.errors import InputError
from mtrec.wording import WORD_JOINER

COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
BY_SIZE = ("<", "<=", ">", ">=")
WORDS = ("and", "or", "not", "in")
DEEPEST = 50
EXAMPLE = "write a condition such as rating >= 4, or label == 'good' and `in stars` > 3"
TOKEN = re.compile(
    r"""\s*(?:
        (?P<number>-?\d+(?:\.\d+)?(?![\w.]))
      | (?P<string>'[^']*'|"[^"]*")
      | `(?P<quoted>[^`]+)`
      | (?P<name>[^\W\d]\w*)
      | (?P<sign>==|!=|<=|>=|<|>|\(|\)|\[|\]|,)
    )""",
    re.VERBOSE,
)


def numbers(column: pd.Series) -> pd.Series:
    """The cells that read as finite numbers, as float64; missing where they don't."""
    codes, values = pd.factorize(column)
    found = pd.to_numeric(pd.Series(values), errors="coerce").to_numpy(dtype=np.float64)
    found = np.append(np.where(np.isfinite(found), found, np.nan), np.nan)
    return pd.Series(found[codes], index=column.index)


class Expression(ABC):
    """A node of the tree."""

    @property
    @abstractmethod
    def columns(self) -> frozenset[str]:
        """The raw columns that the expression reads."""

    @property
    def measured(self) -> frozenset[str]:
        """The columns whose cells are held against a number, to be above or below it."""
        return frozenset()

    @abstractmethod
    def truth(self, frame: pd.DataFrame) -> pd.Series:
        """True, false or missing for each row, dtype `boolean`."""

    def evaluate(self, frame: pd.DataFrame) -> pd.Series:
        """Which rows the expression holds for, dtype `bool`; rows that cannot be told are false.

        Args:
            frame: the source table, strings.
        """
        return self.truth(frame).fillna(False).astype(bool)


@dataclass(frozen=True)
class Name:
    """A column."""

    name: str


@dataclass(frozen=True)
class Literal:
    """A number or a string as written."""

    text: str
    number: bool


Operand = Name | Literal


@dataclass(frozen=True)
class Compare(Expression):
    """Two operands and a sign between them."""

    left: Operand
    sign: str
    right: Operand

    @property
    def columns(self) -> frozenset[str]:
        return frozenset(each.name for each in (self.left, self.right) if isinstance(each, Name))

    @property
    def measured(self) -> frozenset[str]:
        sides = (self.left, self.right)
        by_size = self.sign in BY_SIZE and any(_is_number(each) for each in sides)
        return self.columns if by_size else frozenset()

    def truth(self, frame: pd.DataFrame) -> pd.Series:
        left, right = _values(self.left, frame), _values(self.right, frame)
        left_number, right_number = numbers(left), numbers(right)
        numeric = left_number.notna() & right_number.notna()
        mixed = left_number.notna() != right_number.notna()
        compare = COMPARISONS[self.sign]
        as_strings = compare(left.astype(object).fillna(""), right.astype(object).fillna(""))
        if self.sign not in ("==", "!="):
            as_strings &= ~mixed
        result: pd.Series = compare(left_number, right_number).where(numeric, as_strings)
        return result.astype("boolean").mask(left.isna() | right.isna())


@dataclass(frozen=True)
class Among(Expression):
    """Whether an operand equals one of some literals."""

    operand: Operand
    members: tuple[str, ...]

    @property
    def columns(self) -> frozenset[str]:
        return frozenset({self.operand.name} if isinstance(self.operand, Name) else ())

    def truth(self, frame: pd.DataFrame) -> pd.Series:
        values, members = _values(self.operand, frame), pd.Series(self.members, dtype="str")
        found = values.isin(members) | numbers(values).isin(numbers(members).dropna())
        return found.astype("boolean").mask(values.isna())


@dataclass(frozen=True)
class Not(Expression):
    """The opposite."""

    inner: Expression

    @property
    def columns(self) -> frozenset[str]:
        return self.inner.columns

    @property
    def measured(self) -> frozenset[str]:
        return self.inner.measured

    def truth(self, frame: pd.DataFrame) -> pd.Series:
        return ~self.inner.truth(frame)


@dataclass(frozen=True)
class Joined(Expression):
    """Parts joined by `and`, or by `or`."""

    parts: tuple[Expression, ...]
    join: Callable[[Any, Any], Any]

    @property
    def columns(self) -> frozenset[str]:
        return frozenset[str]().union(*(part.columns for part in self.parts))

    @property
    def measured(self) -> frozenset[str]:
        return frozenset[str]().union(*(part.measured for part in self.parts))

    def truth(self, frame: pd.DataFrame) -> pd.Series:
        return reduce(self.join, (part.truth(frame) for part in self.parts))


def parse(text: str) -> Expression:
    """Reads an expression.

    Raises:
        InputError: it is no expression; the message names the place.
    """
    return _Parser(text).whole()


def _is_number(operand: Operand) -> bool:
    return isinstance(operand, Literal) and operand.number


def _values(operand: Operand, frame: pd.DataFrame) -> pd.Series:
    if isinstance(operand, Name):
        return frame[operand.name]
    return pd.Series(operand.text, index=frame.index, dtype="str")


class _Parser:
    """Recursive descent, one method a level: or, and, not, comparison."""

    def __init__(self, text: str) -> None:
        self.text = text.replace(WORD_JOINER, "")
        self.tokens = self._tokenise()
        self.position = 0
        self.depth = 0

    def whole(self) -> Expression:
        expression = self._or()
        if self._kind != "end":
            self._fail("the end, `and` or `or`")
        return expression

    def _tokenise(self) -> list[tuple[str, str]]:
        tokens, start = [], 0
        while self.text[start:].strip():
            match = TOKEN.match(self.text, start)
            if match is None or match.lastgroup is None:
                raise self._error("a column, a number, 'a string' or a sign", self.text[start:])
            kind, value = match.lastgroup, match[match.lastgroup]
            if kind == "quoted" or (kind == "name" and value not in WORDS):
                tokens.append(("name", value))
            else:
                tokens.append((value if kind in ("name", "sign") else kind, value))
            start = match.end()
        return [*tokens, ("end", "the end")]

    @property
    def _kind(self) -> str:
        return self.tokens[self.position][0]

    def _accept(self, kind: str) -> bool:
        if self._kind == kind:
            self.position += 1
            return True
        return False

    def _or(self) -> Expression:
        return self._joined("or", operator.or_, self._and)

    def _and(self) -> Expression:
        return self._joined("and", operator.and_, self._not)

    def _joined(
        self, word: str, join: Callable[[Any, Any], Any], part: Callable[[], Expression]
    ) -> Expression:
        parts = [part()]
        while self._accept(word):
            parts.append(part())
        return parts[0] if len(parts) == 1 else Joined(tuple(parts), join)

    def _not(self) -> Expression:
        self.depth += 1
        if self.depth > DEEPEST:
            self._fail(f"no more than {DEEPEST} brackets and nots inside each other")
        if self._accept("not"):
            result: Expression = Not(self._not())
        elif self._accept("("):
            result = self._or()
            if not self._accept(")"):
                self._fail("a closing )")
        else:
            result = self._comparison()
        self.depth -= 1
        return result

    def _comparison(self) -> Expression:
        left = self._operand()
        negated = self._accept("not")
        if self._accept("in"):
            condition = self._members(left)
        elif negated or self._kind not in COMPARISONS:
            self._fail(f"in, or one of {' '.join(COMPARISONS)}")
        else:
            sign = self._kind
            self.position += 1
            condition = Compare(left, sign, self._operand())
        if isinstance(left, Literal) and not condition.columns:
            raise self._error(
                "a column in every comparison",
                f"{left.text}, compared with another fixed value",
                "write the column's name without quotes, in `backticks` where it holds spaces",
            )
        return Not(condition) if negated else condition

    def _members(self, left: Operand) -> Expression:
        closing = ")" if self._kind == "(" else "]"
        if not (self._accept("(") or self._accept("[")):
            self._fail("a list such as ('a', 'b')")
        members = [self._member()]
        while self._accept(","):
            members.append(self._member())
        if not self._accept(closing):
            self._fail(f"a closing {closing}")
        return Among(left, tuple(members))

    def _member(self) -> str:
        member = self._operand()
        if isinstance(member, Name):
            self._fail("numbers and 'strings' in the list")
        return member.text

    def _operand(self) -> Operand:
        kind, value = self.tokens[self.position]
        if kind not in ("name", "number", "string"):
            self._fail("a column, a number or 'a string'")
        self.position += 1
        if kind == "name":
            return Name(value)
        is_number = kind == "number"
        return Literal(value if is_number else value[1:-1], is_number)

    def _fail(self, expected: str) -> NoReturn:
        raise self._error(expected, self.tokens[self.position][1])

    def _error(self, expected: str, found: str, fix: str = EXAMPLE) -> InputError:
        return InputError(
            "The expression for what counts as liked cannot be read",
            expected=expected,
            found=found.strip()[:60],
            where=f"positive: {self.text[:120]}",
            fix=fix,
        )
