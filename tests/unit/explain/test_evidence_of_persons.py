"""Evidence of who somebody is, whom they bring, what they complain of and whom they fit."""

from pathlib import Path

from msgspec.structs import replace

from stream.files.shop import load_shop
from stream.measures.affinity import Affinity
from tests.support.events import contacted, event, identified, referred, viewed
from tests.support.explained import BUYER, PLAIN, explained

SHOP = Path(__file__).parents[3] / "deploy" / "shop.yaml"


def test_shopping_gender_names_its_witnesses() -> None:
    events = [viewed("2026-06-30T10:00:00Z", gender="female")] * 7
    found = explained(events)
    path = "attributes.shopping_gender"
    # Three witnesses of ln 3, over the root of three.
    assert found[f"{path}.evidence"] == [
        (
            "products for women 1.9029 female",
            "log2(1 + 7 points) = 3.00 witnesses of log-odds 1.099, / root of 3.00 witnesses in "
            "all",
        )
    ]
    assert found[f"{path}.value"][0][0] == "female"
    assert "log-odds -1.90 in all" in found[f"{path}.value"][0][1]
    assert found[f"{path}.confidence"][0][1].startswith("1 / (1 + exp(-1.90))")


def test_unknown_shopping_gender_says_what_is_missing() -> None:
    path = "attributes.shopping_gender.value"
    ((value, because),) = explained(BUYER)[path]
    assert value == "unknown"
    assert "no table of categories is in use" in because
    table = Affinity(version="t1", sessions=9, scale=1.0, log_odds={"fashion": 1.0})
    ((_, because),) = explained(BUYER, replace(PLAIN, affinity=table))[path]
    assert because.endswith("no category that the table t1 knows")
    balanced = [
        viewed("2026-06-30T10:00:00Z", gender="female"),
        viewed("2026-06-30T10:00:00Z", gender="male"),
    ]
    assert explained(balanced)[path] == [("unknown", "its witnesses are balanced")]


def test_traits_say_when_they_were_declared_or_taken_back() -> None:
    events = [
        identified("2026-05-01T10:00:00Z", gender="female", birth_year=1990, size="M"),
        identified("2026-05-02T10:00:00Z", gender=None),
    ]
    found = explained(events)
    assert found["attributes.natural_gender"] == [
        ("none", "trait `gender` was taken back on 2026-05-02")
    ]
    assert found["attributes.birth_year"] == [
        ("1990", "trait `birth_year`, declared on 2026-05-01")
    ]
    assert found["attributes.age_band"] == [("35-44", "2026 - 1990 = 36 years")]
    assert found["attributes.traits.size"] == [("M", "trait `size`, declared on 2026-05-01")]
    assert found["attributes.occupation"] == [("none", "trait `occupation` was never declared")]


def test_country_of_the_events_names_the_newest() -> None:
    events = [
        {**viewed("2026-06-01T10:00:00Z"), "context": {"country": "DE"}},
        {**viewed("2026-06-02T10:30:00Z"), "context": {"country": "FR", "channel": "mail"}},
    ]
    found = explained(events)
    assert found["attributes.country"] == [
        ("FR", "named by the event of 2026-06-02 10:30 UTC, the newest that names one")
    ]
    assert found["attributes.acquisition_channel"] == [
        ("mail", "named by the event of 2026-06-02 10:30 UTC, the oldest that names one")
    ]


def test_influence_adds_up_its_points() -> None:
    events = [
        *[event("invite_sent", "2026-06-10T10:00:00Z") for _ in range(4)],
        event("product_shared", "2026-06-10T10:00:00Z", product={"product_id": "p1"}),
        referred("2026-06-11T10:00:00Z", "bob", 2, "30.00"),
        referred("2026-06-11T10:00:00Z", "eve", 0, "0"),
    ]
    found = explained(events)
    # 1 + 4 + 2 * 5 + 10 = 25: 2500 / 45.
    assert found["social.influence"] == [
        (
            "55",
            "100 * p / (p + 20), rounded down: p 25 = 1 shares + 4 invites + 5 * 2 accepted + "
            "10 * 1 brought",
        )
    ]
    assert found["social.customers_brought"] == [("1", "those of them who have ordered; exact")]


def test_many_brought_customers_are_called_an_estimate() -> None:
    events = [viewed("2026-06-10T10:00:00Z")]
    events += [referred("2026-06-11T10:00:00Z", f"friend-{n}", 1, "10") for n in range(90)]
    ((value, because),) = explained(events)["social.customers_brought"]
    assert int(value) > 64
    assert "estimated from 64" in because


def test_open_complaints_are_told_from_cases() -> None:
    events = [
        contacted("2026-06-10T10:00:00Z", case_id="a", complaint=True),
        contacted("2026-06-11T10:00:00Z", case_id="a", complaint=True, resolved=True),
        contacted("2026-06-12T10:00:00Z", case_id="b", complaint=True, subject="delivery"),
    ]
    found = explained(events)
    assert found["service.open_complaints"] == [
        (
            "1",
            "1 of 2 cases open: a complaint, and no later word that it is resolved; "
            "last word 2026-06-12",
        )
    ]
    assert found["service.subjects"][0][0] == "other 2, delivery 1"


def test_fit_says_of_each_criterion_what_was_found_and_wanted() -> None:
    shop = load_shop(SHOP, 2)
    standards = replace(PLAIN, tiers=shop.tiers, targets=shop.targets)
    categories = ("a", "b", "c", "fashion/men")
    events = [viewed("2026-06-29T10:00:00Z", category=name) for name in categories]
    found = explained([*events, *BUYER], standards)
    assert found["fit.target"] == [("young urban buyer", "the first target portrait for a person")]
    # interests 2, spends 3, mid-priced 1 and comes back 1 of 10.
    assert found["fit.score"] == [("70", "the criteria met weigh 7 of 10, in percent")]
    met, unmet = dict(found["fit.met"]), dict(found["fit.unmet"])
    assert met["spends"] == (
        "spending.amount_365d: found 480.00 USD; wanted at least 300 USD; weight 3"
    )
    assert met["interests"] == (
        "preferences.categories: found fashion/men; wanted one of electronics, fashion, "
        "sports/running; weight 2"
    )
    assert unmet["age"] == ("attributes.age_band: found none; wanted one of 18-24, 25-34; weight 2")
    assert unmet["looks around"].startswith(
        "activity.counts.product_viewed: found 4; wanted at least 10"
    )


def test_no_target_says_so() -> None:
    assert explained(BUYER)["fit"] == [
        ("none", "the shop describes no target portrait for a person")
    ]
