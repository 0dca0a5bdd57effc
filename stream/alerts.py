"""Risk alerts: that a customer's risk rose to a level, and that it fell back.

Alerts follow from successive looks at the risk and from what was alerted before, which is stored
with the customer. Each belongs to one version of the portrait and is stored with it, in one step.
"""

from hashlib import blake2b
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from stream.events import customer_key
from stream.profile.portrait import Cause
from stream.profile.values import Instant
from stream.publish import Message
from stream.risk.score import Reason, Risk
from stream.risk.weights import LEVELS, Level
from stream.topics import RISK_ALERTS
from stream.windows import to_rfc3339

Kind = Literal["raised", "closed"]


class RiskAlert(Struct, frozen=True, kw_only=True):
    """The risk of a customer rose to a level, or an alert of before is over."""

    id: Annotated[
        str,
        Meta(
            description="Names the alert: 16 hexadecimal digits that follow from store, customer, "
            "version and kind.",
            pattern="^[0-9a-f]{16}$",
        ),
    ]
    kind: Annotated[
        Kind,
        Meta(description="`raised`; `closed` where the level is low again or the customer erased."),
    ]
    store_id: Annotated[str, Meta(description="Store of the customer.")]
    customer_id: Annotated[str, Meta(description="The customer, within the store.")]
    version: Annotated[int, Meta(ge=1, description="Version of the portrait, or tombstone.")]
    at: Annotated[Instant, Meta(description="Instant that the risk was judged for.")]
    cause: Annotated[
        Cause, Meta(description="`event`, `time`, or `admin` where the weights changed.")
    ]
    level: Annotated[Level, Meta(description="The level reached.")]
    previous_level: Annotated[
        Level, Meta(description="The level before: none above it needed another alert.")
    ]
    score: Annotated[int, Meta(ge=0, le=100, description="Score of the risk.")]
    reasons: Annotated[
        tuple[Reason, ...], Meta(description="Reasons that hold, most points first.")
    ]
    events: Annotated[
        tuple[str, ...],
        Meta(description="Ids of all events that show them, in the order of the reasons."),
    ]
    closes: Annotated[
        str | None,
        Meta(
            description="Id of the open alert that this one closes or, raised, takes the place "
            "of; null where none was open."
        ),
    ]


Alerts = tuple[RiskAlert, ...]


class AlertState(Struct, frozen=True, array_like=True, omit_defaults=True):
    """What was alerted of a customer.

    ``level``   the level that needs no alert any more: it falls with the risk
    ``open_id`` the alert that is open; empty for none
    ``causes``  reason code -> when it was alerted last, ms: at the lowest level or above, then at
                the next or above, as far as it was; only what may be within the cool-down
    """

    level: Level = "low"
    open_id: str = ""
    causes: dict[str, tuple[int, ...]] = {}


class Alerted(Struct, frozen=True):
    """What a look at the risk comes to. ``due_ms`` is when a rise that is not alerted, since it
    has the same causes as one shortly before, is to be looked at again; None otherwise.
    """

    alerts: Alerts
    state: AlertState
    due_ms: int | None = None


_encoder = msgspec.json.Encoder()
_alerts = msgspec.json.Decoder(Alerts)
_state = msgspec.json.Decoder(AlertState)


def alerts_between(
    before: AlertState,
    key: str,
    risk: Risk,
    *,
    version: int,
    at_ms: int,
    cause: Cause,
    cool_down_ms: int,
) -> Alerted:
    """What is to be alerted as the risk stands at ``at_ms``, in that version of the portrait.

    An alert is raised where the level is above the one alerted, unless within the cool-down each of
    the reasons was alerted before at that level or above. It is closed where the level is low.
    """
    rank, known = LEVELS.index(risk.level), LEVELS.index(before.level)
    causes = {
        code: times for code, times in before.causes.items() if at_ms < times[0] + cool_down_ms
    }
    if rank == 0 and before.open_id:
        alert = _alert("closed", before, key, risk, version=version, at_ms=at_ms, cause=cause)
        return Alerted((alert,), AlertState(causes=causes))
    if rank <= known:
        return Alerted((), AlertState(risk.level, before.open_id, causes))
    ends_ms = [_ends_ms(causes.get(each.code, ()), rank, cool_down_ms) for each in risk.reasons]
    if ends_ms and min(ends_ms) > at_ms:
        return Alerted((), AlertState(before.level, before.open_id, causes), min(ends_ms))
    alert = _alert("raised", before, key, risk, version=version, at_ms=at_ms, cause=cause)
    for each in risk.reasons:
        causes[each.code] = (*(at_ms,) * rank, *causes.get(each.code, ())[rank:])
    return Alerted((alert,), AlertState(risk.level, alert.id, causes))


def _ends_ms(times: tuple[int, ...], rank: int, cool_down_ms: int) -> int:
    """When a reason may be alerted at that rank again; 0 where it was not yet."""
    return times[rank - 1] + cool_down_ms if len(times) >= rank else 0


def _alert(
    kind: Kind, before: AlertState, key: str, risk: Risk, *, version: int, at_ms: int, cause: Cause
) -> RiskAlert:
    store_id, _, customer_id = key.partition("/")
    return RiskAlert(
        id=alert_id(key, version, kind),
        kind=kind,
        store_id=store_id,
        customer_id=customer_id,
        version=version,
        at=to_rfc3339(at_ms),
        cause=cause,
        level=risk.level,
        previous_level=before.level,
        score=risk.score,
        reasons=risk.reasons,
        events=tuple(dict.fromkeys(event for each in risk.reasons for event in each.events)),
        closes=before.open_id or None,
    )


def alert_id(key: str, version: int, kind: Kind) -> str:
    """The name of an alert: the same whoever raises it, and as often as it is raised."""
    named = f"{kind} {version} {key}"
    return blake2b(named.encode(), digest_size=8).hexdigest()


def pack(alerts: Alerts) -> bytes:
    """The alerts of a version as they are stored with it; empty where there are none."""
    return _encoder.encode(alerts) if alerts else b""


def unpack(stored: bytes) -> Alerts:
    """The way back."""
    return _alerts.decode(stored) if stored else ()


def pack_state(state: AlertState) -> bytes:
    """What was alerted as it is stored; empty where nothing was."""
    return _encoder.encode(state) if state != AlertState() else b""


def unpack_state(stored: bytes) -> AlertState:
    """The way back."""
    return _state.decode(stored) if stored else AlertState()


def alert_message(alert: RiskAlert) -> Message:
    """An alert as it is published; its header `id` names it."""
    headers = (
        ("id", alert.id.encode()),
        ("kind", alert.kind.encode()),
        ("level", alert.level.encode()),
        ("version", str(alert.version).encode()),
        ("store_id", alert.store_id.encode()),
    )
    key = customer_key(alert.store_id, alert.customer_id)
    return Message(RISK_ALERTS, key.encode(), _encoder.encode(alert), headers)
