"""Social traits: invitations, customers brought, influence."""

import itertools

import pytest

from stream.profile.social import MAX_BROUGHT, Social
from tests.support.events import Wire, event, folded, portrait, referred, to_ms, viewed

NOON = "2024-05-06T12:00:00Z"


def described(*events: Wire) -> Social:
    return portrait(folded([viewed(NOON), *events]), to_ms(NOON)).social


def test_a_friend_who_came_but_did_not_buy_is_accepted_and_not_brought():
    section = described(event("invite_sent", NOON), referred(NOON, "friend", 0, "0.00"))
    assert (section.invites_sent, section.invites_accepted) == (1, 1)
    assert (section.customers_brought, section.brought_amount) == (0, "0.00")


def test_the_newest_totals_of_a_friend_hold_in_whatever_order_they_come():
    totals = [referred(NOON, "friend", orders, f"{orders}0.00") for orders in (1, 2, 3)]
    for order in itertools.permutations(totals):
        section = described(*order, *order)
        assert (section.customers_brought, section.brought_amount) == (1, "30.00")


def test_a_friend_whom_somebody_else_invited_earlier_does_not_count_ever_again():
    withdrawn = referred(NOON, "friend", 1, "10.00", withdrawn=True)
    totals = referred(NOON, "friend", 2, "20.00")
    for order in ((withdrawn, totals), (totals, withdrawn)):
        section = described(*order, referred(NOON, "other", 1, "5.00"))
        assert (section.invites_accepted, section.customers_brought) == (1, 1)
        assert section.brought_amount == "5.00"


@pytest.mark.parametrize(("invited_by", "came"), [("c2", True), ("c1", False), (None, False)])
def test_nobody_comes_by_an_invitation_of_their_own(invited_by, came):
    fields = {} if invited_by is None else {"invited_by": invited_by}
    assert described(event("invite_accepted", NOON, **fields)).came_by_invitation is came


def test_influence_reaches_half_of_the_scale_with_twenty_points():
    assert described().influence == 0
    assert described(referred(NOON, "a", 0, "0")).influence == 100 * 5 // 25
    assert described(referred(NOON, "a", 1, "1"), event("invite_sent", NOON)).influence == 44
    twenty = [event("invite_sent", NOON) for _ in range(20)]
    assert described(*twenty).influence == 50


def test_the_last_number_of_friends_that_is_exact():
    friends = [referred(NOON, f"friend {n}", n % 2, "10.00") for n in range(MAX_BROUGHT - 1)]
    section = described(*friends)
    assert (section.invites_accepted, section.customers_brought) == (63, 31)
    assert section.brought_amount == "310.00"


@pytest.mark.parametrize("number", [64, 200, 1000])
def test_many_friends_are_estimated_whatever_their_order(number):
    friends = [referred(NOON, f"friend {n}", n % 2, "10.00") for n in range(number)]
    section = described(*friends)
    assert described(*reversed(friends)) == section
    assert len(folded(friends).social.brought) == MAX_BROUGHT
    # Three times the standard error of a sketch of 64, about an eighth; more for a half of them.
    assert abs(section.invites_accepted - number) <= 0.375 * number
    assert abs(section.customers_brought - number / 2) <= 0.55 * number / 2
    assert abs(float(section.brought_amount) - number * 5) <= 0.55 * number * 5
