"""Any bytes at all: refused with a reason, or good all the way to the stored portrait.

Whatever gets past `decode` and fails later would stop its partition for ever.
"""

import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import msgspec
from hypothesis import example, given
from hypothesis import strategies as st

from stream.decode import decode
from stream.errors import Reason, Rejected
from stream.events import customer_key
from stream.measures.standards import default_standards
from stream.profile.fold import Folded, fold_record
from stream.profile.portrait import Portrait, describe
from stream.profile.state import State, next_change, prune
from stream.profile.traits import KNOWN
from stream.tables import codec
from tests.support.events import FAR_MS, RATES, TOPIC_OF, TOPICS, Wire, occur, viewed
from tests.support.strategies import histories

#: Raw JSON put in place of a value: at the limits of numbers, text, time, money and nesting.
ODD_VALUES = (
    *("null", "true", "0", "-0", "-0.0", "1e400", "-1e400", "1e-400", "1.5", "NaN", "Infinity"),
    *(str(2**53), str(2**53 + 1), str(2**63), str(2**64), str(-(2**63) - 1), "1" + "0" * 5000),
    *('""', '" "', '"\\u0000"', '"\\ud800"', '"\\udc00x"', '"\\ud83d\\ude00"', '"\ufeff"'),
    *('"12\\n"', '"12.5\\n"', '"\\n"', '"0"', '"1e5"', '"-1"', '"٣"', f'"1.{"9" * 22}"'),
    *(f'"{"9" * 24}"', f'"{"x" * 70_000}"', '"{x}"', '"main\\n"', '"a/b"', '"a:b"'),
    *('"USD\\n"', '"JPY"', '"XXX"', '"9999-12-31T23:59:59.999999Z"', '"2024-05-06T12:00:60Z"'),
    *('"9999-12-31T23:59:59-23:59"', '"0001-01-01T00:00:00+23:59"', '"1970-01-01T00:00:00Z"'),
    *('"1970-01-01T00:00:00+14:00"', '"2024-05-06T12:00:00.9999999Z"', '"2024-02-30T00:00:00Z"'),
    *("[]", "{}", "[[[[]]]]", "[null]", '{"a":1,"a":2}', "[" * 3000 + "]" * 3000, '{"":""}'),
    *('"product_viewed"', '"signed_in"', '"female"', "@", '"\\x"', '"\t"'),
)  # fmt: skip

STANDARDS = default_standards("USD")

YEAR_9998_MS = 253_370_764_800_000


def judged(topic: str, key: bytes | None, value: bytes, now_ms: int = FAR_MS) -> Reason | Portrait:
    """What becomes of a record; fails where it is neither refused nor good all the way."""
    try:
        occurrence = decode(topic, key, value, now_ms=now_ms, rates=RATES)
    except Rejected as rejected:
        rejected.detail.encode("utf-8", "replace")
        return rejected.reason
    event = occurrence.event
    customer_key(event.store_id, event.customer_id).encode()
    state = State()
    for before in (viewed("2024-05-06T12:00:00Z", category="mugs", price="5.00"),):
        fold_record(state, "clicks:0", 0, occur(before))
    assert fold_record(state, "clicks:0", 1, occurrence) is Folded.APPLIED
    prune(state)
    state = codec.decode(stored := codec.encode(state))
    assert codec.encode(state) == stored
    if state.newest_ms is None:
        return describe_nobody(state)
    next_change(state, state.newest_ms + 1)
    portrait = describe(
        event.store_id,
        event.customer_id,
        state,
        state.newest_ms + 1,
        standards=STANDARDS,
        version=1,
    )
    document = msgspec.json.encode(portrait)
    assert msgspec.json.decode(document, type=Portrait) == portrait
    json.loads(document)
    return portrait


