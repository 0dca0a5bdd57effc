"""Operators: what a rule asks of the value of one field.

Without a value every test fails but ``known: false``; an empty list is no value.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from operator import attrgetter
from typing import Any

from msgspec import Struct

from stream.measures.kinds import LISTS, Kind, as_text
from stream.measures.paths import Path, Read
from stream.measures.reference import NONE_TAKEN, STEP_PERCENT, StoreReference
from stream.windows import DAY_MS, to_ms

#: Fields that a store's buyers are ranked by, and their distributions in the reference.
DISTRIBUTIONS = {
    "spending.recency_days": "recency_days",
    "spending.orders": "orders",
    "spending.amount": "amount",
    "spending.average_order": "average_order",
    "preferences.price_band.p50": "price",
}

EQUAL = ("is", "in")
BOUNDS = ("at_least", "at_most", "above", "below")
DAYS = ("within_days", "older_than_days")
PERCENTS = ("top_percent", "bottom_percent")
OPERATORS = (*EQUAL, *BOUNDS, *DAYS, *PERCENTS, "known")

_NO_STORE = NONE_TAKEN.of("", 0)[1]


class Facts(Struct):
    """What the tests of one portrait may read.

    Those of a target portrait read the portrait alone, hence the defaults.

    ``portrait``   the document; its sections but labels and segments are complete
    ``store``      distributions of the store's buyers, in a currency of so many ``decimals``
    ``labels``     names of the labels given so far, and ``segments`` of the segments: rules that
                   refer to others are tested after them
    ``steps``      of lists of names that were read: the names and all that they lie below
    """

    portrait: Any
    as_of_ms: int = 0
    store: StoreReference = _NO_STORE
    decimals: int = 0
    labels: set[str] = set()
    segments: set[str] = set()
    steps: dict[Read, set[str]] = {}


Test = Callable[[Facts], bool]


class Operator(Struct, frozen=True):
    """What is asked of a field's value.

    ``name``     one of :data:`OPERATORS`
    ``values``   what is compared: one value, of ``in`` any number. Numbers are int or float,
                 amounts Decimal in units of the base currency, days Decimal, percents int
    ``written``  the values as they are written in the file; empty where there is none. A declared
                 trait may mean more values than are written: ``yes`` is also true
    """

    name: str
    values: tuple[Any, ...]
    written: tuple[str, ...] = ()

    @property
    def days_ms(self) -> int:
        """The days of an operator on a time, in milliseconds."""
        return int(self.values[0] * DAY_MS)


@lru_cache(4096)
def instant_ms(text: str) -> int:
    """Milliseconds since the epoch of an instant in a document; rules often ask for the same."""
    return to_ms(datetime.fromisoformat(text))


def test_of(path: Path, asked: Operator) -> Test:
    """Whether the value at a path is as an operator asks; the operator must be for its kind."""
    match asked.name:
        case "known":
            return _known(path, asked.values[0])
        case "in" if path.kind is Kind.NAMES:
            return _at_or_below(path.read, frozenset(asked.values))
        case "is" | "in":
            read, among = path.read, _among(path.kind, frozenset(asked.values))
            return lambda facts: among(read(facts.portrait))
        case "within_days" | "older_than_days":
            return _aged(path.read, asked)
        case "top_percent" | "bottom_percent":
            return _ranked(path, asked)
        case _:
            return _bounded(_numbers(path), asked)


def wanted_entries(path: Path, asked: Operator, entries: Iterable[Any]) -> list[Any]:
    """The entries of a list that ``is`` or ``in`` asks for."""
    wanted = frozenset(asked.values)
    if asked.name == "in" and path.kind is Kind.NAMES:
        return [name for name in entries if not wanted.isdisjoint(_steps(name))]
    return [entry for entry in entries if entry in wanted]


def _known(path: Path, known: bool) -> Test:
    read = path.read
    if path.kind in LISTS:
        return lambda facts: bool(read(facts.portrait)) is known
    return lambda facts: (read(facts.portrait) is not None) is known


def _among(kind: Kind, wanted: frozenset[Any]) -> Callable[[Any], bool]:
    """Whether a value, which may be None, is one of those wanted; of a list, whether any is."""
    match kind:
        case Kind.NAMES | Kind.TEXTS | Kind.NUMBERS:
            return lambda entries: not wanted.isdisjoint(entries or ())
        case Kind.ANY:
            return lambda value: value is not None and as_text(value) in wanted
        case _:
            return wanted.__contains__


def _at_or_below(read: Read, wanted: frozenset[str]) -> Test:
    # A shop may have a label for each of many categories: the names are parted once for all.
    def test(facts: Facts) -> bool:
        steps = facts.steps.get(read)
        if steps is None:
            steps = facts.steps[read] = set().union(*map(_steps, read(facts.portrait)))
        return not wanted.isdisjoint(steps)

    return test


@lru_cache(4096)
def _steps(name: str) -> tuple[str, ...]:
    """A name and all that it lies below: ``a/b/c``, ``a/b`` and ``a``."""
    parts = name.split("/")
    return tuple("/".join(parts[: number + 1]) for number in range(len(parts)))


def _numbers(path: Path) -> Read:
    """Reads a number or an amount; of a declared trait, None where it is text or a truth value."""
    read = path.read
    if path.kind is not Kind.ANY:
        return read

    def number(portrait: Any) -> Any:
        value = read(portrait)
        return None if isinstance(value, str | bool) else value

    return number


def _bounded(read: Read, asked: Operator) -> Test:
    (bound,) = asked.values
    match asked.name:
        case "at_least":
            return lambda facts: (value := read(facts.portrait)) is not None and value >= bound
        case "at_most":
            return lambda facts: (value := read(facts.portrait)) is not None and value <= bound
        case "above":
            return lambda facts: (value := read(facts.portrait)) is not None and value > bound
        case "below":
            return lambda facts: (value := read(facts.portrait)) is not None and value < bound
        case _:
            raise ValueError(f"there is no operator {asked.name}")


def _aged(read: Read, asked: Operator) -> Test:
    length = asked.days_ms

    def within(facts: Facts) -> bool:
        text = read(facts.portrait)
        return text is not None and facts.as_of_ms < instant_ms(text) + length

    def older(facts: Facts) -> bool:
        text = read(facts.portrait)
        return text is not None and facts.as_of_ms >= instant_ms(text) + length

    return within if asked.name == "within_days" else older


def _ranked(path: Path, asked: Operator) -> Test:
    read, is_money = path.read, path.kind is Kind.MONEY
    distribution = attrgetter(DISTRIBUTIONS[path.text])
    is_top, percent = asked.name == "top_percent", asked.values[0]
    # With ascending quantiles, percentile(distribution, value) >= p is value > quantile of p.
    quantile = ((100 - percent) if is_top else percent) // STEP_PERCENT - 1

    def ranked(facts: Facts) -> bool:
        value = read(facts.portrait)
        if value is None:
            return False
        quantiles = distribution(facts.store)
        if not quantiles[-1]:  # zeros: no buyer has the value
            return False
        border = quantiles[quantile]
        return (value > (_major(border, facts.decimals) if is_money else border)) is is_top

    return ranked


@lru_cache(4096)
def _major(minor: int, decimals: int) -> Decimal:
    """An amount of the reference, in minor units, as the document has it."""
    return Decimal(minor).scaleb(-decimals)
