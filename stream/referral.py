"""Referrals: what an invited customer comes to, told to the one who invited.

A record is written by its own customer's events only, so it travels as an event, keyed by the one
affected. It carries totals: sent twice, late, or by a worker that lost its partition, it does no
harm; and what a crash kept from being sent, the redelivered records send again.
"""

from collections.abc import Iterable

import msgspec

from stream.events import Event, InviteAccepted, OrderCompleted, ReferralChanged, customer_key
from stream.money import MAX_MINOR, exponent, to_text
from stream.profile.occurrence import Occurrence, hash_id
from stream.profile.state import State
from stream.publish import Message
from stream.topics import REFERRALS
from stream.windows import to_datetime

_encoder = msgspec.json.Encoder()


def referrals(
    key: str, state: State, occurrences: Iterable[Occurrence], currency: str
) -> list[Message]:
    """Messages to those who invited the customer, if the events concern them.

    The first invitation counts; whoever was named by a later one is told to withdraw, since that
    may have come to us first. All are told when the first was, so that the better knowledge holds
    whatever the order in which it arrives. ``currency`` is the one that amounts are kept in.
    """
    invitations = state.social.invitations
    if not invitations:
        return []
    telling = [
        each for each in occurrences if isinstance(each.event, InviteAccepted | OrderCompleted)
    ]
    if not telling:
        return []
    inviters = list(dict.fromkeys(inviter for _, inviter in invitations))
    store_id, _, customer_id = key.partition("/")
    told = telling[-1]
    events = [
        ReferralChanged(
            event_id=f"referral-{told.id_hash:012x}-{number}",
            store_id=store_id,
            customer_id=inviter,
            occurred_at=told.event.occurred_at,
            invitee=f"{hash_id(customer_id):012x}",
            invited_at=to_datetime(invitations[0][0]),
            orders=state.spending.orders,
            amount=to_text(min(state.spending.amount, MAX_MINOR), exponent(currency)),
            currency=currency,
            withdrawn=number > 0,
        )
        for number, inviter in enumerate(inviters)
    ]
    return [_message(event) for event in events]


def _message(event: Event) -> Message:
    key = customer_key(event.store_id, event.customer_id).encode()
    return Message(REFERRALS, key, _encoder.encode(event), ())
