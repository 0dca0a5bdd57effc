"""Orders after a sign-in from a new device in a new country."""

from stream.risk.evidence import Evidence
from stream.risk.findings import Finding
from stream.risk.records import Features, Order, SignIn
from stream.risk.subject import Subject
from stream.risk.takeover import find
from stream.windows import DAY_MS, HOUR_MS
from tests.support.sign_ins import history

T = 472_000 * HOUR_MS
HOME, ABROAD = 1, 2


def sign_in(at_ms: int, *, device: int, country: int) -> SignIn:
    features = Features(country=country)
    return SignIn(at_ms, f"s{at_ms}", features, device, "XX" if country else "", None)


def order(at_ms: int) -> Order:
    return Order(at_ms, f"o{at_ms}", at_ms, 1_000, 0, False)


def found(evidence: Evidence) -> list[Finding]:
    newest_ms = max(each.at_ms for each in [*evidence.sign_ins, *evidence.orders])
    return list(find(Subject(evidence, None, None, newest_ms, ())))


#: Two sign-ins at home.
KNOWN = [sign_in(T - n * DAY_MS, device=1, country=HOME) for n in (3, 2)]


def test_orders_after_a_sign_in_from_a_new_device_in_a_new_country_are_counted() -> None:
    #  home  home      strange   order   order
    #   |~~~~~|~~~~~~~~~~|~~~~~~~~|~~~~~~~|
    orders = [order(T + HOUR_MS), order(T + 2 * HOUR_MS)]
    evidence = Evidence(sign_ins=[*KNOWN, sign_in(T, device=9, country=ABROAD)], orders=orders)
    first, second = found(evidence)
    assert (first.at_ms, first.value) == (T + HOUR_MS, 1)
    assert (second.at_ms, second.value) == (T + 2 * HOUR_MS, 2)
    assert second.events == (f"s{T}", f"o{T + HOUR_MS}", f"o{T + 2 * HOUR_MS}")
    assert second.detail == (
        "2 orders within a day of a sign-in from a new device in XX, a new country"
    )


def test_a_day_later_an_order_tells_nothing_any_more() -> None:
    strange = [*KNOWN, sign_in(T, device=9, country=ABROAD)]
    last, after = order(T + DAY_MS - 1), order(T + DAY_MS)
    assert len(found(Evidence(sign_ins=strange, orders=[last]))) == 1
    assert found(Evidence(sign_ins=strange, orders=[after])) == []


def test_an_order_before_the_sign_in_is_none_of_it() -> None:
    strange = [*KNOWN, sign_in(T, device=9, country=ABROAD)]
    assert found(Evidence(sign_ins=strange, orders=[order(T - 1)])) == []


def test_device_and_country_have_to_be_new_at_once() -> None:
    for device, country in ((9, HOME), (1, ABROAD), (0, ABROAD), (9, 0)):
        signed_in = [*KNOWN, sign_in(T, device=device, country=country)]
        assert found(Evidence(sign_ins=signed_in, orders=[order(T + 1)])) == []


def test_who_has_hardly_signed_in_before_has_nothing_to_compare_with() -> None:
    strange = sign_in(T, device=9, country=ABROAD)
    evidence = Evidence(sign_ins=[KNOWN[0], strange], orders=[order(T + 1)])
    assert found(evidence) == []
    nameless = sign_in(T - 1, device=0, country=0)
    evidence = Evidence(sign_ins=[KNOWN[0], nameless, strange], orders=[order(T + 1)])
    assert found(evidence) == []


def test_sign_ins_that_are_only_counted_any_more_are_remembered() -> None:
    signed_in = [*KNOWN, sign_in(T, device=9, country=ABROAD)]
    was_there = history((Features(country=ABROAD), 9, 1))
    evidence = Evidence(sign_ins=signed_in, history=was_there, orders=[order(T + 1)])
    assert found(evidence) == []


def test_what_no_level_remembers_is_not_looked_for() -> None:
    strange = [*KNOWN, sign_in(T, device=9, country=ABROAD)]
    evidence = Evidence(sign_ins=strange, orders=[order(T + 1), order(T + 1 + 14 * DAY_MS)])
    assert found(evidence) == []
