"""The context of a call: where and how it happened."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from stream.replay.amounts import to_name
from stream.replay.segment.properties import object_of, text_of

_LONGEST_AGENT = 1024
_LONGEST_ID = 128
_LONGEST_IP = 45


def to_context(context: Mapping[str, Any]) -> dict[str, Any] | None:
    """The fields that the contract knows; the rest of the context is dropped.

    What is too long to be what it claims to be is left out: it would cost the whole event.
    """
    device, campaign = object_of(context, "device"), object_of(context, "campaign")
    agent = text_of(context.get("userAgent"))
    fields = {
        "session_id": _short(context.get("sessionId"), _LONGEST_ID),
        "device_id": _short(device.get("id"), _LONGEST_ID),
        "device_model": _name(device.get("model")),
        "os": _name(object_of(context, "os").get("name")),
        "user_agent": agent[:_LONGEST_AGENT] if agent else None,
        "ip": _short(context.get("ip"), _LONGEST_IP),
        "country": _name(object_of(context, "location").get("country")),
        "channel": _name(campaign.get("medium")),
        "campaign": _name(campaign.get("name")),
    }
    known = {name: value for name, value in fields.items() if value is not None}
    return known or None


def zone_of(context: Mapping[str, Any]) -> ZoneInfo | None:
    """The customer's time zone; None where none is named, or one that does not exist."""
    name = context.get("timezone")
    return _zone(name) if isinstance(name, str) else None


@lru_cache(maxsize=1024)
def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (OSError, ValueError):
        # ZoneInfoNotFoundError is a KeyError; names such as "../x" and "Europe" are the others.
        return None
    except KeyError:
        return None


def _name(value: object) -> str | None:
    return to_name(text_of(value) or "")


def _short(value: object, longest: int) -> str | None:
    text = text_of(value)
    return text if text is not None and len(text) <= longest else None
