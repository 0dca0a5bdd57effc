"""Findings about the account: what is found, when, and what is not."""

import random
from typing import Any

import pytest

from stream.risk.account import MOST_KM_H, find
from stream.risk.evidence import ORDERS, Evidence
from stream.risk.findings import Finding
from stream.risk.reasons import keeps_ms
from stream.risk.records import Dated, Features, Order, SignIn, SignInCounts
from stream.risk.subject import Subject
from stream.windows import DAY_MS, HOUR_MS
from tests.support.sign_ins import history

MINUTE_MS = 60_000
#: An instant like any other.
T = 1_700_000_000_000

HOME = Features(ip=1, asn=2, country=3, user_agent=4, browser=5, os=6, kind=7)
AWAY = Features(ip=11, asn=12, country=13, user_agent=14, browser=15, os=16, kind=17)
PHONE, TABLET = 100, 200
#: A store in which every value is that of a fifth of the sign-ins, three a customer.
COUNTS = SignInCounts(3_000, 1_000, *[600] * 7)


def sign_in(
    at_ms: int,
    features: Features = HOME,
    device: int = PHONE,
    country: str = "Norway",
    counts: SignInCounts | None = COUNTS,
) -> SignIn:
    return SignIn(at_ms, f"s{at_ms}", features, device, country, counts)


def usual(number: int, since_ms: int = T - 5 * DAY_MS) -> list[SignIn]:
    """Sign-ins from home, an hour apart."""
    return [sign_in(since_ms + hour * HOUR_MS) for hour in range(number)]


def dated(*at_ms: int) -> list[Dated]:
    return [Dated(ms, f"d{ms}") for ms in at_ms]


def order(at_ms: int) -> Order:
    return Order(at_ms, f"o{at_ms}", at_ms % 1000, 1_000, 1, False)


def found(code: str, *, newest_ms: int = T, registered_ms: int | None = None, **kept: Any) -> Any:
    """The findings of that code, oldest first."""
    subject = Subject(Evidence(**kept), registered_ms, None, newest_ms, ())
    return sorted(
        (each for each in find(subject) if each.code == code), key=lambda each: each.at_ms
    )


def codes(**kept: Any) -> set[str]:
    return {each.code for each in find(Subject(Evidence(**kept), None, None, T, ()))}


def test_failures_are_found_at_each_with_those_in_the_hour_up_to_it() -> None:
    # T-70m  -50m  -40m       T
    #   x      x     x        x     the hour up to T holds three, that up to T-40m as well
    failures = dated(*(T - minutes * MINUTE_MS for minutes in (70, 50, 40, 0)))
    first, last = found("failed_sign_ins", failures=failures)
    assert (first.at_ms, first.value, first.events) == (
        T - 40 * MINUTE_MS,
        3,
        tuple(each.event_id for each in failures[:3]),
    )
    assert (last.at_ms, last.value) == (T, 3)
    assert last.detail == "3 failed sign-ins within 60 minutes"


def test_failure_an_hour_before_is_not_within_the_hour() -> None:
    assert not found("failed_sign_ins", failures=dated(T - HOUR_MS, T - 1, T))
    assert found("failed_sign_ins", failures=dated(T - HOUR_MS + 1, T - 1, T))


def test_finding_names_ten_events_at_most_and_the_newest_of_them() -> None:
    failures = dated(*range(T - 15, T))
    last = found("failed_sign_ins", failures=failures)[-1]
    assert last.value == 15
    assert last.events == tuple(each.event_id for each in failures[-10:])


def test_sign_in_after_failures_within_half_an_hour() -> None:
    failures = dated(T - 29 * MINUTE_MS, T - 2, T - 1)
    (finding,) = found("sign_in_after_failures", failures=failures, sign_ins=[sign_in(T)])
    assert (finding.at_ms, finding.value) == (T, 3)
    assert finding.events == (*(each.event_id for each in failures), f"s{T}")
    assert finding.detail == "Signed in after 3 failed sign-ins within 30 minutes"


def test_sign_in_after_two_failures_or_before_the_third_is_none() -> None:
    for ms in ((T - 2, T - 1), (T - 2, T - 1, T + 1), (T - 30 * MINUTE_MS, T - 2, T - 1)):
        assert not found("sign_in_after_failures", failures=dated(*ms), sign_ins=[sign_in(T)])


