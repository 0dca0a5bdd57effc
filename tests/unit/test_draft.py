"""Drafts: one customer from a stored record and new events to the next record, without I/O."""

from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec
import pytest
from msgspec.structs import replace

from stream.draft import Draft, Sourced, draft, stored_message, to_entry
from stream.events import AccountLinked, Event
from stream.files.risk import load_weights
from stream.hot import Entry
from stream.measures.standards import Standards
from stream.profile import risk
from stream.profile.occurrence import Occurrence, hash_id
from stream.profile.portrait import SECTIONS
from stream.risk.findings import Finding
from stream.risk.subject import Subject
from stream.tables.table import Record
from stream.windows import to_ms, to_rfc3339
from tests.support.fakes import START_MS, erasure, signed_in, viewed
from tests.support.standards import STANDARDS


def sourced(events: Sequence[Event], first_offset: int = 0) -> list[Sourced]:
    found = []
    for offset, event in enumerate(events, first_offset):
        occurrence = Occurrence(event, to_ms(event.occurred_at), 0, hash_id(event.event_id))
        found.append(Sourced("clicks:0", offset, occurrence))
    return found


def drafted(
    entry: Entry,
    records: Sequence[Sourced],
    now_ms: int = START_MS,
    standards: Standards = STANDARDS,
) -> Draft:
    return draft(
        "main/a",
        entry,
        records,
        now_ms=now_ms,
        cause="event",
        standards=standards,
        token="t",
    )


def first_record() -> Record:
    write = drafted(to_entry(None), sourced([viewed("a", "1")])).write
    assert write is not None
    return write.record


async def test_a_new_customer_starts_with_revision_and_version_one() -> None:
    made = drafted(to_entry(None), sourced([signed_in("a", "1")]))
    assert made.write is not None
    assert (made.write.record.revision, made.write.record.version) == (1, 1)
    assert made.write.publish
    assert made.write is not None
    assert made.write.record.version == 1
    assert made.messages[0].value == made.write.record.document
    assert made.write.due_ms == made.due_ms is not None


async def test_headers_repeat_version_store_and_changed_sections() -> None:
    entry = to_entry(first_record())
    (message,) = drafted(entry, sourced([signed_in("a", "2")], 1)).messages
    assert message.key == b"main/a"
    assert message.headers == (
        ("version", b"2"), ("store_id", b"main"), ("changed", b"activity")
    )  # fmt: skip
    assert msgspec.json.decode(message.value or b"")["changed"] == ["activity"]


async def test_redelivered_records_republish_the_stored_bytes_and_write_nothing() -> None:
    record = first_record()
    made = drafted(to_entry(record), sourced([viewed("a", "1")]))
    assert made.write is None
    assert made.messages == [stored_message("main/a", record)]
    assert made.messages[0].value == record.document


async def test_what_another_made_known_later_is_judged_as_of_then() -> None:
    link = AccountLinked(
        event_id="l",
        customer_id="a",
        occurred_at=datetime.fromtimestamp(START_MS / 1000 + 3600, UTC),
        code="accounts_on_device",
        value=50,
        cause="theirs",
    )
    shipped = replace(STANDARDS, risk=load_weights(None))
    made = drafted(to_entry(first_record()), sourced([link], 1), standards=shipped)
    document = msgspec.json.decode(made.messages[0].value or b"")
    assert document["risk"]["level"] != "low"
    (reason,) = document["risk"]["reasons"]
    assert reason["at"] == to_rfc3339(to_ms(link.occurred_at)) < document["as_of"]
    assert [alert.at for alert in made.alerts] == [document["as_of"]]


async def test_a_customer_without_any_record_makes_nothing() -> None:
    made = drafted(to_entry(None), [])
    assert (made.write, made.messages, made.due_ms) == (None, [], None)


async def test_a_portrait_is_described_after_the_customers_newest_event() -> None:
    event = signed_in("a", "1", hours_ago=-1)
    made = drafted(to_entry(None), sourced([event]))
    assert made.entry.change is not None
    assert made.entry.change.as_of == "2025-06-01T13:00:00.001Z"


async def test_an_older_document_with_other_sections_is_described_anew() -> None:
    record = first_record()
    older = Record(record.revision, record.version, record.state, b'{"version":1}')
    made = drafted(to_entry(older), [])
    assert made.write is not None
    assert made.write.record.version == 2
    assert made.entry.change is not None
    assert made.entry.change.changed == SECTIONS


async def test_segments_of_a_document_of_another_release_are_known_all_the_same() -> None:
    record = first_record()
    other = Record(1, 1, record.state, b'{"version":1,"segments":["vip"],"to_come":{}}')
    entry = to_entry(other)
    assert (entry.change, entry.segments) == (None, ("vip",))
    made = drafted(entry, [])  # by standards without segments
    assert [(move.segment, move.move, move.version) for move in made.moves] == [("vip", "left", 2)]
    assert made.entry.segments == ()


async def test_a_document_from_before_there_were_segments_has_none() -> None:
    older = Record(1, 1, first_record().state, b'{"version":1}')
    assert to_entry(older).segments == ()


async def test_an_older_document_is_never_republished_as_a_tombstone() -> None:
    record = first_record()
    older = Record(record.revision, record.version, record.state, b'{"version":1}')
    made = drafted(to_entry(older), sourced([viewed("a", "1")]))
    assert None not in [message.value for message in made.messages]


async def test_an_erased_record_reads_back_as_erased() -> None:
    entry = to_entry(first_record())
    write = drafted(entry, sourced([erasure("a")], 1)).write
    assert write is not None
    assert (write.record.version, write.record.document, write.due_ms) == (2, None, None)
    again = to_entry(write.record)
    assert again.state.erased
    made = drafted(again, sourced([signed_in("a", "2")], 2))
    assert made.messages == []
    assert made.write is not None
    assert (made.write.record.revision, made.write.record.version) == (3, 2)


async def test_suspicions_are_looked_for_once_a_draft(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[Subject] = []

    def find(subject: Subject) -> list[Finding]:
        looks.append(subject)
        return []

    monkeypatch.setattr(risk, "find", find)
    assert drafted(to_entry(None), sourced([signed_in("a", "1")])).changed
    assert len(looks) == 1