def describe_nobody(state: State) -> Reason | Portrait:
    """Only an erasure leaves nobody; a record of the oldest event stands for its portrait."""
    assert state.erased
    fresh = State()
    fold_record(fresh, "clicks:0", 0, occur(viewed("2024-05-06T12:00:00Z")))
    return describe("main", "c1", fresh, FAR_MS, standards=STANDARDS, version=1)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every value in a JSON value."""
    yield path
    if isinstance(value, dict | list):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for name, inner in items:
            yield from places(inner, (*path, name))


def with_raw(wire: Wire, path: tuple[Any, ...], raw: str) -> str:
    """The JSON of an event with raw text in place of one value."""
    copy = json.loads(json.dumps(wire))
    if not path:
        return raw
    inner = copy
    for name in path[:-1]:
        inner = inner[name]
    inner[path[-1]] = "@@HERE@@"
    return json.dumps(copy).replace('"@@HERE@@"', raw)


@st.composite
def mutants(draw: st.DrawFn) -> tuple[str, bytes]:
    """A valid event with one thing wrong or odd in it, and perhaps broken bytes; its topic."""
    wire = draw(histories(max_size=1, erasable=True))[0]
    topic = draw(st.sampled_from([TOPIC_OF[wire["type"]]] * 7 + ["clicks"]))
    path = draw(st.sampled_from(list(places(wire))))
    kind = draw(st.integers(0, 6))
    if kind == 0 and path and isinstance(path[-1], str):
        inner: Any = wire
        for name in path[:-1]:
            inner = inner[name]
        del inner[path[-1]]
        text = json.dumps(wire)
    elif kind == 1:
        field = draw(
            st.sampled_from(["context", "anonymous_id", "extra", "type", "traits", "total"])
        )
        text = json.dumps(wire)[:-1] + f', "{field}": {draw(st.sampled_from(ODD_VALUES))}}}'
    else:
        text = with_raw(wire, path, draw(st.sampled_from(ODD_VALUES)))
    value = bytearray(text.encode())
    if draw(st.integers(0, 3)) == 0 and value:
        where = draw(st.integers(0, len(value) - 1))
        match draw(st.integers(0, 2)):
            case 0:
                del value[where:]
            case 1:
                value[where] = draw(st.integers(0, 255))
            case _:
                value[where:where] = draw(st.binary(max_size=3))
    return topic, bytes(value)


@given(mutants())
@example(("clicks", b'{"type":"signed_in"'))
@example(("clicks", b'{"type":"nope","x":"\xff'))
def test_valid_events_with_something_wrong_in_them(record: tuple[str, bytes]) -> None:
    topic, value = record
    for now_ms in (FAR_MS, YEAR_9998_MS):
        assert isinstance(judged(topic, None, value, now_ms), Reason | Portrait)


def test_every_odd_value_in_every_place_of_some_events() -> None:
    wires = (
        viewed("2024-05-06T12:00:00Z", category="mugs", price="1.00"),
        viewed("2024-05-06T12:00:00Z") | {"type": "customer_identified", "traits": {"size": 1}},
    )
    for wire in wires:
        for path in places(wire):
            for raw in ODD_VALUES:
                value = with_raw(wire, path, raw).encode()
                assert judged(TOPIC_OF[wire["type"]], None, value), (path, raw)


@given(st.sampled_from(sorted(TOPICS)), st.none() | st.binary(max_size=20), st.binary(max_size=60))
def test_arbitrary_bytes(topic: str, key: bytes | None, value: bytes) -> None:
    assert isinstance(judged(topic, key, value), Reason)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(st.sampled_from(sorted(TOPICS)), json_values)
def test_arbitrary_json(topic: str, value: Any) -> None:
    assert isinstance(judged(topic, None, json.dumps(value).encode()), Reason)


@given(
    st.dictionaries(
        st.text(max_size=70) | st.sampled_from([*KNOWN, "gender", "birth_year"]),
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40),
        max_size=12,
    ),
)
def test_arbitrary_traits(traits: dict[str, Any]) -> None:
    wire = viewed("2024-05-06T12:00:00Z") | {"type": "customer_identified", "traits": traits}
    with suppress(UnicodeEncodeError):
        judged("customers", None, json.dumps(wire, ensure_ascii=False).encode())
    judged("customers", None, json.dumps(wire).encode())


@given(histories(max_size=10, erasable=True))
def test_valid_events_are_taken(history: list[Wire]) -> None:
    for wire in history:
        judgement = judged(TOPIC_OF[wire["type"]], b"main/c1", json.dumps(wire).encode())
        assert isinstance(judgement, Portrait), judgement
