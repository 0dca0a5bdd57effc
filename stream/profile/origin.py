"""Origin: how and when the customer came, and from where their events come now."""

from msgspec import Struct

from stream.events import Event, SignedUp
from stream.profile.occurrence import Occurrence

#: When something was named, ms, and what: the earliest or the newest such event decides, and of
#: two at the same millisecond the smaller or the larger name.
Named = tuple[int, str]


class Origin(Struct, array_like=True):
    """Earliest sign-up, earliest channel and campaign, newest country; None where never named."""

    registered_ms: int | None = None
    channel: Named | None = None
    campaign: Named | None = None
    country: Named | None = None


def add(origin: Origin, occurrence: Occurrence) -> None:
    """Take an event into account."""
    event: Event = occurrence.event
    at_ms = occurrence.at_ms
    if isinstance(event, SignedUp):
        origin.registered_ms = _earliest(origin.registered_ms, at_ms)
    context = event.context
    if context is None:
        return
    channel, campaign, country = origin.channel, origin.campaign, origin.country
    if context.channel and (channel is None or at_ms <= channel[0]):
        origin.channel = _first(channel, (at_ms, context.channel))
    if context.campaign and (campaign is None or at_ms <= campaign[0]):
        origin.campaign = _first(campaign, (at_ms, context.campaign))
    if context.country and (country is None or at_ms >= country[0]):
        origin.country = _last(country, (at_ms, context.country))


def merge(a: Origin, b: Origin) -> Origin:
    """The origin that both histories tell of."""
    return Origin(
        _earliest(a.registered_ms, b.registered_ms),
        _first(a.channel, b.channel),
        _first(a.campaign, b.campaign),
        _last(a.country, b.country),
    )


def _earliest(a: int | None, b: int | None) -> int | None:
    return min((ms for ms in (a, b) if ms is not None), default=None)


def _first(a: Named | None, b: Named | None) -> Named | None:
    return min((named for named in (a, b) if named is not None), default=None)


def _last(a: Named | None, b: Named | None) -> Named | None:
    return max((named for named in (a, b) if named is not None), default=None)
