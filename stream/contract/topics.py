"""The topics of the contract, in words: what is on them, who writes and who reads them."""

from msgspec import Struct

from stream.errors import Reason
from stream.events import TOPIC_EVENTS
from stream.topics import (
    DEAD_LETTERS,
    LINKS,
    OUTPUT_TOPICS,
    PORTRAITS,
    REFERRALS,
    RISK_ALERTS,
    SEGMENT_MOVES,
)


class TopicNote(Struct, frozen=True):
    """What the name of a topic does not say."""

    meaning: str
    writers: str
    readers: str


NOTES: dict[str, TopicNote] = {
    "clicks": TopicNote("What customers look at and search for.", "shop trackers", "workers"),
    "carts": TopicNote("What goes into and out of carts.", "shop trackers", "workers"),
    "orders": TopicNote(
        "Orders, cancellations, refunds and reviews.", "order system, review system", "workers"
    ),
    "logins": TopicNote("Sign-ups, sign-ins and devices.", "account system", "workers"),
    "customers": TopicNote(
        "What is declared of customers: traits, consent, erasure.", "account system, CRM", "workers"
    ),
    "engagements": TopicNote(
        "Promotions, coupons, invitations and support contacts.",
        "marketing system, support desk",
        "workers",
    ),
    REFERRALS: TopicNote(
        "Internal: what customers who came by an invitation come to, told to who invited them.",
        "workers",
        "workers",
    ),
    LINKS: TopicNote(
        "Internal: what one customer's event makes known of others with the same device or "
        "reference.",
        "workers",
        "workers",
    ),
    PORTRAITS: TopicNote(
        "Each portrait that changed, whole.",
        "workers",
        "recommenders, marketing, workers (for groups), `portrait watch`",
    ),
    SEGMENT_MOVES: TopicNote(
        "Each entry of a customer into a segment, and each exit from one.",
        "workers",
        "campaign systems",
    ),
    RISK_ALERTS: TopicNote(
        "Each rise of a customer's risk to a level, and each end of it.",
        "workers",
        "fraud team, `portrait alerts`",
    ),
    DEAD_LETTERS: TopicNote(
        "Records that broke the contract, and alerts that a webhook did not take, with their bytes "
        "and the reason.",
        "workers, `portrait alerts forward`",
        "operators",
    ),
}

REASONS: dict[Reason, str] = {
    Reason.NOT_JSON: "The value is absent, or is not JSON in UTF-8.",
    Reason.UNKNOWN_TYPE: "`type` names no event type of the contract.",
    Reason.WRONG_TOPIC: "The event type belongs to another topic.",
    Reason.MISSING_FIELD: "A required field is absent.",
    Reason.WRONG_TYPE: "A field, or the whole value, has another JSON type than the contract says.",
    Reason.INVALID_VALUE: "A field has the right type and a value that is not allowed.",
    Reason.BAD_TIMESTAMP: "`occurred_at` is not RFC 3339 with a UTC offset, or lies before 1970.",
    Reason.FUTURE_TIMESTAMP: "`occurred_at` is more than 5 minutes ahead of the worker's clock.",
    Reason.BAD_MONEY: "An amount is not a plain decimal string, or is beyond any plausible amount.",
    Reason.UNKNOWN_CURRENCY: "No rate is known from the currency to the base currency.",
    Reason.KEY_MISMATCH: "The record's key is not `store_id/customer_id` of its event.",
    Reason.UNDELIVERABLE: "A risk alert that the webhook did not take, as often as it was tried.",
}


def topics() -> tuple[str, ...]:
    """All topics, those that workers read first."""
    return (*TOPIC_EVENTS, *OUTPUT_TOPICS)