def test_of_sign_ins_that_stand_together_the_first_and_the_last_are_seen() -> None:
    #  sign-in   failures   sign-in      abroad
    #   T-59m   T-5m..T-3m     T      T+1 minute
    last = Dated(T, "last")
    home = SignIn(T - 59 * MINUTE_MS, "first", HOME, PHONE, "ES", None, 7, last)
    away = sign_in(T + MINUTE_MS, AWAY, TABLET, "FR")
    failures = dated(*(T - minutes * MINUTE_MS for minutes in (5, 4, 3)))
    (finding,) = found("sign_in_after_failures", failures=failures, sign_ins=[home])
    assert (finding.at_ms, finding.events[-1]) == (T, "last")
    (finding,) = found("impossible_travel", sign_ins=[home, away], newest_ms=T + MINUTE_MS)
    assert finding.detail.startswith("Signed in from FR 1 minute after ES")
    assert finding.events == ("last", away.event_id)
    (finding,) = found("dormant_account", sign_ins=[home, sign_in(T + 90 * DAY_MS)], newest_ms=T)
    assert (finding.value, finding.events[0]) == (90, "last")


def test_second_reset_within_a_day_is_found() -> None:
    (finding,) = found("password_resets", resets=dated(T - DAY_MS + 1, T))
    assert (finding.at_ms, finding.value, len(finding.events)) == (T, 2, 2)
    assert not found("password_resets", resets=dated(T - DAY_MS, T))


def test_new_device_is_found_after_two_earlier_sign_ins() -> None:
    (finding,) = found("new_device", sign_ins=[*usual(2), sign_in(T, device=TABLET)])
    assert (finding.at_ms, finding.value, finding.events) == (T, 1, (f"s{T}",))
    assert finding.detail == "Signed in from a device that none of 2 earlier sign-ins came from"


def test_second_sign_in_of_a_customer_shows_nothing_new() -> None:
    away = sign_in(T, AWAY, TABLET, "Sweden")
    assert not {"new_device", "new_country", "new_network"} & codes(sign_ins=[*usual(1), away])


def test_device_is_new_only_once() -> None:
    again = [sign_in(T - 1, device=TABLET), sign_in(T, device=TABLET)]
    assert [each.at_ms for each in found("new_device", sign_ins=[*usual(2), *again])] == [T - 1]


def test_device_country_and_network_of_sign_ins_that_are_kept_as_counts_are_not_new() -> None:
    sign_ins = [*usual(2), sign_in(T, AWAY, TABLET)]
    assert {"new_device", "new_country", "new_network"} <= codes(sign_ins=sign_ins)
    assert not {"new_device", "new_country", "new_network"} & codes(
        sign_ins=sign_ins, history=history((AWAY, TABLET, 1))
    )


def test_sign_ins_that_are_kept_as_counts_are_earlier_ones() -> None:
    (finding,) = found(
        "new_device", sign_ins=[sign_in(T, device=TABLET)], history=history((HOME, PHONE, 12))
    )
    assert "none of 12 earlier" in finding.detail


def test_new_country_and_network_need_earlier_ones_that_named_one() -> None:
    nameless = [sign_in(ms, Features(ip=1), 0, "") for ms in (T - 5, T - 4, T - 3)]
    named = [*nameless, sign_in(T - 2), sign_in(T, AWAY, TABLET)]
    assert not {"new_device", "new_country", "new_network"} & codes(sign_ins=named)


def test_sign_in_that_names_nothing_shows_nothing_new() -> None:
    nameless = sign_in(T, Features(), 0, "", counts=None)
    assert not codes(sign_ins=[*usual(3), nameless])


def test_new_network_in_the_usual_country_is_new_alone() -> None:
    elsewhere = Features(ip=1, asn=9, country=3, user_agent=4, browser=5, os=6, kind=7)
    assert codes(sign_ins=[*usual(3), sign_in(T, elsewhere)]) == {"new_network"}


def test_what_a_sign_in_showed_first_is_known_at_the_next() -> None:
    #  home  home  tablet away     tablet at home: together new, each of them known
    sign_ins = [*usual(2), sign_in(T - 1, AWAY, TABLET), sign_in(T, HOME, TABLET)]
    for code in ("new_device", "new_country", "new_network"):
        assert [each.at_ms for each in found(code, sign_ins=sign_ins)] == [T - 1]


def test_new_country_is_told_by_its_name() -> None:
    (finding,) = found("new_country", sign_ins=[*usual(3), sign_in(T, AWAY, country="Brazil")])
    assert finding.detail.startswith("Signed in from Brazil, a country that none of 3 earlier")


def test_new_device_within_an_hour_after_a_reset() -> None:
    resets = dated(T - 12 * MINUTE_MS)
    (finding,) = found(
        "reset_then_new_device", sign_ins=[*usual(1), sign_in(T, device=TABLET)], resets=resets
    )
    assert finding.events == (resets[0].event_id, f"s{T}")
    assert finding.detail == "Signed in from a new device 12 minutes after a password reset"


