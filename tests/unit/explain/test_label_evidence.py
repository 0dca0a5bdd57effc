"""Evidence of labels and segments: what their rules asked, and what they found."""

from functools import cache
from pathlib import Path

import pytest
from msgspec.structs import replace

from stream.explain.basis import Basis
from stream.explain.labels import because, facts_of, look
from stream.explain.rule_text import in_words
from stream.files.labels import load_rules
from stream.measures.conditions import Condition
from stream.measures.standards import Standards
from stream.profile.portrait import describe
from tests.support.events import Wire, folded, identified, to_ms, viewed
from tests.support.explained import AS_OF, BUYER, MEASURED, PLAIN, explained

TIERS = [tier.name for tier in PLAIN.tiers]


@cache
def shipped() -> Standards:
    return replace(PLAIN, rules=load_rules(None, 2, TIERS))


@pytest.fixture
def condition(tmp_path: Path) -> "Read":
    """Reads the condition of a label, as it is written in a rule file."""
    return Read(tmp_path / "labels.yaml")


class Read:
    def __init__(self, file: Path) -> None:
        self._file = file

    def __call__(self, written: str) -> Condition:
        self._file.write_text(
            "labels:\n"
            "  - {name: vip, when: {field: spending.orders, at_least: 4}}\n"
            "  - {name: lost, when: {field: last_seen, older_than_days: 365}}\n"
            f"  - {{name: asked, when: {written}}}\n"
        )
        return load_rules(self._file, 2, TIERS).labels[2].condition


def basis(events: list[Wire], labels: tuple[str, ...] = ()) -> Basis:
    state = folded(events)
    portrait = describe("main", "c1", state, to_ms(AS_OF), standards=MEASURED, version=1)
    return Basis.of(replace(portrait, labels=labels), state, MEASURED)


def reasons(condition: Condition, events: list[Wire], labels: tuple[str, ...] = ()) -> str:
    about = basis(events, labels)
    return because(about, facts_of(about), condition)


#: A condition as it is written, and in words.
IN_WORDS = {
    "{field: spending.orders, at_least: 2, below: 10}": "spending.orders at least 2 and below 10",
    "{field: spending.amount, above: 99.50}": "spending.amount above 99.50",
    "{field: spending.amount_30d, at_most: 20}": "spending.amount_30d at most 20",
    "{field: attributes.country, is: NO}": "attributes.country is NO",
    "{field: spending.tier, in: [gold, silver]}": "spending.tier is one of gold, silver",
    "{field: spending.tier, in: [gold]}": "spending.tier is gold",
    "{field: activity.hours.peak_hours, is: 23}": "activity.hours.peak_hours has 23",
    "{field: preferences.brands, in: [A, B]}": "preferences.brands has one of A, B",
    "{field: first_seen, within_days: 1.5}": "first_seen less than 1.5 days ago",
    "{field: last_seen, older_than_days: 90}": "last_seen at least 90 days ago",
    "{field: spending.amount, top_percent: 10}": "spending.amount in the top 10 %",
    "{field: spending.orders, bottom_percent: 5}": "spending.orders in the bottom 5 %",
    "{field: attributes.country, known: true}": "attributes.country is known",
    "{field: attributes.country, known: false}": "attributes.country is not known",
    "{not: {label: vip}}": "not label vip",
    "{all: [{label: vip}, {any: [{label: lost}, {not: {label: vip}}]}]}": (
        "label vip and (label lost or not label vip)"
    ),
    "{any: [{label: vip}, {all: [{all: [{label: lost}]}]}]}": "label vip or label lost",
    "{not: {any: [{label: vip}, {label: lost}]}}": "not (label vip or label lost)",
    "{not: {field: spending.orders, at_least: 2, below: 9}}": (
        "not (spending.orders at least 2 and below 9)"
    ),
}


@pytest.mark.parametrize(("written", "words"), IN_WORDS.items(), ids=IN_WORDS)
def test_a_condition_is_one_line_in_words(condition: Read, written: str, words: str) -> None:
    assert in_words(condition(written)) == words


