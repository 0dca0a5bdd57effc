"""Service: contacts by subject, complaints and ratings."""

import itertools

import pytest

from stream.profile.service import MAX_CASES, Service
from stream.windows import DAY_MS, HOUR_MS
from tests.support.events import Wire, contacted, event, folded, portrait, to_ms, to_text

NOON = "2024-05-06T12:00:00Z"


def described(*events: Wire, as_of_ms: int | None = None) -> Service:
    state = folded(events)
    assert state.newest_ms is not None
    return portrait(state, as_of_ms or state.newest_ms).service


def at(minute: int) -> str:
    return f"2024-05-06T12:{minute:02}:00Z"


def test_contacts_are_counted_by_subject():
    found = described(*(contacted(NOON, subject=name) for name in ("delivery", "bill", "delivery")))
    assert found.contacts_30d == 3
    assert [(each.name, each.count) for each in found.subjects] == [("delivery", 2), ("bill", 1)]


def test_contacts_without_a_subject_and_beyond_four_a_day_are_others():
    found = described(contacted(NOON), *(contacted(NOON, subject=f"s{n}") for n in range(6)))
    counts = {each.name: each.count for each in found.subjects}
    assert sum(counts.values()) == found.contacts_30d == 7
    assert counts["other"] >= 3
    assert len(counts) <= 5


def test_a_complaint_is_open_until_its_case_is_resolved():
    #   12:00        12:10        12:20
    #  complaint    resolved    complaint
    steps = [
        contacted(at(0), case_id="k", complaint=True),
        contacted(at(10), case_id="k", complaint=True, resolved=True),
        contacted(at(20), case_id="k", complaint=True),
    ]
    for count, is_open in ((1, 1), (2, 0), (3, 1)):
        for order in itertools.permutations(steps[:count]):
            assert described(*order).open_complaints == is_open


def test_of_two_contacts_at_the_same_time_the_open_one_holds():
    pair = [
        contacted(NOON, case_id="k", complaint=True),
        contacted(NOON, case_id="k", complaint=True, resolved=True),
    ]
    assert described(*pair).open_complaints == described(*pair[::-1]).open_complaints == 1


def test_complaints_without_a_case_are_cases_of_their_own():
    assert described(*(contacted(NOON, complaint=True) for _ in range(3))).open_complaints == 3
    assert described(contacted(NOON, subject="bill")).open_complaints == 0


def test_a_complaint_leaves_with_the_hour_of_its_newest_contact():
    #   12:00     13:00                       13:00 + 30 d
    #     |---*-----|----------- 30 d ------------|
    leaves_ms = to_ms("2024-05-06T13:00:00Z") + 30 * DAY_MS
    complaint = contacted("2024-05-06T12:30:00Z", complaint=True)
    assert described(complaint, as_of_ms=leaves_ms - 1).open_complaints == 1
    assert described(complaint, as_of_ms=leaves_ms).open_complaints == 0


def test_the_sixteen_cases_with_the_newest_contact_are_kept():
    cases = [
        contacted(
            to_text(to_ms(NOON) - n * HOUR_MS),
            case_id=f"k{n}",
            complaint=n >= MAX_CASES,
            resolved=n < MAX_CASES,
        )
        for n in range(MAX_CASES + 5)
    ]
    for order in (cases, cases[::-1]):
        assert described(*order).open_complaints == 0
    assert described(*cases[MAX_CASES:]).open_complaints == 5


@pytest.mark.parametrize(("ratings", "mean"), [([], None), ([5], 5.0), ([1, 2, 2], 1.67)])
def test_ratings_are_those_ever_given(ratings, mean):
    product = {"product_id": "p"}
    long_ago = "2020-01-01T00:00:00Z"
    reviews = [event("product_reviewed", long_ago, product=product, rating=n) for n in ratings]
    found = described(event("signed_in", NOON), *reviews)
    assert (found.ratings, found.average_rating) == (len(ratings), mean)


def test_refunds_are_those_of_the_window():
    money = {"order_id": "o1", "total": "5.00", "currency": "USD"}
    found = described(
        event("order_refunded", NOON, **money),
        event("order_refunded", "2024-01-01T00:00:00Z", **money),
    )
    assert found.refunds_30d == 1
