"""A portrait on one screen: a line a topic, the empty ones in a word."""

from collections.abc import Iterable, Iterator

from rich.text import Text

from stream.explain.evidence import as_read
from stream.measures.fit import Fit
from stream.profile.activity import Activity
from stream.profile.attributes import Attributes
from stream.profile.consumption import Spending
from stream.profile.portrait import Portrait
from stream.profile.preference import Preference, Preferences
from stream.profile.service import Service
from stream.profile.social import Social
from stream.risk.score import Risk
from stream.terminal import RULER, bars, counted

_LABEL_WIDTH = 14
#: Names of a list, and devices, that are shown.
_SHOWN = 4
_KINDS_SHOWN = 6

_Line = tuple[str, str | tuple[str, str]]


def head(portrait: Portrait) -> Text:
    """Whose portrait it is, and of when."""
    return Text.assemble(
        (f"{portrait.store_id}/{portrait.customer_id}", "bold cyan"),
        (f"  version {portrait.version}, as of {portrait.as_of}", "dim"),
    )


def lines(portrait: Portrait) -> Iterator[Text]:
    """The portrait for people, without spaces at the end of a line."""
    yield head(portrait)
    for label, value in _topics(portrait):
        line = Text.assemble((f"{label:<{_LABEL_WIDTH}}", "bold"), value)
        line.rstrip()
        yield line


def _topics(portrait: Portrait) -> Iterator[_Line]:
    yield from _who(portrait.attributes)
    yield from _when(portrait.activity)
    yield from _what(portrait.preferences)
    yield from _spent(portrait.spending)
    yield "social", _social(portrait.social)
    inclinations = portrait.disposition.inclinations
    yield "disposition", _joined(f"{each.name} {each.score:.2f}" for each in inclinations)
    yield "service", _service(portrait.service)
    yield "fit", _fit(portrait.fit)
    yield "risk", _risk(portrait.risk)
    yield "labels", _joined(portrait.labels)
    yield "segments", _joined(portrait.segments)


def _joined(texts: Iterable[str | None], otherwise: str = "none") -> str:
    return ", ".join(text for text in texts if text) or otherwise


def _who(attributes: Attributes) -> Iterator[_Line]:
    declared = (
        attributes.natural_gender,
        attributes.age_band,
        attributes.occupation,
        attributes.region,
        attributes.country,
        attributes.language,
        *(f"{name} {as_read(value)}" for name, value in list(attributes.traits.items())[:_SHOWN]),
    )
    yield "attributes", _joined(declared, "nothing declared")
    if attributes.company is not None:
        company = attributes.company
        yield "company", _joined((company.industry, company.company_type, *company.contact_roles))
    shops_for = attributes.shopping_gender
    sure = f" {shops_for.confidence:.0%}" if shops_for.confidence else ""
    yield "shops like", f"{shops_for.value}{sure}"
    devices = (" ".join(filter(None, (each.model, each.os))) for each in attributes.devices)
    yield "devices", _joined(list(devices)[:_SHOWN])
    registered, app = attributes.registered_at, attributes.installation
    channel, campaign = attributes.acquisition_channel, attributes.first_campaign
    origin = (
        f"by {channel}" if channel else None,
        f"campaign {campaign}" if campaign else None,
        f"registered {registered[:10]}" if registered else None,
        f"app {app}" if app else None,
    )
    yield "came", _joined(origin, "nothing known")


def _when(activity: Activity) -> Iterator[_Line]:
    counts = sorted(activity.counts.items(), key=lambda entry: -entry[1])
    if not counts:
        yield "activity", "none in the last 30 days"
        return
    kinds = ", ".join(f"{count} {name}" for name, count in counts[:_KINDS_SHOWN])
    if rest := sum(count for _, count in counts[_KINDS_SHOWN:]):
        kinds += f" and {counted(rest, 'other')}"
    days = counted(activity.active_days, "day")
    yield "activity", f"{kinds} on {days} since {activity.window.start[:10]}"
    to_cart, to_order = activity.conversion.view_to_cart, activity.conversion.cart_to_order
    visits = (
        counted(activity.sessions, "session"),
        None if to_cart is None else f"{to_cart:.0%} with a cart",
        None if to_order is None else f"{to_order:.0%} of these with an order",
    )
    yield "visits", _joined(visits)
    yield "active hours", (bars(activity.hours.by_hour), "green")
    yield "", (f"{RULER}local hours", "dim")
    yield "peak hours", _joined(map(str, activity.hours.peak_hours))