def test_reset_is_no_reason_with_a_known_device_an_hour_before_or_at_the_first_sign_in() -> None:
    new = sign_in(T, device=TABLET)
    reset = dated(T - MINUTE_MS)
    assert not found("reset_then_new_device", sign_ins=[*usual(2), sign_in(T)], resets=reset)
    assert not found("reset_then_new_device", sign_ins=[new], resets=reset)
    nameless = sign_in(T - DAY_MS, device=0)
    assert not found("reset_then_new_device", sign_ins=[nameless, new], resets=reset)
    assert not found("reset_then_new_device", sign_ins=[*usual(2), new], resets=dated(T - HOUR_MS))


def test_impossible_travel_names_countries_distance_and_speed() -> None:
    sign_ins = [sign_in(T - 3 * HOUR_MS), sign_in(T, AWAY, country="BR")]
    (finding,) = found("impossible_travel", sign_ins=sign_ins)
    assert finding.value == int(9_739.4 / 3)
    assert finding.events == (f"s{T - 3 * HOUR_MS}", f"s{T}")
    assert finding.detail == (
        f"Signed in from BR 3 hours after Norway: about 9,739 km, {finding.value:,} km/h"
    )


def test_travel_at_the_speed_of_an_airliner_is_possible() -> None:
    sign_ins = [sign_in(T - 11 * HOUR_MS), sign_in(T, AWAY, country="Brazil")]
    assert not found("impossible_travel", sign_ins=sign_ins)


def test_travel_within_minutes_has_its_own_speed() -> None:
    sign_ins = [
        sign_in(T - 5 * MINUTE_MS, country="Germany"),
        sign_in(T, AWAY, country="France"),
    ]
    (finding,) = found("impossible_travel", sign_ins=sign_ins)
    assert finding.value == int(757.7044 * 12)


def test_travel_in_no_time_has_the_highest_speed() -> None:
    twice = [sign_in(T), SignIn(T, "t", AWAY, TABLET, "Brazil", None)]
    (finding,) = found("impossible_travel", sign_ins=twice)
    assert finding.value == MOST_KM_H
    assert "less than a minute after Norway" in finding.detail
    assert "over 10,000 km/h" in finding.detail


def test_neighbours_one_country_in_two_spellings_and_unknown_ones_are_no_travel() -> None:
    for one, other in (("Belgium", "Netherlands"), ("NO", "Norway"), ("Norway", "Atlantis")):
        sign_ins = [sign_in(T - 1, country=one), sign_in(T, AWAY, country=other)]
        assert not found("impossible_travel", sign_ins=sign_ins)


def test_unlikely_sign_in_is_worth_tenths_of_a_power_of_ten() -> None:
    # Nothing was shown before: S = (5 + 1)^2 * 3000 / (1000 * 5) = 21.6.
    (finding,) = found("unlikely_sign_in", sign_ins=[*usual(5), sign_in(T, AWAY, TABLET)])
    assert (finding.at_ms, finding.value, finding.events) == (T, 13, (f"s{T}",))
    assert finding.detail == (
        "To sign in like this is 22 times likelier for an attacker than for the customer, "
        "judging by 5 earlier sign-ins of the customer and 3,000 of all"
    )


def test_sign_in_is_unlikely_by_those_that_are_kept_as_counts_too() -> None:
    (finding,) = found(
        "unlikely_sign_in",
        sign_ins=[sign_in(T, AWAY, TABLET)],
        history=history((HOME, PHONE, 90), (HOME, TABLET, 9)),
    )
    assert finding.value == 24  # 100^2 * 3 / 99 = 303


def test_sign_in_of_which_nobody_counted_the_others_is_not_judged() -> None:
    sign_ins = [*usual(5), sign_in(T, AWAY, TABLET, counts=None)]
    assert not found("unlikely_sign_in", sign_ins=sign_ins)


def test_customer_who_seldom_signs_in_and_always_alike_is_not_unlikely() -> None:
    # Others sign in 50 times as often, which is all that speaks against the customer.
    counts = SignInCounts(50_000, 1_000, *[50_000] * 7)
    sign_ins = [sign_in(T + hour, Features(), hour, "", counts) for hour in range(3)]
    assert not found("unlikely_sign_in", sign_ins=sign_ins)


