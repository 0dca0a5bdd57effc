"""How dead letters and segment moves are printed."""

import json

from msgspec import Struct

from stream.cli.watch import _change_line, letter_json, letter_line, move_line
from stream.errors import Reason, Rejected
from stream.moves import SegmentMove, move_message
from stream.publish import Message, dead_letter, portrait_message


class Record(Struct):
    key: bytes | None
    value: bytes | None
    offset: int = 7
    timestamp: int = 0


class Consumed(Struct):
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]


def consumed(detail: str, key: bytes | None = b"k", value: bytes | None = b"{}") -> Consumed:
    rejected = Rejected(Reason.NOT_JSON, detail)
    message: Message = dead_letter("clicks", 3, Record(key, value), rejected)
    return Consumed(message.key, message.value, message.headers)


def test_a_letter_is_one_line_whatever_its_detail_quotes() -> None:
    line = letter_line(consumed("Grüße\n\x1b[2J"))
    assert line == r"not_json  clicks:3@7  Grüße\n\x1b[2J"


def test_a_letter_as_json_keeps_bytes_that_are_no_text() -> None:
    assert json.loads(letter_json(consumed("no", b"\xffk", b"{\xfe"))) == {
        "reason": "not_json",
        "detail": "no",
        "topic": "clicks",
        "partition": 3,
        "offset": 7,
        "key": r"\xffk",
        "value": r"{\xfe",
    }


def test_a_letter_may_lack_key_value_and_headers() -> None:
    record = Consumed(None, None, ())
    assert set(json.loads(letter_json(record)).values()) == {None}
    assert letter_line(record)


def test_a_move_says_who_went_where_by_which_version_and_why() -> None:
    move = SegmentMove(
        store_id="main",
        customer_id="ada",
        segment="vip-care",
        move="left",
        at="2026-06-30T12:00:00.000Z",
        version=7,
        cause="time",
    )
    message = move_message(move)
    line = move_line(Consumed(message.key, message.value, message.headers))
    assert line == "2026-06-30T12:00:00.000Z  main/ada  v7  left vip-care by time"


def test_a_move_by_rules_says_that_they_changed() -> None:
    move = SegmentMove(
        store_id="main", customer_id="ada", segment="vip-care", move="entered",
        at="2026-06-30T12:00:00.000Z", version=7, cause="admin",
    )  # fmt: skip
    message = move_message(move)
    line = move_line(Consumed(message.key, message.value, message.headers))
    assert line.endswith("  entered vip-care because the rules changed")


ODD = "a\x1b[2J\nb\u202eñ顾"
#: The same without codes that would move the cursor or turn the text round.
PLAIN = r"main/a\x1b[2J\nb\u202eñ顾"


def test_a_change_cannot_move_the_cursor_by_its_customers_id() -> None:
    document = b'{"as_of":"2026-06-30T12:00:00.000Z","changed":["spending"],"cause":"event"}'
    message = portrait_message(f"main/{ODD}", 7, document, ("spending",))
    line = _change_line(Consumed(message.key, message.value, message.headers))
    assert line == f"2026-06-30T12:00:00.000Z  {PLAIN}  v7  event: spending"


def test_an_erasure_cannot_either() -> None:
    message = portrait_message(f"main/{ODD}", 8, None, ())
    line = _change_line(Consumed(message.key, message.value, message.headers))
    assert line == f"{PLAIN}  v8  erased"


def test_a_move_cannot_either() -> None:
    move = SegmentMove(
        store_id="main", customer_id=ODD, segment="vip\x07", move="entered",
        at="2026-06-30T12:00:00.000Z", version=7, cause="event",
    )  # fmt: skip
    message = move_message(move)
    line = move_line(Consumed(message.key, message.value, message.headers))
    assert line == rf"2026-06-30T12:00:00.000Z  {PLAIN}  v7  entered vip\x07 by an event"
