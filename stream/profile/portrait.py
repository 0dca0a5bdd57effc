"""The portrait document, and ``describe``: state to document."""

from typing import Annotated, Literal

from msgspec import Meta, Struct
from msgspec.structs import replace

from stream.money import exponent
from stream.profile import activity, attributes, preference, spending
from stream.profile.activity import Activity
from stream.profile.attributes import Attributes
from stream.profile.preference import Preferences
from stream.profile.spending import Spending
from stream.profile.state import State
from stream.profile.windows import to_rfc3339

Cause = Literal["event", "time", "admin"]

#: Sections of the document, in its order; ``changed`` names them.
SECTIONS = ("attributes", "activity", "preferences", "spending")


class Portrait(Struct, frozen=True, kw_only=True):
    """What is known of one customer of one store, as of an instant."""

    store_id: Annotated[str, Meta(description="Store that the portrait belongs to.")]
    customer_id: Annotated[str, Meta(description="The customer, within the store.")]
    version: Annotated[
        int, Meta(ge=1, description="Counts the changes that were published, without gaps.")
    ]
    as_of: Annotated[str, Meta(description="RFC 3339, UTC; every event before it is counted.")]
    first_seen: Annotated[str, Meta(description="Time of the customer's oldest event.")]
    last_seen: Annotated[str, Meta(description="Time of the customer's newest event.")]
    attributes: Attributes
    activity: Activity
    preferences: Preferences
    spending: Spending


class Change(Portrait, frozen=True, kw_only=True):
    """A portrait that changed, as it is published and as it stands in the table."""

    changed: Annotated[
        tuple[str, ...], Meta(description="Names of the sections that differ from before.")
    ]
    cause: Annotated[
        Cause, Meta(description="`event`; `time` where something left the window; `admin`.")
    ]


def to_change(portrait: Portrait, changed: tuple[str, ...], cause: Cause) -> Change:
    """The portrait as it is published."""
    fields = {name: getattr(portrait, name) for name in Portrait.__struct_fields__}
    return Change(**fields, changed=changed, cause=cause)


class NotYetKnown(ValueError):
    """``as_of`` lies before the customer's newest event: the state no longer knows that time."""


def describe(
    store_id: str, customer_id: str, state: State, as_of_ms: int, *, currency: str, version: int
) -> Portrait:
    """The portrait at an instant not before the customer's newest event.

    An event of that very instant is counted. Pure: the same state and instant give the same
    document. ``currency`` is the base currency that the state's amounts are kept in. Raises
    :class:`NotYetKnown`.
    """
    if state.newest_ms is None or state.first_ms is None or as_of_ms < state.newest_ms:
        raise NotYetKnown(f"{customer_id} has no portrait at {to_rfc3339(as_of_ms)}")
    decimals = exponent(currency)
    return Portrait(
        store_id=store_id,
        customer_id=customer_id,
        version=version,
        as_of=to_rfc3339(as_of_ms),
        first_seen=to_rfc3339(state.first_ms),
        last_seen=to_rfc3339(state.newest_ms),
        attributes=attributes.describe(state.traits, as_of_ms),
        activity=activity.describe(state.activity, as_of_ms),
        preferences=preference.describe(state.preferences, as_of_ms, decimals),
        spending=spending.describe(state.spending, as_of_ms, currency, decimals),
    )


def difference(before: Portrait | None, after: Portrait) -> tuple[str, ...] | None:
    """Names of the sections that differ, or None where nothing does.

    The instant and the bounds of the window move always: they alone are no change. The tuple is
    empty where only ``first_seen`` or ``last_seen`` differ.
    """
    if before is None:
        return SECTIONS
    same_window = replace(before.activity, window=after.activity.window)
    changed = [name for name in SECTIONS if name != "activity"]
    changed = [name for name in changed if getattr(before, name) != getattr(after, name)]
    if same_window != after.activity:
        changed.append("activity")
    if not changed and (before.first_seen, before.last_seen) == (after.first_seen, after.last_seen):
        return None
    return tuple(name for name in SECTIONS if name in changed)
