"""The examples under ``schemas/examples``: records that the contract takes, and that it refuses.

``valid/TOPIC/NAME.json`` is the value of a record, byte for byte; its key follows from it.
``invalid/REASON/NAME.json`` wraps a record that is refused for that reason: see :class:`_Wrapped`.
"""

from base64 import b64decode
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType, structs

from stream.alerts import AlertState, RiskAlert, alerts_between
from stream.decode import decode
from stream.errors import Reason
from stream.events import TOPIC_EVENTS, customer_key
from stream.files.labels import load_rules
from stream.files.risk import load_weights
from stream.measures.conditions import of_field
from stream.measures.fit import Criterion, Target
from stream.measures.operators import Operator
from stream.measures.paths import resolve
from stream.measures.standards import Standards, default_standards
from stream.money import Rates
from stream.moves import SegmentMove, moves_between
from stream.profile.fold import fold
from stream.profile.portrait import SECTIONS, Change, Portrait, describe, to_change
from stream.profile.state import State
from stream.risk.findings import Finding
from stream.risk.score import judge
from stream.windows import HOUR_MS, to_ms

#: The customer whose valid examples, folded, are the example of a portrait.
CUSTOMER = ("main", "c-1001")
AS_OF = datetime(2026, 3, 15, tzinfo=UTC)


class Example(Struct, frozen=True):
    """A record of an input topic, as it is sent; ``reason`` says why it is refused, if it is."""

    name: str
    topic: str
    key: bytes | None
    value: bytes | None
    reason: Reason | None = None


class _Wrapped(Struct, forbid_unknown_fields=True):
    """A record that is refused. Exactly one of ``value``, ``text`` and ``base64`` is given.

    ``value`` is JSON and is sent byte for byte as it stands in the file, ``text`` is sent in
    UTF-8 (null: a record without a value), ``base64`` stands for bytes that are no text.
    """

    about: str
    topic: str
    key: str | None
    value: Raw | UnsetType = UNSET
    text: str | UnsetType | None = UNSET
    base64: str | UnsetType = UNSET

    def __post_init__(self) -> None:
        if sum(form is not UNSET for form in (self.value, self.text, self.base64)) != 1:
            raise ValueError("give exactly one of value, text and base64")


class _Keyed(Struct):
    customer_id: str
    store_id: str = "main"


def valid_examples(folder: Path) -> list[Example]:
    """The records that are taken, below ``folder``/valid, by topic in the order of their names."""
    return [
        Example(f"{topic}/{path.stem}", topic, _key(value := path.read_bytes()), value)
        for topic in TOPIC_EVENTS
        for path in sorted((folder / "valid" / topic).glob("*.json"))
    ]


def invalid_examples(folder: Path) -> list[Example]:
    """The records that are refused, below ``folder``/invalid, by reason."""
    return [
        _unwrap(path, reason)
        for reason in Reason
        for path in sorted((folder / "invalid" / reason).glob("*.json"))
    ]


def example_portrait(folder: Path) -> Change | None:
    """The portrait that the valid examples of :data:`CUSTOMER` lead to; None without examples."""
    store_id, customer_id = CUSTOMER
    key = customer_key(store_id, customer_id).encode()
    as_of_ms = to_ms(AS_OF)
    rates = Rates("USD")
    state = State()
    for example in valid_examples(folder):
        if example.key == key:
            fold(state, decode(example.topic, key, example.value, now_ms=as_of_ms, rates=rates))
    if state.newest_ms is None:
        return None
    standards = _example_standards(rates.base)
    portrait = describe(store_id, customer_id, state, as_of_ms, standards=standards, version=1)
    return to_change(portrait, SECTIONS, "event")


def example_move(portrait: Change) -> SegmentMove:
    """The first move of the example's customer, who enters every segment of the example."""
    key = customer_key(portrait.store_id, portrait.customer_id)
    moves = moves_between(
        key,
        (),
        portrait.segments,
        version=portrait.version,
        at=portrait.as_of,
        cause=portrait.cause,
    )
    return moves[0]


def example_alert() -> RiskAlert:
    """An alert made up for the example's customer, whose own history is harmless."""
    at_ms = to_ms(AS_OF)
    finding = Finding(
        code="fast_first_order",
        at_ms=at_ms - HOUR_MS,
        value=45,
        events=("ex-0019",),
        detail="First order 45 seconds after the sign-up",
    )
    weights = load_weights(None)
    looked = alerts_between(
        AlertState(),
        customer_key(*CUSTOMER),
        judge([finding], at_ms, weights),
        version=1,
        at_ms=at_ms,
        cause="event",
        cool_down_ms=weights.cool_down_ms,
    )
    return looked.alerts[0]


def _example_standards(currency: str) -> Standards:
    """The shipped rules and weights, and a target portrait, so that the example has a fit."""
    standards = default_standards(currency)
    target = Target(
        name="furnishes a home",
        kind="person",
        criteria=(
            _criterion("interests", "preferences.categories", Operator("in", ("home",))),
            _criterion(
                "spends", "spending.amount_365d", Operator("at_least", (Decimal(300),)), weight=2
            ),
            _criterion("comes back", "activity.active_days", Operator("at_least", (3,))),
        ),
    )
    tiers = [tier.name for tier in standards.tiers]
    rules = load_rules(None, standards.decimals, tiers)
    weights = load_weights(None)
    return structs.replace(standards, targets=(target,), rules=rules, risk=weights)


def _criterion(name: str, field: str, asked: Operator, weight: float = 1) -> Criterion:
    condition = of_field(resolve(Portrait, field), asked)
    return Criterion(name=name, weight=weight, condition=condition)


def _key(value: bytes) -> bytes:
    keyed = msgspec.json.decode(value, type=_Keyed)
    return customer_key(keyed.store_id, keyed.customer_id).encode()


def _unwrap(path: Path, reason: Reason) -> Example:
    try:
        wrapped = msgspec.json.decode(path.read_bytes(), type=_Wrapped)
    except msgspec.ValidationError as exc:
        raise ValueError(f"{path}: {exc}") from exc
    key = None if wrapped.key is None else wrapped.key.encode()
    return Example(f"{reason}/{path.stem}", wrapped.topic, key, _value(wrapped), reason)


def _value(wrapped: _Wrapped) -> bytes | None:
    if wrapped.value is not UNSET:
        return bytes(wrapped.value)
    if wrapped.base64 is not UNSET:
        return b64decode(wrapped.base64, validate=True)
    return None if wrapped.text in (None, UNSET) else wrapped.text.encode()
