"""Evidence of labels and segments: what the rules asked, and what they found."""

from collections.abc import Iterator, Sequence
from typing import Any

from msgspec import Struct

from stream.explain.basis import Basis
from stream.explain.evidence import Evidence, as_read, moment_of
from stream.explain.rule_text import asked_for, denied
from stream.measures.conditions import Condition
from stream.measures.kinds import Kind
from stream.measures.operators import (
    DAYS,
    DISTRIBUTIONS,
    EQUAL,
    PERCENTS,
    Facts,
    Operator,
    instant_ms,
    test_of,
    wanted_entries,
)
from stream.measures.paths import Path
from stream.measures.reference import percentile
from stream.measures.rules import Rule
from stream.terminal import counted

#: Entries of a list that are quoted.
_SHOWN = 4


class Finding(Struct, frozen=True):
    """What a condition found in a portrait.

    ``value``     of the field, where the condition asks about one; None where there is none
    ``children``  findings of the conditions that it is made of, in their order
    """

    condition: Condition
    holds: bool
    value: Any = None
    children: tuple["Finding", ...] = ()


def explain(basis: Basis) -> Iterator[Evidence]:
    """Evidence of the labels and the segments that the customer has."""
    rules, portrait = basis.standards.rules, basis.portrait
    facts = facts_of(basis)
    yield from _given(basis, facts, "labels", rules.labels, portrait.labels)
    yield from _given(basis, facts, "segments", rules.segments, portrait.segments)


def facts_of(basis: Basis) -> Facts:
    """What rules may read of the portrait, all its labels and segments being known."""
    portrait = basis.portrait
    return Facts(
        portrait,
        basis.as_of_ms,
        basis.store,
        basis.standards.decimals,
        set(portrait.labels),
        set(portrait.segments),
    )


def look(condition: Condition, facts: Facts) -> Finding:
    """Why a condition holds or not: all that it is made of, each with the value found."""
    path = condition.path
    return Finding(
        condition,
        condition.test(facts),
        None if path is None else path.read(facts.portrait),
        tuple(look(each, facts) for each in condition.children),
    )


def decisive(finding: Finding) -> Iterator[Finding]:
    """The findings at single fields, labels and segments that alone would lead to the result.

    Of ``any`` that holds those that hold, of ``all`` that fails those that fail, else all.
    """
    if not finding.children:
        yield finding
    for child in finding.children:
        if finding.condition.form == "not" or child.holds is finding.holds:
            yield from decisive(child)


def because(basis: Basis, facts: Facts, condition: Condition) -> str:
    """Why a condition holds or not, in one line."""
    reasons = [_reason(basis, facts, each) for each in decisive(look(condition, facts))]
    return "; ".join(dict.fromkeys(reasons))


def _given(
    basis: Basis, facts: Facts, section: str, rules: Sequence[Rule], names: Sequence[str]
) -> Iterator[Evidence]:
    if not names:
        count = counted(len(rules), "rule")
        yield basis.because(section, f"of {count} none holds" if rules else "there are no rules")
    for rule in rules:
        if rule.name in names:
            yield Evidence(section, rule.name, because(basis, facts, rule.condition))


def _reason(basis: Basis, facts: Facts, finding: Finding) -> str:
    condition, path = finding.condition, finding.condition.path
    if path is None:
        return f"{condition.form if finding.holds else f'no {condition.form}'} {condition.name}"
    # Where the condition fails, only the operators that fail say why.
    asked = [
        f"{_said(path, each, finding.holds)}{_remark(path, each, facts)}"
        for each in condition.operators
        if test_of(path, each)(facts) is finding.holds
    ]
    return f"{path.text} {found_in(basis, condition, finding.value)} ({', '.join(asked)})"


def _said(path: Path, operator: Operator, holds: bool) -> str:
    asked = asked_for(operator, path.kind)
    return asked if holds else denied(asked)


def _remark(path: Path, operator: Operator, facts: Facts) -> str:
    """When a test on a time flips, and how many buyers a rank is above."""
    value = path.read(facts.portrait)
    if value is None:
        return ""
    if operator.name in DAYS:
        flips = moment_of(instant_ms(value) + operator.days_ms)
        return f", until {flips}" if operator.name == "within_days" else f", from {flips} on"
    if operator.name in PERCENTS:
        return f", above {_percent_below(path, value, facts)} % of the buyers"
    return ""


def _percent_below(path: Path, value: Any, facts: Facts) -> int:
    distribution = getattr(facts.store, DISTRIBUTIONS[path.text])
    # Amounts are in minor units in the reference.
    return percentile(
        distribution, value.scaleb(facts.decimals) if path.kind is Kind.MONEY else value
    )


def found_in(basis: Basis, condition: Condition, value: Any) -> str:
    """The value that a condition on a field found, as people read it."""
    path = condition.path
    if isinstance(value, list | tuple) and path is not None:
        # What is asked for may be far down the list: where it is met, that is what to quote.
        wanted = [
            entry
            for each in condition.operators
            if each.name in EQUAL
            for entry in wanted_entries(path, each, value)
        ]
        listed = wanted or value
        shown = ", ".join(as_read(each) for each in listed[:_SHOWN]) or "none"
        return f"{shown} and {len(listed) - _SHOWN} more" if len(listed) > _SHOWN else shown
    if value is not None and path is not None and path.kind is Kind.MONEY:
        return basis.priced(str(value))
    return as_read(value)
