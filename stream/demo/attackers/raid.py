"""A raid: what an attacker does in one go, as the shop's tracker sends it."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Literal

from msgspec import Struct, field

from stream.demo.shop import Timed
from stream.events import Event
from stream.fields import Context

Attack = Literal[
    "credential_stuffing", "account_takeover", "device_farm", "coupon_hunting", "brushing"
]
ATTACKS: tuple[Attack, ...] = (
    "credential_stuffing",
    "account_takeover",
    "device_farm",
    "coupon_hunting",
    "brushing",
)
#: What the ids of attackers' events begin with. Detection knows nothing of it.
ATTACK_ID = "attack-"
SECOND_MS, MINUTE_MS = 1_000, 60_000


class Act(Struct, frozen=True):
    """An event to come, ``after_ms`` the raid has begun."""

    after_ms: int
    event: type[Event]
    customer_id: str
    context: Context
    fields: dict[str, Any]


class Raid(Struct, kw_only=True):
    """Some acts in order of time. ``begins_s`` is on the scale that ends at 0, as for visits."""

    attack: Attack
    name: str
    begins_s: int
    acts: list[Act] = field(default_factory=list)

    def add(
        self, after_ms: float, event: type[Event], customer: str, context: Context, **fields: Any
    ) -> None:
        """One more act of the customer's account."""
        self.acts.append(Act(int(after_ms), event, customer, context, fields))

    @property
    def size(self) -> int:
        """The number of events that it makes."""
        return len(self.acts)

    @property
    def customers(self) -> Sequence[str]:
        """Whose accounts it concerns, in the order in which they come."""
        return tuple(dict.fromkeys(act.customer_id for act in self.acts))

    def play(self, begins_ms: int) -> list[Timed]:
        """The events in order of time, for a raid that begins at ``begins_ms`` since 1970."""
        acts = sorted(self.acts, key=lambda act: act.after_ms)
        return [
            (begins_ms + act.after_ms, _event(act, f"{ATTACK_ID}{self.name}-{n}", begins_ms))
            for n, act in enumerate(acts)
        ]


def _event(act: Act, event_id: str, begins_ms: int) -> Event:
    # Their tools run on the time of their servers.
    at = datetime.fromtimestamp((begins_ms + act.after_ms) / 1000, UTC)
    return act.event(
        event_id=event_id,
        customer_id=act.customer_id,
        occurred_at=at,
        context=act.context,
        **act.fields,
    )
