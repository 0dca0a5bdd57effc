"""Findings in the coupons of one customer."""

from stream.risk.evidence import Evidence, know
from stream.risk.findings import Finding
from stream.risk.promotion import find
from stream.risk.records import Dated, Known, Order, Undone
from stream.risk.subject import Subject
from stream.windows import DAY_MS

T = 1_700_000_000_000


def order(number: int, at_ms: int, coupon: bool = True) -> Order:
    return Order(at_ms, f"e{number:02}", number, 1_000, 0, coupon)


def redeemed(number: int, at_ms: int) -> Dated:
    return Dated(at_ms, f"r{number:02}")


def found(evidence: Evidence, code: str) -> list[Finding]:
    entries = [*evidence.orders, *evidence.undone, *evidence.redeemed]
    newest_ms = max((each.at_ms for each in entries), default=T)
    every = find(Subject(evidence, None, None, newest_ms, ()))
    return [each for each in every if each.code == code]


def shown(findings: list[Finding]) -> list[tuple[int, int, tuple[str, ...]]]:
    return [(each.at_ms, each.value, each.events) for each in findings]


def test_without_coupons_there_is_nothing() -> None:
    assert list(find(Subject(Evidence(), None, None, T, ()))) == []


def test_coupons_that_accounts_share() -> None:
    evidence = Evidence()
    for code in ("coupon_on_device", "coupon_on_ip", "coupon_on_shipping", "accounts_on_ip"):
        know(evidence, code, Known(T, 4, "e1"))
    assert [(each.code, each.at_ms, each.value, each.events) for each in find_all(evidence)] == [
        ("coupon_on_device", T, 4, ("e1",)),
        ("coupon_on_ip", T, 4, ("e1",)),
        ("coupon_on_shipping", T, 4, ("e1",)),
    ]
    assert find_all(evidence)[0].detail == (
        "4 accounts used one coupon on this device within 30 days"
    )


def find_all(evidence: Evidence) -> list[Finding]:
    return list(find(Subject(evidence, None, None, T, ())))


def test_an_order_with_a_coupon_that_was_cancelled() -> None:
    evidence = Evidence(
        orders=[order(1, T), order(2, T + 1, coupon=False), order(3, T + 2)],
        undone=[
            Undone(T + 3, "u1", 1, True),
            Undone(T + 4, "u2", 2, True),
            Undone(T + 5, "u3", 3, False),
        ],
    )
    (cancelled,) = found(evidence, "coupon_then_cancel")
    assert shown([cancelled]) == [(T + 3, 1, ("e01", "u1"))]
    assert cancelled.detail == "1 order with a coupon cancelled within 30 days"


def test_cancellations_are_counted_within_30_days_of_each() -> None:
    days = (0, 10, 30)
    evidence = Evidence(
        orders=[order(n, T - DAY_MS + n) for n in range(3)],
        undone=[Undone(T + day * DAY_MS, f"u{n}", n, True) for n, day in enumerate(days)],
    )
    assert shown(found(evidence, "coupon_then_cancel")) == [
        (T, 1, ("e00", "u0")),
        (T + 10 * DAY_MS, 2, ("e00", "e01", "u0", "u1")),
        (T + 30 * DAY_MS, 2, ("e01", "e02", "u1", "u2")),
    ]


def test_cancellation_before_its_order_counts_from_the_order() -> None:
    evidence = Evidence(orders=[order(1, T)], undone=[Undone(T - 5, "u1", 1, True)])
    assert shown(found(evidence, "coupon_then_cancel")) == [(T, 1, ("u1", "e01"))]


def test_coupons_for_four_orders_of_five() -> None:
    orders = [order(n, T + n, coupon=n != 0) for n in range(5)]
    (rate,) = [each for each in found(Evidence(orders=orders), "redemption_rate") if each.value > 3]
    assert shown([rate]) == [(T + 4, 4, ("e01", "e02", "e03", "e04"))]
    assert rate.detail == "4 coupons for 5 orders within 30 days"
    fewer = [order(9, T - 1, coupon=False), *orders]
    assert found(Evidence(orders=fewer), "redemption_rate") == []


def test_what_order_and_redemption_both_tell_counts_once() -> None:
    evidence = Evidence(
        orders=[order(n, T + 2 * n) for n in range(3)],
        redeemed=[redeemed(n, T + 2 * n + 1) for n in range(3)],
    )
    assert [each.value for each in found(evidence, "redemption_rate")] == [3, 3]


def test_redemptions_without_orders_are_found_and_two_are_too_few() -> None:
    evidence = Evidence(redeemed=[redeemed(n, T + n) for n in range(3)])
    assert shown(found(evidence, "redemption_rate")) == [(T + 2, 3, ("r00", "r01", "r02"))]
    assert found(Evidence(redeemed=evidence.redeemed[:2]), "redemption_rate") == []


def test_redemptions_before_the_oldest_order_kept_are_not_compared_with_those_after() -> None:
    orders = [order(n, T + n * DAY_MS, coupon=False) for n in range(12)]
    earlier = [redeemed(n, T - 12 + n) for n in range(12)]
    assert found(Evidence(orders=orders, redeemed=earlier), "redemption_rate") == []
    assert found(Evidence(orders=orders[1:], redeemed=earlier), "redemption_rate") != []


def test_coupons_of_another_month_do_not_count() -> None:
    orders = [order(n, T + day * DAY_MS) for n, day in enumerate((0, 29, 30))]
    assert found(Evidence(orders=orders), "redemption_rate") == []
    assert len(found(Evidence(orders=[*orders[:2], order(2, orders[1].at_ms)]), "redemption_rate"))
