"""What the simulated shop's customers look like, once their events have become portraits."""

from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import UTC, datetime

import msgspec
import pytest

from stream.decode import decode
from stream.demo.crowd import CLOSE
from stream.demo.run import SHOP
from stream.demo.simulation import Simulation
from stream.demo.tastes import TASTES
from stream.events import Event, InviteAccepted, SupportContacted, customer_key
from stream.files.shop import load_shop
from stream.money import Rates
from stream.profile.fold import fold
from stream.profile.portrait import Portrait, describe
from stream.profile.state import State
from stream.referral import referrals
from stream.settings import Settings
from stream.standards import load_standards
from stream.windows import to_ms

END = datetime(2026, 6, 30, tzinfo=UTC)
RATES = Rates("USD")
INCLINATIONS = (
    "price-driven",
    "quality-driven",
    "impulsive",
    "deliberate",
    "novelty-seeking",
    "loyal",
)


@pytest.fixture(scope="module")
def history() -> list[Event]:
    return list(Simulation(seed=7, customers=500).last(20_000, END))


@pytest.fixture(scope="module")
def portraits(history: list[Event]) -> dict[str, Portrait]:
    """Portrait by customer id, referrals included, as workers make them."""
    now_ms = to_ms(END)
    states: defaultdict[str, State] = defaultdict(State)
    for event in history:
        key = customer_key(event.store_id, event.customer_id)
        # Through the wire, so that the decoder has a word in it.
        value = msgspec.json.encode(event)
        occurrence = decode(event.topic, key.encode(), value, now_ms=now_ms, rates=RATES)
        fold(states[key], occurrence)
        for told in referrals(key, states[key], [occurrence], RATES.base):
            assert told.key is not None
            credit = decode(told.topic, told.key, told.value, now_ms=now_ms, rates=RATES)
            fold(states[told.key.decode()], credit)
    standards = load_standards(Settings(shop=SHOP))
    return {
        (customer_id := key.partition("/")[2]): describe(
            "main", customer_id, state, now_ms, standards=standards, version=1
        )
        for key, state in states.items()
        if state.newest_ms is not None
    }


@pytest.mark.parametrize("name", INCLINATIONS)
def test_each_inclination_is_strong_in_some_and_not_in_all(
    portraits: dict[str, Portrait], name: str
) -> None:
    scores = [
        inclination.score
        for portrait in portraits.values()
        for inclination in portrait.disposition.inclinations
        if inclination.name == name
    ]
    assert sum(score > 0.5 for score in scores) >= 5
    assert len(set(scores)) > 10


def test_customers_shop_by_their_taste(portraits: dict[str, Portrait]) -> None:
    """Of those with a taste, its inclination is stronger than in the customers of plain taste."""
    shoppers = Simulation(seed=7, customers=500).visitors
    taste_of = {visitor.customer_id: visitor.taste.name for visitor in shoppers}

    def mean(taste: str, inclination: str) -> float:
        scores = [
            found.score
            for customer_id, portrait in portraits.items()
            for found in portrait.disposition.inclinations
            if found.name == inclination and taste_of.get(customer_id) == taste
        ]
        return sum(scores) / len(scores)

    for taste, inclination in {
        "loyal": "loyal",
        "curious": "novelty-seeking",
        "bargain": "price-driven",
        "deliberate": "deliberate",
        "impulsive": "impulsive",
    }.items():
        assert mean(taste, inclination) > mean("plain", inclination) + 0.1, taste


def _cycle(portrait: Portrait) -> float | None:
    repurchase = portrait.spending.repurchase
    return None if repurchase is None else repurchase.median_days


#: What a marketer looks for, and how many of the 438 customers at least have it.
SHOWN: dict[str, tuple[Callable[[Portrait], object], int]] = {
    "declared traits": (lambda one: one.attributes.time_zone, 150),
    "an age band": (lambda one: one.attributes.age_band, 150),
    "the app installed": (lambda one: one.attributes.installation == "installed", 50),
    "the app uninstalled": (lambda one: one.attributes.installation == "uninstalled", 5),
    "a shopping gender": (lambda one: one.attributes.shopping_gender.value != "unknown", 200),
    "two devices": (lambda one: len(one.attributes.devices) == 2, 50),
    "a campaign": (lambda one: one.attributes.first_campaign, 30),
    "peak hours": (lambda one: one.activity.hours.peak_hours, 200),
    "a sensitivity to marketing": (lambda one: one.preferences.marketing.sensitivity, 100),
    "an order": (lambda one: one.spending.rfm, 150),
    "a tier": (lambda one: one.spending.tier, 150),
    "a cycle of buying": (_cycle, 50),
    "an invitation sent": (lambda one: one.social.invites_sent, 30),
    "an invitation accepted by somebody": (lambda one: one.social.invites_accepted, 10),
    "a customer brought": (lambda one: one.social.customers_brought, 4),
    "a review": (lambda one: one.service.ratings, 20),
    "an open complaint": (lambda one: one.service.open_complaints, 5),
    "a support contact": (lambda one: one.service.contacts_30d, 20),
    "a refund": (lambda one: one.service.refunds_30d, 15),
}


