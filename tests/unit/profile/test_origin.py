"""Origin: how the customer came, and from where they come now."""

import itertools

from stream.profile.attributes import Attributes
from tests.support.events import Wire, event, folded, identified, portrait

EARLY, MIDDLE, LATE = (f"2024-05-0{day}T12:00:00.000Z" for day in (1, 2, 3))


def described(*events: Wire) -> Attributes:
    state = folded(events)
    assert state.newest_ms is not None
    return portrait(state, state.newest_ms).attributes


def came(occurred_at: str, **context: str) -> Wire:
    return event("signed_in", occurred_at, context=context)


def test_the_earliest_channel_and_campaign_and_the_newest_country_hold():
    #     1 May            2 May            3 May
    #   (nothing)      search, spring    mail, autumn
    events = [
        came(EARLY),
        came(MIDDLE, channel="search", campaign="spring", country="DE"),
        came(LATE, channel="mail", campaign="autumn", country="CN"),
    ]
    for order in itertools.permutations(events):
        section = described(*order)
        assert section.acquisition_channel == "search"
        assert section.first_campaign == "spring"
        assert section.country == "CN"


def test_channel_and_campaign_may_come_from_different_events():
    section = described(came(EARLY, channel="search"), came(LATE, campaign="autumn"))
    assert (section.acquisition_channel, section.first_campaign) == ("search", "autumn")


def test_a_declared_country_goes_before_that_of_the_events():
    section = described(identified(EARLY, country="FR"), came(LATE, country="DE"))
    assert section.country == "FR"
    taken_back = identified(MIDDLE, country=None)
    assert described(taken_back, came(LATE, country="DE")).country == "DE"


def test_at_the_same_millisecond_the_smaller_channel_and_the_larger_country_hold():
    events = [came(EARLY, channel="b", country="AT"), came(EARLY, channel="a", country="BE")]
    for order in (events, events[::-1]):
        section = described(*order)
        assert (section.acquisition_channel, section.country) == ("a", "BE")


def test_the_first_registration_holds_also_long_before_the_window():
    section = described(event("signed_up", LATE), event("signed_up", "2020-01-01T00:00:00Z"))
    assert section.registered_at == "2020-01-01T00:00:00.000Z"
    assert described(came(EARLY)).registered_at is None
