"""Rules in words: a condition as one line that people read."""

from collections.abc import Sequence

from stream.measures.conditions import Condition
from stream.measures.kinds import LISTS, Kind, as_text
from stream.measures.operators import Operator

_WORDS = {
    "at_least": "at least {}",
    "at_most": "at most {}",
    "above": "above {}",
    "below": "below {}",
    "within_days": "less than {} days ago",
    "older_than_days": "at least {} days ago",
    "top_percent": "in the top {} %",
    "bottom_percent": "in the bottom {} %",
}
#: How what is asked for begins, and how it does where it is not so.
_DENIED = {
    "is one of ": "is none of ",
    "is not ": "is ",
    "is ": "is not ",
    "has one of ": "has none of ",
    "has ": "has no ",
}


def in_words(condition: Condition) -> str:
    """The condition in one line, such as ``spending.orders at least 2 and not label lost``."""
    match condition.form:
        case "field" if condition.path is not None:
            kind = condition.path.kind
            asked = " and ".join(asked_for(each, kind) for each in condition.operators)
            return f"{condition.path.text} {asked}"
        case "all":
            return _joined("and", condition.children)
        case "any":
            return _joined("or", condition.children)
        case "not":
            return f"not {_within(condition.children[0])}"
        case _:
            return f"{condition.form} {condition.name}"


def asked_for(operator: Operator, kind: Kind) -> str:
    """What an operator asks of a field of a kind: ``at least 2``, ``in the top 10 %``."""
    values = operator.written or tuple(as_text(value) for value in operator.values)
    listed = ", ".join(values)
    match operator.name:
        case "is" | "in":
            verb = "has" if kind in LISTS else "is"
            return f"{verb} one of {listed}" if len(values) > 1 else f"{verb} {listed}"
        case "known":
            return "is known" if operator.values[0] else "is not known"
        case name:
            return _WORDS[name].format(listed)


def denied(asked: str) -> str:
    """That it is not as :func:`asked_for` says: ``not at least 2``, ``is not gold``."""
    for beginning, other in _DENIED.items():
        if asked.startswith(beginning):
            return other + asked.removeprefix(beginning)
    return f"not {asked}"


def _joined(word: str, conditions: Sequence[Condition]) -> str:
    if len(conditions) == 1:
        return in_words(conditions[0])
    return f" {word} ".join(_within(each) for each in conditions)


def _within(condition: Condition) -> str:
    """The condition as a part of another: what holds an ``and`` or an ``or`` stands in brackets."""
    if condition.form in ("all", "any") and len(condition.children) == 1:
        return _within(condition.children[0])
    parts = condition.children if condition.form in ("all", "any") else condition.operators
    return f"({in_words(condition)})" if len(parts) > 1 else in_words(condition)
