"""The contract under ``schemas/``: generated from the structs, and one with the decoder."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator

from stream.alerts import alert_message
from stream.cli.schemas import command
from stream.contract.asyncapi import asyncapi
from stream.contract.examples import (
    CUSTOMER,
    Example,
    example_alert,
    example_move,
    example_portrait,
    invalid_examples,
    valid_examples,
)
from stream.contract.files import stale, write
from stream.contract.topics import NOTES, REASONS, topics
from stream.decode import decode
from stream.errors import Reason, Rejected
from stream.events import EVENT_TYPES, INTERNAL_TOPICS, TOPIC_EVENTS, type_name
from stream.money import Rates
from stream.moves import move_message
from stream.profile.portrait import Change
from stream.publish import dead_letter, portrait_message
from stream.topics import PORTRAITS

SCHEMAS = Path(__file__).resolve().parents[2] / "schemas"
EXAMPLES = SCHEMAS / "examples"
VALID = valid_examples(EXAMPLES)
INVALID = invalid_examples(EXAMPLES)

NOW_MS = 1_798_761_600_000  # 2027-01-01T00:00:00Z
RATES = Rates("USD")

#: What a schema cannot see: the clock, the rates, the record's key.
BEYOND_SCHEMAS = {Reason.FUTURE_TIMESTAMP, Reason.UNKNOWN_CURRENCY, Reason.KEY_MISMATCH}
#: Examples of other reasons that need arithmetic or a calendar, or a finer number than JSON's.
ARITHMETIC = {
    "bad_timestamp/before_1970",
    "bad_timestamp/no_such_day",
    "bad_money/implausible",
    "invalid_value/huge_integer_trait",
}

#: Put in the place of every field of every valid example, in turn; `...` takes the field away.
INTRUDERS: tuple[Any, ...] = (..., None, True, 7, -1.5, "", "x", "x" * 2000, [], [1], {}, {"x": 1})


def is_example(example: Example) -> str:
    return example.name


def rejection(example: Example) -> Reason | None:
    try:
        decode(example.topic, example.key, example.value, now_ms=NOW_MS, rates=RATES)
    except Rejected as rejected:
        return rejected.reason
    return None


def read(path: str) -> Any:
    return json.loads((SCHEMAS / path).read_bytes())


@cache
def validator(path: str) -> Draft202012Validator:
    return Draft202012Validator(read(path))


def takes(topic: str, value: Any) -> bool:
    return bool(validator(f"events/{topic}.schema.json").is_valid(value))


# --- generated files ------------------------------------------------------------------------


def test_generated_files_are_current() -> None:
    assert stale(SCHEMAS) == [], "run `make schemas`"


def test_check_names_stale_and_left_over_files_and_exits_with_1(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "asyncapi.json").write_text("{}\n")
    (tmp_path / "events" / "visits.schema.json").write_text("{}\n")
    (tmp_path / "portraits.schema.json").unlink()

    checked = CliRunner().invoke(command, [str(tmp_path), "--check"])

    assert checked.exit_code == 1
    assert checked.stdout.split() == [
        str(tmp_path / "asyncapi.json"),
        str(tmp_path / "events" / "visits.schema.json"),
        str(tmp_path / "portraits.schema.json"),
    ]
    assert (tmp_path / "asyncapi.json").read_text() == "{}\n", "--check writes nothing"


def test_generating_repairs_what_check_complains_of(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "asyncapi.json").write_text("{}\n")
    (tmp_path / "events" / "visits.schema.json").write_text("{}\n")

    generated = CliRunner().invoke(command, [str(tmp_path)])
    checked = CliRunner().invoke(command, [str(tmp_path), "--check"])

    assert generated.exit_code == 0
    assert (checked.exit_code, checked.output) == (0, "")
    assert not (tmp_path / "events" / "visits.schema.json").exists()


@pytest.mark.parametrize("path", sorted(SCHEMAS.rglob("*.schema.json")), ids=lambda p: p.name)
def test_schema_is_draft_2020_12(path: Path) -> None:
    schema = json.loads(path.read_bytes())
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_every_field_of_the_portrait_is_described() -> None:
    schema = read("portraits.schema.json")
    assert list(undescribed(schema, schema["$defs"])) == []


def undescribed(schema: Any, definitions: dict[str, Any]) -> Iterator[str]:
    for struct in (schema, *definitions.values()):
        for name, field in struct["properties"].items():
            target = definitions.get(field.get("$ref", "").rpartition("/")[2], {})
            if not field.get("description") and not target.get("description"):
                yield f"{struct['title']}.{name}"


# --- valid examples -------------------------------------------------------------------------


def test_every_event_type_has_a_valid_example() -> None:
    shown = {json.loads(example.value or b"")["type"] for example in VALID}
    assert shown == {type_name(event) for event in EVENT_TYPES}


@pytest.mark.parametrize("example", VALID, ids=is_example)
def test_valid_example_is_taken_by_decoder_and_schema(example: Example) -> None:
    assert rejection(example) is None
    validator(f"events/{example.topic}.schema.json").validate(json.loads(example.value or b""))


def test_valid_examples_have_ids_of_their_own() -> None:
    ids = [json.loads(example.value or b"")["event_id"] for example in VALID]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("example", VALID, ids=is_example)
def test_decoder_and_schema_judge_each_broken_field_alike(example: Example) -> None:
    for what, value in broken(json.loads(example.value or b"")):
        altered = Example(what, example.topic, None, json.dumps(value).encode())
        reason = rejection(altered)
        assert takes(example.topic, value) == (reason in {None, *BEYOND_SCHEMAS}), (what, reason)


def broken(event: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for path in fields(event):
        for intruder in INTRUDERS:
            altered = json.loads(json.dumps(event))
            target = altered
            for step in path[:-1]:
                target = target[step]
            if intruder is ...:
                del target[path[-1]]
            else:
                target[path[-1]] = intruder
            yield f"{'.'.join(map(str, path))} <- {str(intruder)[:20]}", altered


def fields(value: Any) -> Iterator[tuple[Any, ...]]:
    match value:
        case dict():
            children = list(value.items())
        case list():
            children = list(enumerate(value))
        case _:
            return
    for name, child in children:
        yield (name,)
        yield from ((name, *rest) for rest in fields(child))


# --- invalid examples -----------------------------------------------------------------------


def test_every_reason_has_an_invalid_example() -> None:
    refused = set(Reason) - {Reason.UNDELIVERABLE}  # an alert, which no worker reads
    assert {example.reason for example in INVALID} == refused


def test_every_example_lies_in_a_folder_that_is_read() -> None:
    files = {p.relative_to(EXAMPLES).with_suffix("").as_posix() for p in EXAMPLES.rglob("*.*")}
    read_files = {f"valid/{example.name}" for example in VALID}
    read_files |= {f"invalid/{example.name}" for example in INVALID}
    made = {f"valid/{topic}/c-1001" for topic in ("portraits", "segment-moves", "risk-alerts")}
    assert files - read_files == made


@pytest.mark.parametrize("example", INVALID, ids=is_example)
def test_invalid_example_is_rejected_for_the_reason_of_its_folder(example: Example) -> None:
    assert rejection(example) == example.reason


@pytest.mark.parametrize("example", INVALID, ids=is_example)
def test_schema_refuses_what_is_wrong_in_the_value_itself(example: Example) -> None:
    if example.reason is Reason.NOT_JSON:
        with pytest.raises((json.JSONDecodeError, UnicodeError)):
            strict_json(example.value or b"")
        return
    expressible = example.reason not in BEYOND_SCHEMAS and example.name not in ARITHMETIC
    assert takes(example.topic, json.loads(example.value or b"")) is not expressible


def strict_json(value: bytes) -> bytes:
    # Python's reader lets lone surrogates pass, encoding them does not.
    return json.dumps(json.loads(value.decode()), ensure_ascii=False).encode()


# --- portraits ------------------------------------------------------------------------------


def test_portrait_of_the_example_history_fits_its_schema() -> None:
    portrait = example_portrait(EXAMPLES)
    assert portrait is not None
    validator("portraits.schema.json").validate(json.loads(msgspec.json.encode(portrait)))


def test_portrait_example_counts_each_example_of_its_customer_in_the_window() -> None:
    portrait = read("examples/valid/portraits/c-1001.json")
    counts = portrait["activity"]["counts"]
    start = datetime.fromisoformat(portrait["activity"]["window"]["start"])
    internal = {type_name(event) for topic in INTERNAL_TOPICS for event in TOPIC_EVENTS[topic]}
    own = [event for event in examples_of_the_customer() if event["type"] not in internal]
    recent = [e for e in own if datetime.fromisoformat(e["occurred_at"]) >= start]
    assert counts == Counter(event["type"] for event in recent)
    assert len(recent) < len(own), "some of its orders lie before the window"
    not_shown = {type_name(event) for event in EVENT_TYPES} - set(counts)
    assert not_shown == {"erasure_requested", *internal}


def examples_of_the_customer() -> list[dict[str, Any]]:
    key = "/".join(CUSTOMER).encode()
    return [json.loads(example.value or b"") for example in VALID if example.key == key]


def test_portrait_example_shows_something_of_every_section() -> None:
    portrait = read("examples/valid/portraits/c-1001.json")
    # The customer is a person; the example of a company's traits belongs to another one.
    blank = {path for path, value in leaves(portrait) if value in (None, "", [], {})}
    assert blank <= {"attributes.company", "attributes.devices.2.model"}
    assert len(portrait["disposition"]["inclinations"]) == 6
    assert portrait["service"]["open_complaints"] == 1, "of two complaints one is resolved"
    assert portrait["social"]["customers_brought"] == 1


def leaves(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    match value:
        case dict() if value:
            for name, child in value.items():
                yield from leaves(child, (*path, name))
        case list() if value:
            for index, child in enumerate(value):
                yield from leaves(child, (*path, str(index)))
        case _:
            yield ".".join(path), value


@pytest.mark.parametrize("field", Change.__struct_fields__)
def test_portrait_without_one_of_its_fields_is_refused(field: str) -> None:
    portrait = read("examples/valid/portraits/c-1001.json")
    del portrait[field]
    assert not validator("portraits.schema.json").is_valid(portrait)


# --- AsyncAPI -------------------------------------------------------------------------------


def test_asyncapi_refers_only_to_what_exists() -> None:
    document = read("asyncapi.json")
    found = list(references(document))
    assert len(found) > len(EVENT_TYPES)
    for ref in found:
        path, _, pointer = ref.partition("#")
        node = read(path) if path else document
        for step in filter(None, pointer.split("/")):
            node = node[step]


def test_asyncapi_refers_to_every_schema() -> None:
    referred = {(SCHEMAS / ref.partition("#")[0]).resolve() for ref in references(asyncapi())}
    on_no_topic = SCHEMAS / "group.schema.json"  # what `portrait group --json` prints
    assert referred >= set(SCHEMAS.rglob("*.schema.json")) - {on_no_topic}


def test_asyncapi_has_every_topic_and_event_type_where_it_belongs() -> None:
    channels = read("asyncapi.json")["channels"]
    assert [channel["address"] for channel in channels.values()] == list(topics())
    for topic, events in TOPIC_EVENTS.items():
        assert list(channels[topic]["messages"]) == [type_name(event) for event in events]


def test_asyncapi_has_workers_both_send_and_receive_on_internal_topics() -> None:
    document = read("asyncapi.json")
    actions: dict[str, set[str]] = {}
    for operation in document["operations"].values():
        topic = operation["channel"]["$ref"].rpartition("/")[2]
        actions.setdefault(topic, set()).add(operation["action"])
    both = {topic for topic, found in actions.items() if found == {"send", "receive"}}
    both.remove(PORTRAITS)  # workers read it like others do, for the portraits of groups
    tagged = {
        name
        for name, channel in document["channels"].items()
        if any(tag["name"] == "internal" for tag in channel.get("tags", ()))
    }
    assert both == tagged == set(INTERNAL_TOPICS)
    assert set(actions) == set(document["channels"])


@pytest.mark.parametrize(
    "name",
    ["portrait_changed", "portrait_erased", "segment_moved", "risk_alerted", "dead_letter"],
)
def test_asyncapi_names_the_headers_that_are_sent(name: str) -> None:
    described = read("asyncapi.json")["components"]["messages"][name]["headers"]
    sent = {key: value.decode() for key, value in sent_headers(name)}
    assert list(described["properties"]) == list(sent)
    Draft202012Validator(described).validate(sent)


def sent_headers(name: str) -> tuple[tuple[str, bytes], ...]:
    match name:
        case "portrait_changed":
            return portrait_message("main/c-1", 3, b"{}", ("activity",)).headers
        case "portrait_erased":
            return portrait_message("main/c-1", 4, None).headers
        case "segment_moved":
            portrait = example_portrait(EXAMPLES)
            assert portrait is not None
            return move_message(example_move(portrait)).headers
        case "risk_alerted":
            return alert_message(example_alert()).headers
        case _:
            record = Record()
            return dead_letter("clicks", 2, record, Rejected(Reason.NOT_JSON, "cut off")).headers


class Record:
    offset = 17
    key: bytes | None = b"main/c-1"
    value: bytes | None = b"{"
    timestamp = NOW_MS


def references(node: Any) -> Iterator[str]:
    match node:
        case {"$ref": str(ref)}:
            yield ref
        case dict():
            for child in node.values():
                yield from references(child)
        case list():
            for child in node:
                yield from references(child)


# --- README ---------------------------------------------------------------------------------


def test_readme_has_a_row_for_every_topic_and_reason() -> None:
    readme = (SCHEMAS / "README.md").read_text()
    rows = dict(re.findall(r"^\| `([a-z_-]+)` \| (.*) \|$", readme, re.MULTILINE))
    assert set(rows) == {*topics(), *Reason}
    assert {reason: rows[reason] for reason in Reason} == REASONS
    for topic, note in NOTES.items():
        assert rows[topic].split(" | ")[2:4] == [note.writers, note.readers]


def test_example_of_a_segment_move_is_one() -> None:
    move = read("examples/valid/segment-moves/c-1001.json")
    validator("segment-moves.schema.json").validate(move)
    portrait = read("examples/valid/portraits/c-1001.json")
    assert move["segment"] in portrait["segments"]


def test_example_of_a_risk_alert_is_one() -> None:
    alert = read("examples/valid/risk-alerts/c-1001.json")
    validator("risk-alerts.schema.json").validate(alert)
    assert alert["events"] == alert["reasons"][0]["events"]


def test_every_field_of_an_alert_is_described() -> None:
    schema = read("risk-alerts.schema.json")
    assert list(undescribed(schema, schema["$defs"])) == []