def test_seldom_shown_is_as_unlikely_as_the_model_says() -> None:
    counts = SignInCounts(3_000_000, 1_000, *[2_400_000] * 7)
    (finding,) = found(
        "unlikely_sign_in",
        sign_ins=[sign_in(T, AWAY, TABLET, "", counts)],
        history=history((HOME, PHONE, 299), (AWAY, TABLET, 1)),
    )
    # Each feature 0.8 / ((1 + 0.8) / 301), and p(u|attack) / p(u|legitimate) = 10.
    assert finding.value == 52


def test_order_soon_after_sign_up_counts_whole_hours() -> None:
    orders = [order(T - 72 * HOUR_MS), order(T - 1), order(T)]
    first, second = found("young_account", orders=orders, registered_ms=T - 72 * HOUR_MS)
    assert (first.value, first.detail) == (0, "Ordered less than a minute after sign-up")
    assert (second.at_ms, second.value, second.events) == (T - 1, 71, (f"o{T - 1}",))


def test_account_whose_sign_up_nobody_saw_or_that_ordered_before_it_is_not_young() -> None:
    assert not found("young_account", orders=[order(T)])
    assert not found("young_account", orders=[order(T)], registered_ms=T + 1)


def test_dormant_account_that_signs_in_or_orders() -> None:
    asleep = [sign_in(T - 200 * DAY_MS)]
    (finding,) = found("dormant_account", sign_ins=[*asleep, sign_in(T)])
    assert (finding.at_ms, finding.value) == (T, 200)
    assert finding.events == (asleep[0].event_id, f"s{T}")
    assert finding.detail == "Signed in after 200 days without a sign-in or an order"
    (finding,) = found("dormant_account", sign_ins=asleep, orders=[order(T)])
    assert finding.detail == "Ordered after 200 days without a sign-in or an order"


def test_account_that_ordered_in_between_was_not_dormant() -> None:
    sign_ins = [sign_in(T - 160 * DAY_MS), sign_in(T)]
    assert not found("dormant_account", sign_ins=sign_ins, orders=[order(T - 80 * DAY_MS)])


def test_account_is_not_called_dormant_where_an_act_in_between_may_be_forgotten() -> None:
    old = [order(T - 300 * DAY_MS)]
    assert found("dormant_account", orders=old, sign_ins=[sign_in(T)])
    assert not found(
        "dormant_account", orders=old, sign_ins=[sign_in(T)], history=history((HOME, PHONE, 1))
    )
    many = [order(T - ORDERS + number) for number in range(ORDERS)]
    assert not found("dormant_account", orders=many, sign_ins=[sign_in(T - 300 * DAY_MS)])
    assert found("dormant_account", orders=many[1:], sign_ins=[sign_in(T - 300 * DAY_MS)])


def test_nothing_is_found_that_no_level_remembers() -> None:
    at_ms = T - keeps_ms("new_device")
    sign_ins = [*usual(2, at_ms - DAY_MS), sign_in(at_ms, device=TABLET)]
    assert not found("new_device", sign_ins=sign_ins)
    assert found("new_device", sign_ins=sign_ins, newest_ms=T - 1)
    failures = dated(*range(at_ms - 3, at_ms + 1))
    assert not found("failed_sign_ins", failures=failures)
    assert len(found("failed_sign_ins", failures=failures, newest_ms=T - 1)) == 1


def test_ordinary_customer_gives_no_finding() -> None:
    assert not codes(sign_ins=usual(6), orders=[order(T)], failures=dated(T - 1))
    assert not codes()


@pytest.mark.parametrize("seed", range(30))
def test_findings_depend_on_nothing_that_comes_later(seed: int) -> None:
    rng = random.Random(seed)
    times = sorted(rng.sample(range(T - 2 * DAY_MS, T, MINUTE_MS), 18))
    kept: dict[str, list[Any]] = {
        "sign_ins": [
            sign_in(ms, rng.choice((HOME, AWAY)), rng.choice((0, PHONE, TABLET)), country)
            for ms in times[::3]
            for country in [rng.choice(("Norway", "Brazil", ""))]
        ],
        "failures": dated(*times[1::3]),
        "resets": dated(*times[2::3]),
        "orders": [order(ms) for ms in times[::2]],
    }
    cut_ms = times[rng.randrange(18)]
    before = {
        name: [each for each in found if each.at_ms <= cut_ms] for name, found in kept.items()
    }
    assert all_of(before) == [each for each in all_of(kept) if each.at_ms <= cut_ms]


def all_of(kept: dict[str, list[Any]]) -> list[Finding]:
    found = find(Subject(Evidence(**kept), T - 2 * DAY_MS, None, T, ()))
    return sorted(found, key=lambda each: (each.at_ms, each.code, each.detail))
