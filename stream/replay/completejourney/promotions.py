"""Campaigns sent to households and coupons they redeemed; of both only the day is known."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

from stream.events import CouponRedeemed, Event, PromotionViewed
from stream.fields import Context
from stream.replay.completejourney.tables import NEW_YORK, find, read_table, skip
from stream.replay.identity import Occurrences
from stream.replay.localtime import at_noon
from stream.replay.rows import MALFORMED_ROW
from stream.replay.source import Found, Skipped

#: A household was sent a campaign that is not described, so its day is not known.
UNKNOWN_CAMPAIGN = "unknown_campaign"

_REDEMPTIONS = ("household_id", "coupon_upc", "campaign_id", "redemption_date")


def read_promotions(folder: Path) -> list[Found]:
    """What was skipped, then views and redemptions in order of time: a few thousand in all."""
    found = [*_read_campaigns(folder), *_read_redemptions(folder)]
    skipped: list[Found] = [entry for entry in found if isinstance(entry, Skipped)]
    events = [entry for entry in found if isinstance(entry, Event)]
    return skipped + sorted(events, key=lambda event: event.occurred_at)


def _read_campaigns(folder: Path) -> Iterator[Found]:
    """One view a household and campaign, on the day when the campaign began."""
    path, described = find(folder, "campaigns"), find(folder, "campaign_descriptions")
    if path is None or described is None:
        return
    starts: dict[str, date] = {}
    for row in read_table(described, ("campaign_id", "start_date")):
        if isinstance(row, Skipped):
            yield row
            continue
        number, (campaign, start) = row
        try:
            starts[campaign] = date.fromisoformat(start)
        except ValueError as exc:
            yield skip(described, number, MALFORMED_ROW, str(exc))
    seen: set[tuple[str, ...]] = set()
    for row in read_table(path, ("campaign_id", "household_id")):
        if isinstance(row, Skipped):
            yield row
            continue
        number, (campaign, household) = row
        if campaign not in starts:
            yield skip(path, number, UNKNOWN_CAMPAIGN, f"campaign {campaign} is not described")
        elif row[1] not in seen:
            seen.add(row[1])
            yield PromotionViewed(
                event_id=f"cj-campaign-{campaign}-{household}",
                customer_id=household,
                occurred_at=at_noon(starts[campaign], NEW_YORK),
                promotion_id=campaign,
                context=Context(campaign=campaign),
            )


def _read_redemptions(folder: Path) -> Iterator[Found]:
    """One redemption a row; what it was worth is in the discounts of the basket."""
    path = find(folder, "coupon_redemptions")
    if path is None:
        return
    occurrences = Occurrences()
    for row in read_table(path, _REDEMPTIONS):
        if isinstance(row, Skipped):
            yield row
            continue
        number, (household, coupon, campaign, day) = row
        try:
            at = at_noon(date.fromisoformat(day), NEW_YORK)
        except ValueError as exc:
            yield skip(path, number, MALFORMED_ROW, str(exc))
            continue
        event_id = f"cj-coupon-{household}-{coupon}-{campaign}-{day}"
        yield CouponRedeemed(
            event_id=occurrences.number(event_id),
            customer_id=household,
            occurred_at=at,
            coupon=coupon,
            context=Context(campaign=campaign) if campaign else None,
        )
