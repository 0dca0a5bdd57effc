"""The labels and segments that a portrait must have, read off its JSON naively.

Shares no code with the package: the rule file is loaded with every value constructed, so its texts
must be in quotes wherever YAML would make something else of them. Each condition is looked up again
for each portrait and instant, and a rule that names another evaluates that one on the spot.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

import yaml

Wire = dict[str, Any]
#: Path -> 19 ascending quantiles of the store's buyers, of amounts in minor units.
Distributions = Mapping[str, Sequence[int]]

#: What the JSON does not tell: which texts are amounts, and which are times.
AMOUNTS = frozenset(
    (
        *(f"preferences.price_band.{name}" for name in ("p25", "p50", "p75")),
        *(f"spending.{name}" for name in ("amount", "amount_30d", "amount_365d")),
        *("spending.refunded", "spending.average_order", "social.brought_amount"),
    )
)
TIMES = frozenset(
    (
        *("first_seen", "last_seen", "attributes.registered_at"),
        *("spending.first_order_at", "spending.last_order_at"),
        "spending.repurchase.next_expected_at",
    )
)
#: Lists of objects with a name.
NAMES = frozenset(
    (
        *("attributes.shopping_gender.evidence", "preferences.categories", "preferences.brands"),
        *("disposition.inclinations", "service.subjects"),
    )
)
#: Those whose names can be asked for one by one, and the number that each carries.
MEASURES = {
    "preferences.categories": "share",
    "preferences.brands": "share",
    "disposition.inclinations": "score",
    "service.subjects": "count",
}
TRAITS, COUNTS = "attributes.traits.", "activity.counts."


class Seen(NamedTuple):
    """A portrait at an instant that need not be its own, in a store with these distributions."""

    document: Wire
    as_of: datetime
    store: Distributions
    decimals: int = 2


class RuleBook:
    """The rules of a file: its labels and segments."""

    def __init__(self, text: str) -> None:
        content = yaml.safe_load(text) or {}
        self.labels: list[Wire] = content.get("labels") or []
        self.segments: list[Wire] = content.get("segments") or []

    def labels_of(self, seen: Seen) -> list[str]:
        """Names of the labels that apply, in the file's order."""
        return [rule["name"] for rule in self.labels if self._holds(rule["when"], seen)]

    def segments_of(self, seen: Seen) -> list[str]:
        """Names of the segments that the customer is in, in the file's order."""
        return [rule["name"] for rule in self.segments if self._holds(rule["when"], seen)]

    def instants(self, document: Wire) -> list[datetime]:
        """When tests on the times of a portrait flip, of every condition in the file."""
        found = []
        for operators in _field_conditions([*self.labels, *self.segments]):
            value = value_at(document, operators["field"])
            for name in ("within_days", "older_than_days"):
                if name in operators and value is not None:
                    found.append(_later(value, operators[name]))
        return sorted(set(found))

    def _holds(self, condition: Wire, seen: Seen) -> bool:
        match condition:
            case {"all": parts}:
                return all(self._holds(part, seen) for part in parts)
            case {"any": parts}:
                return any(self._holds(part, seen) for part in parts)
            case {"not": part}:
                return not self._holds(part, seen)
            case {"label": name}:
                return self._holds(_named(self.labels, name), seen)
            case {"segment": name}:
                return self._holds(_named(self.segments, name), seen)
            case {"field": path, **operators}:
                return all(_passes(path, each, operators[each], seen) for each in operators)
        raise AssertionError(f"no condition: {condition}")


def value_at(document: Wire, path: str, *, whole: bool = False) -> Any:
    """What stands at a path, None where nothing does; of a list of objects, their names.

    A type of event that is not counted happened 0 times, and a name that is not in a list has a
    share or count of 0, and no score; what lies below a name adds to it.
    """
    if path.startswith(TRAITS):
        return document["attributes"]["traits"].get(path.removeprefix(TRAITS))
    if path.startswith(COUNTS):
        return document["activity"]["counts"].get(path.removeprefix(COUNTS), 0)
    for names, measure in MEASURES.items():
        if path.startswith(f"{names}."):
            return _carried(value_at(document, names, whole=True), path, names, measure)
    value: Any = document
    for name in path.split("."):
        if value is None:
            return None
        value = value[name]
    if isinstance(value, list) and not whole:
        return [each["name"] if isinstance(each, dict) else each for each in value] or None
    return value


