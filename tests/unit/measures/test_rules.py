"""Rules: who gets which names, in which order, and when that changes by itself."""

from decimal import Decimal
from itertools import permutations
from typing import Annotated, Any

import pytest
from msgspec import Meta, Struct

from stream.measures.conditions import (
    Condition,
    every,
    has_label,
    in_segment,
    negated,
    of_field,
    some,
)
from stream.measures.operators import Operator
from stream.measures.paths import resolve
from stream.measures.reference import NONE_TAKEN
from stream.measures.rules import NO_RULES, Circle, Rule, Rules
from stream.windows import DAY_MS, to_rfc3339

Instant = Annotated[str, Meta(extra_json_schema={"format": "date-time"})]
STORE = NONE_TAKEN.of("main", 2)[1]


class Document(Struct, frozen=True, kw_only=True):
    orders: int = 0
    seen: Instant | None = None
    ordered: Instant | None = None


def asks(field: str, operator: str, value: Any) -> Condition:
    return of_field(resolve(Document, field), Operator(operator, (value,)))


def rule(name: str, condition: Condition) -> Rule:
    return Rule(name=name, en=name, zh=name, condition=condition)


def within(days: str, field: str = "seen") -> Condition:
    return asks(field, "within_days", Decimal(days))


def older(days: str, field: str = "seen") -> Condition:
    return asks(field, "older_than_days", Decimal(days))


def given(rules: Rules, document: Document, as_of_ms: int = 0) -> tuple[tuple[str, ...], ...]:
    return rules.apply(document, as_of_ms, STORE, 2)


BUYER = asks("orders", "at_least", 1)
LABELS = (
    rule("regular", every([has_label("buyer"), asks("orders", "at_least", 3)])),
    rule("buyer", BUYER),
    rule("prospect", negated(has_label("buyer"))),
    rule("fan", some([has_label("regular"), has_label("prospect")])),
)


@pytest.mark.parametrize(
    ("orders", "names"),
    [
        (0, {"prospect", "fan"}),
        (1, {"buyer"}),
        (3, {"buyer", "regular", "fan"}),
    ],
)
def test_names_come_in_the_order_of_the_file_whatever_depends_on_what(orders, names):
    for labels in permutations(LABELS):
        found, _ = given(Rules(labels, ()), Document(orders=orders))
        assert found == tuple(each.name for each in labels if each.name in names)


def test_segments_refer_to_labels_and_to_each_other():
    segments = (
        rule("all", some([in_segment("some"), in_segment("none")])),
        rule("none", every([has_label("buyer"), negated(has_label("buyer"))])),
        rule("some", has_label("buyer")),
    )
    rules = Rules(LABELS, segments)
    assert given(rules, Document(orders=1)) == (("buyer",), ("all", "some"))
    assert given(rules, Document()) == (("prospect", "fan"), ())


def test_label_and_segment_of_the_same_name_are_two_things():
    rules = Rules((rule("a", BUYER),), (rule("a", negated(has_label("a"))),))
    assert given(rules, Document()) == ((), ("a",))
    assert given(rules, Document(orders=1)) == (("a",), ())


def test_one_portrait_leaves_nothing_behind_for_the_next():
    rules = Rules(LABELS, ())
    alone = given(rules, Document())
    given(rules, Document(orders=9))
    assert given(rules, Document()) == alone


def test_without_rules_there_is_nothing_to_give_and_nothing_to_wait_for():
    assert given(NO_RULES, Document(seen=to_rfc3339(0))) == ((), ())
    assert NO_RULES.next_change(Document(seen=to_rfc3339(0)), 0) is None


def test_rules_that_refer_to_each_other_in_a_circle_are_refused_with_their_names():
    labels = [
        rule("a", has_label("b")),
        rule("b", negated(every([has_label("c"), BUYER]))),
        rule("c", some([has_label("a"), has_label("d")])),
        rule("d", BUYER),
    ]
    with pytest.raises(Circle, match="labels cannot refer to each other") as refused:
        Rules(labels, ())
    around = "".join(refused.value.names)
    assert around in ("abc", "bca", "cab")
    assert refused.value.form == "label"
    with pytest.raises(Circle, match="segment s refers to itself"):
        Rules((), [rule("s", in_segment("s"))])


def test_long_chain_of_labels_is_followed_to_its_end():
    chain = [rule(f"l{number}", has_label(f"l{number + 1}")) for number in range(499)]
    assert len(given(Rules([*chain, rule("l499", BUYER)], ()), Document(orders=1))[0]) == 500


TIMED = Rules(
    (
        rule("new", within("30")),
        rule("fresh", every([within("1.5"), BUYER])),
        rule("dormant", negated(some([within("60"), within("90", "ordered")]))),
        rule("gone", every([has_label("dormant"), older("0.00001", "ordered")])),
    ),
    (rule("back", every([has_label("new"), older("365", "ordered")])),),
)


@pytest.mark.parametrize(
    "document",
    [
        Document(seen=to_rfc3339(0)),
        Document(seen=to_rfc3339(0), orders=2),
        Document(ordered=to_rfc3339(5)),
        Document(seen=to_rfc3339(400 * DAY_MS), ordered=to_rfc3339(0)),
        Document(seen=to_rfc3339(40 * DAY_MS + 1), ordered=to_rfc3339(20 * DAY_MS), orders=1),
    ],
)
def test_nothing_flips_before_the_next_change_and_time_goes_on_until_there_is_none(document):
    as_of_ms, flips = 0, 0
    while (change_ms := TIMED.next_change(document, as_of_ms)) is not None:
        assert change_ms > as_of_ms
        before = given(TIMED, document, as_of_ms)
        assert given(TIMED, document, (as_of_ms + change_ms) // 2) == before
        assert given(TIMED, document, change_ms - 1) == before
        flips += given(TIMED, document, change_ms) != before
        as_of_ms = change_ms
    assert flips
    assert given(TIMED, document, as_of_ms) == given(TIMED, document, as_of_ms + 5000 * DAY_MS)


def test_next_change_is_the_first_instant_at_which_a_label_flips():
    document = Document(seen=to_rfc3339(7))
    rules = Rules((rule("new", within("30")), rule("lost", older("90"))), ())
    assert rules.next_change(document, 7) == 7 + 30 * DAY_MS
    assert rules.next_change(document, 6 + 30 * DAY_MS) == 7 + 30 * DAY_MS
    assert rules.next_change(document, 7 + 30 * DAY_MS) == 7 + 90 * DAY_MS
    assert rules.next_change(document, 7 + 90 * DAY_MS) is None
    assert given(rules, document, 6 + 30 * DAY_MS) == (("new",), ())
    assert given(rules, document, 7 + 30 * DAY_MS) == ((), ())


def test_customer_without_the_instant_waits_for_nothing():
    assert TIMED.next_change(Document(), 0) is None
