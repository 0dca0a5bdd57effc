"""The AsyncAPI 3.0 document: topics, keys, headers, and who sends what, as the workers see it."""

from typing import Any

from stream.contract.json_schema import event_ref
from stream.contract.topics import NOTES, REASONS, topics
from stream.events import INTERNAL_TOPICS, TOPIC_EVENTS, type_name
from stream.risk.weights import LEVELS
from stream.settings import Settings
from stream.topics import DEAD_LETTERS, OUTPUT_TOPICS, PORTRAITS, RISK_ALERTS, SEGMENT_MOVES

Document = dict[str, Any]

#: Version of the contract, semantic: the major number rises when a reader or writer would break.
VERSION = "1.3.0"

_SCHEMA_FORMAT = "application/schema+json;version=draft-2020-12"
_KAFKA_BINDING = "0.5.0"

#: Tag of the channels that are no business of anybody else's.
_INTERNAL = {
    "name": "internal",
    "description": "Workers write it and read it; nobody else should do either.",
}
_KEY = {
    "description": "`store_id/customer_id` in UTF-8.",
    "type": "string",
    "pattern": "^[^/:]+/.+$",
}


def asyncapi() -> Document:
    """The whole document; its payloads refer to the JSON Schemas beside it."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Portrait Stream",
            "version": VERSION,
            "description": "Customer portraits kept current from event streams, seen from the "
            "workers. Topic names may carry a prefix (`PORTRAIT_TOPIC_PREFIX`).",
        },
        "defaultContentType": "application/json",
        "servers": {"kafka": _server()},
        "channels": {_id(topic): _channel(topic) for topic in topics()},
        "operations": {
            **{
                f"receive_{topic}": _operation("receive", topic)
                for topic in (*TOPIC_EVENTS, PORTRAITS)
            },
            **{
                f"send_{_id(topic)}": _operation("send", topic)
                for topic in (*INTERNAL_TOPICS, *OUTPUT_TOPICS)
            },
        },
        "components": {
            "messages": {
                **_events(),
                **_portraits(),
                "segment_moved": _segment_moved(),
                "risk_alerted": _risk_alerted(),
                "dead_letter": _dead_letter(),
            },
        },
    }


def _id(topic: str) -> str:
    return topic.replace("-", "_")


def _server() -> Document:
    return {
        "host": "{bootstrap}",
        "protocol": "kafka",
        "description": "The Kafka cluster of the installation.",
        "variables": {
            "bootstrap": {
                "description": "Bootstrap servers, `PORTRAIT_KAFKA`.",
                "default": Settings().kafka,
            }
        },
    }


def _channel(topic: str) -> Document:
    note = NOTES[topic]
    kafka: Document = {"topic": topic, "bindingVersion": _KAFKA_BINDING}
    policy = OUTPUT_TOPICS.get(topic, {}).get("cleanup.policy")
    if policy is not None:
        kafka["topicConfiguration"] = {"cleanup.policy": policy.split(",")}
    tags: Document = {"tags": [_INTERNAL]} if topic in INTERNAL_TOPICS else {}
    return {
        "address": topic,
        "description": f"{note.meaning} Written by: {note.writers}. Read by: {note.readers}.",
        **tags,
        "servers": [{"$ref": "#/servers/kafka"}],
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in _messages(topic)},
        "bindings": {"kafka": kafka},
    }


def _messages(topic: str) -> tuple[str, ...]:
    if topic == PORTRAITS:
        return tuple(_portraits())
    if topic == SEGMENT_MOVES:
        return ("segment_moved",)
    if topic == RISK_ALERTS:
        return ("risk_alerted",)
    if topic == DEAD_LETTERS:
        return ("dead_letter",)
    return tuple(type_name(event) for event in TOPIC_EVENTS[topic])


def _operation(action: str, topic: str) -> Document:
    return {
        "action": action,
        "summary": NOTES[topic].meaning,
        "channel": {"$ref": f"#/channels/{_id(topic)}"},
    }


def _message(name: str, summary: str, **rest: Any) -> Document:
    key = rest.pop("key", _KEY)
    return {
        "name": name,
        "summary": summary,
        **rest,
        "bindings": {"kafka": {"key": key, "bindingVersion": _KAFKA_BINDING}},
    }


def _payload(ref: str) -> Document:
    return {"schemaFormat": _SCHEMA_FORMAT, "schema": {"$ref": ref}}


def _events() -> Document:
    return {
        (name := type_name(event)): _message(
            name,
            (event.__doc__ or "").partition("\n")[0],
            payload=_payload(f"./events/{topic}.schema.json{event_ref(topic, name)}"),
        )
        for topic, events in TOPIC_EVENTS.items()
        for event in events
    }


def _portraits() -> Document:
    headers = _headers(
        version={"description": "`version` of the portrait.", "pattern": "^[0-9]+$"},
        store_id={"description": "Store of the customer."},
        changed={
            "description": "Names of the sections that differ from before, comma separated; "
            "empty where none does and on a tombstone."
        },
    )
    return {
        "portrait_changed": _message(
            "portrait_changed",
            "A portrait that changed; `version` rises by one with every change.",
            headers=headers,
            payload=_payload("./portraits.schema.json"),
        ),
        "portrait_erased": _message(
            "portrait_erased",
            "A tombstone: the customer was erased; forget what was kept of them.",
            headers=headers,
            payload={"type": "null"},
        ),
    }


def _segment_moved() -> Document:
    return _message(
        "segment_moved",
        "A customer entered or left a segment; key, `version` and `segment` name the move.",
        headers=_headers(
            version={"description": "`version` of the portrait.", "pattern": "^[0-9]+$"},
            store_id={"description": "Store of the customer."},
            segment={"description": "Name of the segment."},
            move={"description": "What happened.", "enum": ["entered", "left"]},
        ),
        payload=_payload("./segment-moves.schema.json"),
    )


def _risk_alerted() -> Document:
    return _message(
        "risk_alerted",
        "The risk of a customer rose to a level, or an alert of before is over; `id` names it.",
        headers=_headers(
            id={"description": "`id` of the alert.", "pattern": "^[0-9a-f]{16}$"},
            kind={"description": "What happened.", "enum": ["raised", "closed"]},
            level={"description": "The level reached.", "enum": list(LEVELS)},
            version={"description": "`version` of the portrait.", "pattern": "^[0-9]+$"},
            store_id={"description": "Store of the customer."},
        ),
        payload=_payload("./risk-alerts.schema.json"),
    )


def _dead_letter() -> Document:
    meanings = "\n".join(f"- `{reason}`: {meaning}" for reason, meaning in REASONS.items())
    number = "^-?[0-9]+$"
    return _message(
        "dead_letter",
        "A record that broke the contract, or an alert that a webhook did not take: its own key "
        "and value, byte for byte.",
        contentType="application/octet-stream",
        headers=_headers(
            reason={"description": meanings, "enum": [str(reason) for reason in REASONS]},
            detail={"description": "What was wrong, for people; the wording may change."},
            topic={"description": "Topic it was read from.", "enum": [*TOPIC_EVENTS, RISK_ALERTS]},
            partition={"description": "Partition it was read from.", "pattern": number},
            offset={"description": "Offset it was read at.", "pattern": number},
            timestamp={"description": "The record's timestamp, ms.", "pattern": number},
        ),
        payload={"description": "Any bytes, or none."},
        key={"description": "The record's own key; any bytes, or none."},
    )


def _headers(**headers: Document) -> Document:
    return {
        "type": "object",
        "description": "Kafka headers; every value is text in UTF-8.",
        "required": list(headers),
        "properties": {name: {"type": "string", **schema} for name, schema in headers.items()},
    }