@pytest.mark.parametrize("what", SHOWN)
def test_many_portraits_have(portraits: dict[str, Portrait], what: str) -> None:
    shows, least = SHOWN[what]
    count = sum(bool(shows(portrait)) for portrait in portraits.values())
    assert count >= least


def test_about_one_customer_in_twenty_five_is_a_company(portraits: dict[str, Portrait]) -> None:
    visitors = Simulation(seed=7, customers=3_000).visitors
    assert 0.03 < sum(visitor.is_company for visitor in visitors) / len(visitors) < 0.05
    companies = [one.attributes for one in portraits.values() if one.attributes.company]
    assert len(companies) >= 5
    for attributes in companies:
        assert attributes.company
        assert attributes.company.industry
        assert attributes.company.contact_roles
        assert attributes.company.purchase_volume
        assert (attributes.birth_year, attributes.natural_gender) == (None, None)


def test_complaints_have_cases_that_mostly_get_resolved() -> None:
    cases: dict[str, list[SupportContacted]] = defaultdict(list)
    for event in Simulation(seed=7, customers=500).history(END):
        if isinstance(event, SupportContacted) and event.case_id:
            cases[event.case_id].append(event)
    assert len(cases) > 50
    for contacts in cases.values():
        assert [contact.complaint for contact in contacts] == [True, False][: len(contacts)]
        assert [contact.resolved for contact in contacts] == [False, True][: len(contacts)]
        assert len({(contact.customer_id, contact.subject) for contact in contacts}) == 1
    resolved = sum(len(contacts) == 2 for contacts in cases.values())
    assert 0.5 < resolved / len(cases) < 1


def test_who_invited_is_another_customer_of_the_shop(history: list[Event]) -> None:
    simulation = Simulation(seed=7, customers=500)
    ids = {visitor.customer_id for visitor in simulation.visitors}
    invitations = [event for event in history if isinstance(event, InviteAccepted)]
    assert len(invitations) > 10
    for event in invitations:
        assert event.invited_by in ids - {event.customer_id}
    brought = Counter(event.invited_by for event in invitations)
    assert max(brought.values()) > 1


def test_tastes_are_shares_of_all_customers() -> None:
    assert sum(taste.percent for taste in TASTES) == 100


def test_most_shipped_labels_and_segments_occur(portraits: dict[str, Portrait]) -> None:
    labels = Counter(name for portrait in portraits.values() for name in portrait.labels)
    segments = Counter(name for portrait in portraits.values() for name in portrait.segments)
    assert sum(customers >= 5 for customers in labels.values()) >= 20
    assert sum(customers >= 5 for customers in segments.values()) >= 5


def test_every_tier_of_the_shop_is_reached_by_some(portraits: dict[str, Portrait]) -> None:
    tiers = Counter(portrait.spending.tier for portrait in portraits.values())
    names = [tier.name for tier in load_shop(SHOP, decimals=2).tiers]
    assert [name for name in names if not tiers[name]] == []
    # The higher, the fewer.
    assert sorted(names, key=lambda name: -tiers[name]) == names


@pytest.mark.parametrize("kind", ["person", "company"])
def test_some_are_close_to_the_target_portrait_and_most_are_not(
    portraits: dict[str, Portrait], kind: str
) -> None:
    of_kind = [portrait for portrait in portraits.values() if portrait.attributes.kind == kind]
    scores = [portrait.fit.score for portrait in of_kind if portrait.fit]
    assert len(scores) == len(of_kind) > 5
    assert 0.1 < sum(score >= CLOSE for score in scores) / len(scores) < 0.5
    assert len(set(scores)) > 4


def test_every_criterion_of_a_target_is_met_by_some_and_not_by_all(
    portraits: dict[str, Portrait],
) -> None:
    for target in load_shop(SHOP, decimals=2).targets:
        fits = [one.fit for one in portraits.values() if one.fit and one.fit.target == target.name]
        for criterion in target.criteria:
            met = sum(criterion.name in fit.met for fit in fits)
            assert 0 < met < len(fits), criterion.name