def _what(preferences: Preferences) -> Iterator[_Line]:
    yield "categories", _names(preferences.categories)
    yield "brands", _names(preferences.brands)
    band = preferences.price_band
    yield "prices", f"{band.p25} · {band.p50} · {band.p75} (quartiles)" if band else "none seen"
    searches = preferences.searches[:_SHOWN]
    yield "searches", _joined(f"{each.query} {each.count}" for each in searches)
    marketing = preferences.marketing
    responses = (
        (marketing.coupon_rate, "of orders with a coupon"),
        (marketing.promotion_click_rate, "of promotions clicked"),
        (marketing.discount_share, "off by discounts"),
    )
    rates = [f"{rate:.0%} {what}" for rate, what in responses if rate is not None]
    sensitivity = marketing.sensitivity
    sensitive = None if sensitivity is None else f"sensitivity {sensitivity:.2f}"
    yield "marketing", _joined((sensitive, *rates))


def _names(preferences: tuple[Preference, ...]) -> str:
    return _joined(f"{each.name} {each.share:.0%}" for each in preferences[:_SHOWN])


def _spent(spending: Spending) -> Iterator[_Line]:
    yield (
        "spending",
        f"{spending.amount_30d} {spending.currency} in {counted(spending.orders_30d, 'order')} "
        f"of 30 days, {spending.amount} in {spending.orders} ever, {spending.refunded} refunded",
    )
    rfm, rhythm, power = spending.rfm, spending.repurchase, spending.power
    if rfm is None or rhythm is None or power is None:
        return
    yield (
        "orders",
        f"{spending.average_order} on average, the last {_ago(spending.recency_days or 0)}, "
        f"{spending.cancellation_rate or 0:.0%} cancelled",
    )
    expected = rhythm.next_expected_at
    rhythms = (
        None if rhythm.median_days is None else f"every {as_read(rhythm.median_days)} days",
        None if expected is None else f"next expected {expected[:10]}",
        "overdue" if rhythm.overdue else None,
        f"{rhythm.probability_30d:.0%} likely within 30 days",
    )
    yield "buys again", _joined(rhythms)
    level = "" if power.price_level is None else f", price level {power.price_level}"
    yield (
        "standing",
        f"tier {spending.tier or 'none'}, RFM {rfm.r} {rfm.f} {rfm.m}, "
        f"power {power.level} ({power.score}){level}",
    )


def _ago(days: int) -> str:
    return f"{counted(days, 'day')} ago" if days else "within a day"


def _social(social: Social) -> str:
    brought = social.customers_brought
    parts = (
        _some(social.invites_sent, "invite sent", "invites sent"),
        f"{social.invites_accepted} accepted" if social.invites_accepted else None,
        f"{brought} brought who spent {social.brought_amount}" if brought else None,
        _some(social.shares, "share", "shares"),
        _some(social.reviews, "review", "reviews"),
        f"influence {social.influence}" if social.influence else None,
        "came by an invitation" if social.came_by_invitation else None,
    )
    return _joined(parts)


def _some(count: int, noun: str, nouns: str) -> str | None:
    return f"{count} {noun if count == 1 else nouns}" if count else None


def _service(service: Service) -> str:
    subjects = _joined(f"{each.name} {each.count}" for each in service.subjects[:_SHOWN])
    parts = (
        f"{counted(service.contacts_30d, 'contact')} ({subjects})"
        if service.contacts_30d
        else None,
        _some(service.open_complaints, "open complaint", "open complaints"),
        _some(service.refunds_30d, "refund", "refunds"),
        f"{counted(service.ratings, 'rating')} of {service.average_rating} on average"
        if service.ratings
        else None,
    )
    return _joined(parts)


def _fit(fit: Fit | None) -> str:
    if fit is None:
        return "no target"
    met, unmet = _joined(fit.met), _joined(fit.unmet)
    return f"{fit.score:.0f}% of {fit.target}; met: {met}; unmet: {unmet}"


def _risk(risk: Risk) -> str:
    if not risk.reasons:
        return "none found" if risk.level == "low" else f"{risk.level}, as it was until lately"
    reasons = [f"{each.detail} ({each.points})" for each in risk.reasons[:_SHOWN]]
    if (rest := len(risk.reasons) - _SHOWN) > 0:
        reasons.append(f"{rest} more")
    return f"{risk.level} {risk.score}: {', '.join(reasons)}"
