"""JSON Schemas (draft 2020-12) of what is on the topics, made from the structs.

msgspec writes the schemas; what it knows only at run time or leaves to the decoder is added here.
A record that a schema takes is taken by the decoder, apart from what no schema can say (see
``schemas/README.md``).
"""

from typing import Any

import msgspec

from stream.alerts import RiskAlert
from stream.events import INTERNAL_TOPICS, TOPIC_EVENTS, CustomerIdentified, type_name
from stream.groups.portrait import GroupPortrait
from stream.moves import SegmentMove
from stream.profile.portrait import Change
from stream.profile.traits import KnownTraits

Schema = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_REF = "#/$defs/{name}"

#: RFC 3339 with an offset; `format` alone is a remark that validators pass over.
_TIMESTAMP_PATTERN = (
    "^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
    "[Tt ]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]+)?"
    "([Zz]|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$"
)


def event_schema(topic: str) -> Schema:
    """The schema of an input topic: one of its event types, told apart by ``type``."""
    events = TOPIC_EVENTS[topic]
    refs, definitions = msgspec.json.schema_components(events, ref_template=_REF)
    for event in events:
        definitions[event.__name__]["properties"]["type"] = {"const": type_name(event)}
    if CustomerIdentified in events:
        _know_traits(definitions[CustomerIdentified.__name__])
    _assert_timestamps(definitions)
    kind = "internal topic" if topic in INTERNAL_TOPICS else "topic"
    return {
        "$schema": DIALECT,
        "title": topic,
        "description": f"Value of a record of the {kind} `{topic}`; unknown fields are ignored.",
        "type": "object",
        "required": ["type"],
        # Said once more before the alternatives, so that a validator names the wrong type.
        "properties": {"type": {"enum": [type_name(event) for event in events]}},
        "oneOf": list(refs),
        "$defs": definitions,
    }


def portrait_schema() -> Schema:
    """The schema of a published portrait."""
    return _schema_of(Change)


def move_schema() -> Schema:
    """The schema of a segment move."""
    return _schema_of(SegmentMove)


def alert_schema() -> Schema:
    """The schema of a risk alert."""
    return _schema_of(RiskAlert)


def group_schema() -> Schema:
    """The schema of a group portrait, which `portrait group --json` prints."""
    return _schema_of(GroupPortrait)


def _schema_of(struct: type[msgspec.Struct]) -> Schema:
    _, definitions = msgspec.json.schema_components([struct], ref_template=_REF)
    own = definitions.pop(struct.__name__)
    return {"$schema": DIALECT, **own} | ({"$defs": definitions} if definitions else {})


def event_ref(topic: str, name: str) -> str:
    """Where, below its schema, the struct of an event type is defined."""
    struct = next(s for s in TOPIC_EVENTS[topic] if s.__struct_config__.tag == name)
    return _REF.format(name=struct.__name__)


def _know_traits(identified: Schema) -> None:
    # The decoder checks the known traits after the struct, which takes any name.
    _, known = msgspec.json.schema_components([KnownTraits], ref_template=_REF)
    properties: dict[str, Schema] = known[KnownTraits.__name__]["properties"]
    for schema in properties.values():
        del schema["default"]  # an absent trait stays as it was: null would take it back
    identified["properties"]["traits"]["properties"] = properties


def _assert_timestamps(node: Any) -> None:
    match node:
        case {"format": "date-time"}:
            node["pattern"] = _TIMESTAMP_PATTERN
        case dict():
            for child in node.values():
                _assert_timestamps(child)
        case list():
            for child in node:
                _assert_timestamps(child)
