"""The portrait document, and ``describe``: state to document."""

from collections.abc import Sequence
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct
from msgspec.structs import replace

from stream.measures import affinity, fit
from stream.measures.affinity import ShoppingGender
from stream.measures.fit import Fit
from stream.measures.standards import Standards
from stream.profile import (
    activity,
    attributes,
    consumption,
    days,
    disposition,
    marketing,
    preference,
    service,
    social,
)
from stream.profile.activity import Activity
from stream.profile.attributes import Attributes
from stream.profile.consumption import Spending
from stream.profile.disposition import Disposition
from stream.profile.preference import Preferences
from stream.profile.service import Service
from stream.profile.social import Social
from stream.profile.state import State
from stream.profile.values import Instant
from stream.risk.findings import Finding
from stream.risk.score import Risk, judge
from stream.windows import to_rfc3339

Cause = Literal["event", "time", "admin"]

#: Sections of the document, in its order; ``changed`` names them.
SECTIONS = (
    "attributes",
    "activity",
    "preferences",
    "spending",
    "social",
    "disposition",
    "service",
    "fit",
    "risk",
    "labels",
    "segments",
)


class Portrait(Struct, frozen=True, kw_only=True):
    """What is known of one customer of one store, as of an instant."""

    store_id: Annotated[str, Meta(description="Store that the portrait belongs to.")]
    customer_id: Annotated[str, Meta(description="The customer, within the store.")]
    version: Annotated[
        int, Meta(ge=1, description="Counts the changes that were published, without gaps.")
    ]
    as_of: Annotated[Instant, Meta(description="RFC 3339, UTC; every event before it is counted.")]
    first_seen: Annotated[Instant, Meta(description="Time of the customer's oldest event.")]
    last_seen: Annotated[Instant, Meta(description="Time of the customer's newest event.")]
    reference: Annotated[
        str,
        Meta(
            description="Version of the store's reference, against which the customer is "
            "compared; `builtin-1` while the store has too few buyers for one of its own."
        ),
    ]
    attributes: Annotated[Attributes, Meta(description="Who the customer is.")]
    activity: Annotated[Activity, Meta(description="What the customer did in 30 days, and when.")]
    preferences: Annotated[Preferences, Meta(description="What the customer turns to.")]
    spending: Annotated[Spending, Meta(description="What the customer buys.")]
    social: Annotated[Social, Meta(description="Whom the customer brings and tells.")]
    disposition: Annotated[
        Disposition, Meta(description="How the customer shops: inclinations, not diagnoses.")
    ]
    service: Annotated[Service, Meta(description="Support, complaints, refunds and ratings.")]
    fit: Annotated[
        Fit | None,
        Meta(
            description="How well the customer meets the target portrait of the shop; null where "
            "the shop describes none for such a customer."
        ),
    ]
    risk: Annotated[Risk, Meta(description="How risky the customer is, and why.")]
    labels: Annotated[
        tuple[str, ...],
        Meta(description="Names of the labels whose rules the portrait meets, in their order."),
    ]
    segments: Annotated[
        tuple[str, ...],
        Meta(description="Names of the segments that the customer is in, in their order."),
    ]


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
    store_id: str,
    customer_id: str,
    state: State,
    as_of_ms: int,
    *,
    standards: Standards,
    version: int,
    suspicions: Sequence[Finding] | None = None,
) -> Portrait:
    """The portrait at an instant not before the customer's newest event.

    An event of that very instant is counted. Pure: the same state, instant and standards give the
    same document. The state's amounts must be in the currency of the standards. ``suspicions`` are
    the state's, if they are known already. Raises :class:`NotYetKnown` for an earlier instant.
    """
    if state.newest_ms is None or state.first_ms is None or as_of_ms < state.newest_ms:
        raise NotYetKnown(f"{customer_id} has no portrait at {to_rfc3339(as_of_ms)}")
    decimals = standards.decimals
    reference, store = standards.reference.of(store_id, decimals)
    in_window = days.in_window(state.days, as_of_ms)
    totals = preference.add_up(state.days, in_window)
    quartiles = preference.price_quartiles(totals.prices)
    median_price = quartiles[1] if quartiles else None
    response = marketing.describe(
        state.marketing, orders=state.spending.orders, amount_minor=state.spending.amount
    )
    activities = activity.describe(state.hours, state.sessions, as_of_ms)
    portrait = Portrait(
        store_id=store_id,
        customer_id=customer_id,
        version=version,
        as_of=to_rfc3339(as_of_ms),
        first_seen=to_rfc3339(state.first_ms),
        last_seen=to_rfc3339(state.newest_ms),
        reference=reference,
        attributes=attributes.describe(
            state.traits,
            state.devices,
            state.origin,
            _shopping_gender(state, in_window, totals.genders, standards),
            as_of_ms,
        ),
        activity=activities,
        preferences=preference.describe(totals, quartiles, response, decimals),
        spending=consumption.describe(
            state.spending,
            as_of_ms,
            currency=standards.currency,
            decimals=decimals,
            store=store,
            median_price=median_price,
            tiers=standards.tiers,
        ),
        social=social.describe(state.social, decimals),
        disposition=disposition.describe(
            state.days,
            in_window,
            orders=state.spending.orders,
            marketing=response,
            price_level=consumption.price_level(store, median_price),
        ),
        service=service.describe(
            service.subjects_of(state.days, in_window),
            state.cases,
            state.social,
            counts=activities.counts,
            as_of_ms=as_of_ms,
        ),
        fit=None,
        risk=judge(
            state.suspicions() if suspicions is None else suspicions, as_of_ms, standards.risk
        ),
        labels=(),
        segments=(),
    )
    if standards.targets:
        portrait = replace(portrait, fit=fit.describe(standards.targets, portrait))
    labels, segments = standards.rules.apply(portrait, as_of_ms, store, decimals)
    return replace(portrait, labels=labels, segments=segments) if labels or segments else portrait


def _traits(portrait: Portrait) -> bytes:
    """The custom traits as JSON, where 1, 1.0 and true differ."""
    return msgspec.json.encode(portrait.attributes.traits)


def _shopping_gender(
    state: State, in_window: list[int], genders: dict[str, int], standards: Standards
) -> ShoppingGender:
    table = standards.affinity
    points = preference.category_points(state.days, in_window) if table else {}
    return affinity.infer(table, points, genders)


def difference(before: Portrait | None, after: Portrait) -> tuple[str, ...] | None:
    """Names of the sections that differ, or None where nothing does.

    The instant, the bounds of the window and the name of the reference move by themselves: they
    alone are no change. The tuple is empty where only ``first_seen`` or ``last_seen`` differ.
    """
    if before is None:
        return SECTIONS
    same_window = replace(before.activity, window=after.activity.window)
    changed = [name for name in SECTIONS if name != "activity"]
    changed = [name for name in changed if getattr(before, name) != getattr(after, name)]
    if "attributes" not in changed and _traits(before) != _traits(after):
        changed.append("attributes")
    if same_window != after.activity:
        changed.append("activity")
    if not changed and (before.first_seen, before.last_seen) == (after.first_seen, after.last_seen):
        return None
    return tuple(name for name in SECTIONS if name in changed)
