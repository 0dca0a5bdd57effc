"""Conditions: what a rule asks of a portrait, put together of operators on single fields.

A condition is made once and tested for every portrait, so a test is a closure over all that is
known when the rule is read.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

from msgspec import Struct

from stream.measures.operators import DAYS, Facts, Operator, Test, test_of
from stream.measures.paths import Path, Read

Form = Literal["field", "all", "any", "not", "label", "segment"]


class Moment(Struct, frozen=True):
    """A test that flips as time passes: ``days_ms`` after the instant that is read, if any is."""

    read: Read
    days_ms: int


class Condition(Struct, frozen=True, kw_only=True, eq=False):
    """A test, and the tree that it was made of, so that it can be told why it holds or not.

    ``test``     whether the condition holds for some facts
    ``moments``  when that may change although the sections of the portrait stay the same
    ``form``     what the condition asks, and which of the fields below say it:
                 ``field``: the value at ``path`` meets all ``operators``;
                 ``all``, ``any``: all, or any, of the ``children`` hold;
                 ``not``: the only one of the ``children`` does not hold;
                 ``label``, ``segment``: the customer has the label, is in the segment, ``name``

    Conditions that ask the same are equal.
    """

    test: Test
    moments: tuple[Moment, ...] = ()
    form: Form
    path: Path | None = None
    operators: tuple[Operator, ...] = ()
    children: tuple["Condition", ...] = ()
    name: str = ""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Condition) and self._asked() == other._asked()

    def __hash__(self) -> int:
        return hash(self._asked())

    def _asked(self) -> tuple[object, ...]:
        return self.form, self.path, self.operators, self.children, self.name

    def walk(self) -> Iterator["Condition"]:
        """The condition and all that it is made of, from the top."""
        yield self
        for child in self.children:
            yield from child.walk()


def of_field(path: Path, *operators: Operator) -> Condition:
    """Holds if the value of a field meets all of some operators, which must be for its kind."""
    moments = tuple(Moment(path.read, each.days_ms) for each in operators if each.name in DAYS)
    return Condition(
        form="field",
        path=path,
        operators=operators,
        test=_all([test_of(path, each) for each in operators]),
        moments=moments,
    )


def every(conditions: Sequence[Condition]) -> Condition:
    """Holds if all of some conditions do."""
    test = _all([each.test for each in conditions])
    return Condition(
        form="all", children=tuple(conditions), test=test, moments=_moments(conditions)
    )


def some(conditions: Sequence[Condition]) -> Condition:
    """Holds if any of some conditions does."""
    test = _any([each.test for each in conditions])
    return Condition(
        form="any", children=tuple(conditions), test=test, moments=_moments(conditions)
    )


def negated(condition: Condition) -> Condition:
    """Holds if a condition does not."""
    test = condition.test
    return Condition(
        form="not",
        children=(condition,),
        test=lambda facts: not test(facts),
        moments=condition.moments,
    )


def has_label(name: str) -> Condition:
    """Holds if the customer has a label."""
    return Condition(form="label", name=name, test=lambda facts: name in facts.labels)


def in_segment(name: str) -> Condition:
    """Holds if the customer is in a segment."""
    return Condition(form="segment", name=name, test=lambda facts: name in facts.segments)


def _all(tests: Sequence[Test]) -> Test:
    match tests:
        case [test]:
            return test
        case [first, second]:  # as most are; a loop takes longer
            return lambda facts: first(facts) and second(facts)

    def test_all(facts: Facts) -> bool:
        for test in tests:  # noqa: SIM110 (a generator takes twice as long)
            if not test(facts):
                return False
        return True

    return test_all


def _any(tests: Sequence[Test]) -> Test:
    match tests:
        case [test]:
            return test
        case [first, second]:
            return lambda facts: first(facts) or second(facts)

    def test_any(facts: Facts) -> bool:
        for test in tests:  # noqa: SIM110
            if test(facts):
                return True
        return False

    return test_any


def _moments(conditions: Iterable[Condition]) -> tuple[Moment, ...]:
    return tuple(dict.fromkeys(moment for each in conditions for moment in each.moments))