def _carried(entries: list[Wire], path: str, names: str, measure: str) -> Decimal | None:
    name = path.removeprefix(f"{names}.")
    found = [each for each in entries if f"{each['name']}/".startswith(f"{name}/")]
    if not found and measure == "score":
        return None
    return sum((_number(each[measure]) for each in found), Decimal(0))


def _named(rules: list[Wire], name: str) -> Wire:
    (found,) = [rule["when"] for rule in rules if rule["name"] == name]
    return dict(found)


def _field_conditions(node: Any) -> list[Wire]:
    if isinstance(node, list):
        return [found for each in node for found in _field_conditions(each)]
    if not isinstance(node, dict):
        return []
    return [node] if "field" in node else _field_conditions(list(node.values()))


def _passes(path: str, operator: str, operand: Any, seen: Seen) -> bool:
    value = value_at(seen.document, path)
    if operator == "known":
        return (value is not None) is operand
    if value is None:
        return False
    tests: dict[str, Callable[[], bool]] = {
        "is": lambda: _is(path, value, operand),
        "in": lambda: any(
            _is(path, value, name) or _lies_below(path, value, name) for name in operand
        ),
        "at_least": lambda: _order(path, value, operand) in (0, 1),
        "at_most": lambda: _order(path, value, operand) in (-1, 0),
        "above": lambda: _order(path, value, operand) == 1,
        "below": lambda: _order(path, value, operand) == -1,
        "within_days": lambda: seen.as_of < _later(value, operand),
        "older_than_days": lambda: seen.as_of >= _later(value, operand),
        "top_percent": lambda: (
            any(seen.store[path]) and _percent_below(path, value, seen) >= 100 - int(operand)
        ),
        "bottom_percent": lambda: (
            any(seen.store[path]) and _percent_below(path, value, seen) < int(operand)
        ),
    }
    return tests[operator]()


def _is(path: str, value: Any, wanted: Any) -> bool:
    return any(_equal(path, each, wanted) for each in _entries(value))


def _lies_below(path: str, value: Any, name: Any) -> bool:
    return path in NAMES and any(each.startswith(f"{name}/") for each in value)


def _entries(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _equal(path: str, value: Any, wanted: Any) -> bool:
    if path.startswith(TRAITS):
        return _spelt(value) == _spelt(wanted)
    if isinstance(value, bool) or (isinstance(value, str) and path not in AMOUNTS):
        return bool(value == wanted) and type(value) is type(wanted)
    return _number(value) == _number(wanted)


def _order(path: str, value: Any, bound: Any) -> int | None:
    """-1, 0 or 1 as a value is below, at or above a bound; None of a trait that is no number."""
    if isinstance(value, bool) or (isinstance(value, str) and path not in AMOUNTS):
        return None
    return int(_number(value).compare(_number(bound)))


def _percent_below(path: str, value: Any, seen: Seen) -> int:
    """Percent of the store's buyers below a value, in the steps of the 19 quantiles."""
    amount = _number(value) * 10**seen.decimals if path in AMOUNTS else _number(value)
    return 5 * len([each for each in seen.store[path] if each < amount])


def _later(value: str, days: Any) -> datetime:
    milliseconds = _number(days) * 86_400_000
    assert milliseconds == int(milliseconds), "an instant between two milliseconds"
    return datetime.fromisoformat(value) + timedelta(milliseconds=int(milliseconds))


def _number(value: Any) -> Decimal:
    return Decimal(str(value))


def _spelt(value: Any) -> str:
    """A trait as it is written: `true`, 5 also for 5.0, 2.5, or its text."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value == int(value):
        return str(int(value))
    return str(value)