#: A condition, and what is said of a buyer: whether it holds or not.
REASONS = {
    "{field: spending.orders, at_least: 4}": "spending.orders 4 (at least 4)",
    "{field: spending.orders, at_least: 5}": "spending.orders 4 (not at least 5)",
    "{field: spending.orders, at_least: 2, at_most: 3}": "spending.orders 4 (not at most 3)",
    "{field: spending.amount, above: 10}": "spending.amount 480.00 USD (above 10)",
    "{field: spending.amount, top_percent: 25}": (
        "spending.amount 480.00 USD (in the top 25 %, above 75 % of the buyers)"
    ),
    "{field: spending.orders, bottom_percent: 20}": (
        "spending.orders 4 (not in the bottom 20 %, above 70 % of the buyers)"
    ),
    "{field: first_seen, within_days: 90}": (
        "first_seen 2026-05-01 10:00 UTC (less than 90 days ago, until 2026-07-30 10:00 UTC)"
    ),
    "{field: first_seen, older_than_days: 90}": (
        "first_seen 2026-05-01 10:00 UTC (not at least 90 days ago, from 2026-07-30 10:00 UTC on)"
    ),
    "{field: attributes.country, is: CN}": "attributes.country none (is not CN)",
    "{field: attributes.registered_at, within_days: 9}": (
        "attributes.registered_at none (not less than 9 days ago)"
    ),
    "{field: attributes.country, known: false}": "attributes.country none (is not known)",
    "{field: attributes.kind, in: [company]}": "attributes.kind person (is not company)",
    "{field: spending.orders, in: [1, 2]}": "spending.orders 4 (is none of 1, 2)",
    "{field: spending.orders, known: false}": "spending.orders 4 (is known)",
    "{field: preferences.brands, in: [A, B]}": "preferences.brands none (has none of A, B)",
    "{not: {label: lost}}": "no label lost",
    "{any: [{label: lost}, {label: vip}]}": "label vip",
    "{all: [{label: lost}, {label: vip}]}": "no label lost",
    "{all: [{label: vip}, {field: spending.orders, is: 4}, {label: vip}]}": (
        "label vip; spending.orders 4 (is 4)"
    ),
    "{not: {all: [{label: vip}, {not: {label: vip}}]}}": "label vip",
    "{any: [{label: lost}, {all: [{label: vip}, {label: lost}]}]}": "no label lost",
}


@pytest.mark.parametrize(("written", "said"), REASONS.items(), ids=REASONS)
def test_only_what_decides_is_given_as_the_reason(condition: Read, written: str, said: str) -> None:
    assert reasons(condition(written), BUYER, labels=("vip",)) == said


def test_of_a_list_that_is_quoted_which_was_asked_for(condition: Read) -> None:
    shops = ("a", "b", "c", "d", "e", "fashion/men")
    events = [viewed("2026-06-30T10:00:00Z", category=category) for category in shops]
    asked = condition("{field: preferences.categories, in: [fashion]}")
    assert reasons(asked, events) == "preferences.categories fashion/men (has fashion)"
    other = condition("{field: preferences.categories, in: [toys]}")
    assert reasons(other, events) == ("preferences.categories a, b, c, d and 2 more (has no toys)")
    assert reasons(other, BUYER) == "preferences.categories none (has no toys)"


def test_a_finding_is_a_tree_of_what_each_condition_found(condition: Read) -> None:
    asked = condition(
        "{all: [{field: spending.orders, is: 4}, {not: {field: spending.orders_30d, is: 2}}]}"
    )
    finding = look(asked, facts_of(basis(BUYER)))
    orders, negated = finding.children
    assert (finding.holds, finding.value) == (False, None)
    assert (orders.holds, orders.value) == (True, 4)
    assert negated.holds is False
    assert [(each.holds, each.value) for each in negated.children] == [(True, 2)]


def test_labels_and_segments_that_the_customer_has_are_explained() -> None:
    company = identified("2026-06-30T10:00:00Z", kind="company")
    found = explained([*BUYER, company], shipped())
    labels = dict(found["labels"])
    assert labels["company"] == "attributes.kind company (is company)"
    assert labels["repeat-buyer"] == "spending.orders_365d 4 (at least 2)"
    assert labels["vip"] == (
        "spending.rfm.r 4 (at least 4); spending.rfm.f 4 (at least 4); "
        "spending.rfm.m 5 (at least 4)"
    )
    assert "lost" not in labels
    assert dict(found["segments"])["vip-care"] == "label vip; no label dormant; no label lost"


def test_without_any_it_says_how_many_were_tried() -> None:
    events = [viewed("2026-05-01T10:00:00Z")]
    found = explained(events, shipped())
    assert found["labels"] == [("none", "of 40 rules none holds")]
    assert found["segments"] == [("none", "of 8 rules none holds")]
    assert explained(events)["labels"] == [("none", "there are no rules")]
