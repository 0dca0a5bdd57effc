"""Rules: the labels and segments that a shop gives its customers, by conditions on the portrait."""

from collections.abc import Iterable, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import Any

from msgspec import Struct

from stream.measures.conditions import Condition, Form
from stream.measures.operators import Facts, Test, instant_ms
from stream.measures.paths import Read
from stream.measures.reference import StoreReference


class Rule(Struct, frozen=True, kw_only=True):
    """A label or a segment: who gets the name.

    ``en`` and ``zh`` are what people read, ``group`` is what labels are shown under.
    """

    name: str
    en: str
    zh: str
    group: str | None = None
    condition: Condition


class Circle(ValueError):
    """Labels, or segments, that refer to each other in a circle: ``names`` around it, each once."""

    def __init__(self, form: Form, names: Sequence[str]) -> None:
        if len(names) == 1:
            said = f"{form} {names[0]} refers to itself"
        else:
            circle = " → ".join([*names, names[0]])
            said = f"{form}s cannot refer to each other in a circle: {circle}"
        super().__init__(said)
        self.form = form
        self.names = tuple(names)


class Rules:
    """All labels and segments, each in the order of their file.

    Labels may refer to labels, segments to both, and only to those that are there. Raises
    :class:`Circle`.
    """

    def __init__(self, labels: Sequence[Rule], segments: Sequence[Rule]) -> None:
        self.labels = tuple(labels)
        self.segments = tuple(segments)
        self._labels = tuple(rule.name for rule in labels)
        self._segments = tuple(rule.name for rule in segments)
        self._label_tests = _in_order(labels, "label")
        self._segment_tests = _in_order(segments, "segment")
        self._moments = _by_read([*labels, *segments])

    def apply(
        self, portrait: Any, as_of_ms: int, store: StoreReference, decimals: int
    ) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Names of the labels and of the segments of a portrait, in the file's order.

        ``as_of_ms`` is the portrait's instant, ``store`` what it was compared with, in a currency
        of so many ``decimals``.
        """
        facts = Facts(portrait, as_of_ms, store, decimals)
        labels, segments = facts.labels, facts.segments
        for name, test in self._label_tests:
            if test(facts):
                labels.add(name)
        for name, test in self._segment_tests:
            if test(facts):
                segments.add(name)
        return (
            tuple(filter(labels.__contains__, self._labels)),
            tuple(filter(segments.__contains__, self._segments)),
        )

    def next_change(self, portrait: Any, as_of_ms: int) -> int | None:
        """The next instant, in ms, at which a test on a time flips; None if none ever will.

        It lies after ``as_of_ms``. Until then labels and segments stay the same while all that they
        read in the portrait does.
        """
        earliest: int | None = None
        for read, all_days_ms in self._moments:
            text = read(portrait)
            if text is None:
                continue
            since = as_of_ms - instant_ms(text)
            for days_ms in all_days_ms:  # the shortest first
                if days_ms > since:
                    left = days_ms - since
                    earliest = left if earliest is None else min(earliest, left)
                    break
        return None if earliest is None else as_of_ms + earliest


def _in_order(rules: Sequence[Rule], form: Form) -> tuple[tuple[str, Test], ...]:
    """Names and tests, each after those that it refers to."""
    tests = {rule.name: rule.condition.test for rule in rules}
    references = {
        rule.name: [each.name for each in rule.condition.walk() if each.form == form]
        for rule in rules
    }
    try:
        order = list(TopologicalSorter(references).static_order())
    except CycleError as exc:
        # The first is the last as well, and each is referred to by the next.
        raise Circle(form, exc.args[1][:0:-1]) from None
    return tuple((name, tests[name]) for name in order)


def _by_read(rules: Iterable[Rule]) -> tuple[tuple[Read, tuple[int, ...]], ...]:
    by_read: dict[Read, set[int]] = {}
    for rule in rules:
        for moment in rule.condition.moments:
            by_read.setdefault(moment.read, set()).add(moment.days_ms)
    return tuple((read, tuple(sorted(found))) for read, found in by_read.items())


#: The rules of a shop that gives no label and no segment.
NO_RULES = Rules((), ())
