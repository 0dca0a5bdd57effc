"""Facts: what events ask of others, and what the answers tell."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from stream import events
from stream.events import Event
from stream.fields import Context
from stream.risk.evidence import Facts, Told
from stream.risk.facts import Answer, Asked, Question, facts, questions
from stream.risk.reasons import KINDS
from stream.windows import DAY_MS, HOUR_MS

AT_MS, KEY = 1_700_000_000_000, "main/c1"
MONTH_MS = 30 * DAY_MS
BOTH = Context(device_id="d1", ip="192.0.2.1")


def event(kind: type[Event], context: Context | None = BOTH, **fields: Any) -> Event:
    when = datetime(2024, 5, 6, tzinfo=UTC)
    return kind(event_id="e1", customer_id="c1", occurred_at=when, context=context, **fields)


def order(context: Context | None = BOTH, **fields: Any) -> Event:
    total = Decimal(10)
    kind = events.OrderCompleted
    return event(kind, context, order_id="o1", total=total, currency="USD", **fields)


def asked(event: Event) -> dict[str, Asked]:
    """By what is asked and of which kind of scope."""
    return {each.question.scope.rpartition("/")[0]: each for each in questions(KEY, event, AT_MS)}


ACCOUNTS = {"accounts/device", "accounts/ip"}


@pytest.mark.parametrize(
    ("event", "scopes"),
    [
        (event(events.SignedUp), {*ACCOUNTS, "sign-ups/device", "sign-ups/ip"}),
        (
            event(events.SignedIn),
            {*ACCOUNTS, "failed/device", "failed/ip", "attempts/device", "failures/device"},
        ),
        (
            event(events.SignInFailed),
            {"failed/device", "failed/ip", "attempts/device", "failures/device"},
        ),
        (event(events.DeviceSeen), ACCOUNTS),
        (order(), ACCOUNTS),
        (
            order(payment_ref="p", shipping_ref="s"),
            {*ACCOUNTS, "accounts/payment", "accounts/shipping"},
        ),
        (
            order(shipping_ref="s", coupon="WELCOME"),
            {
                *ACCOUNTS,
                "accounts/shipping",
                "coupon/device",
                "coupon/ip",
                "coupon/shipping",
            },
        ),
        (
            event(events.CouponRedeemed, coupon="WELCOME"),
            {*ACCOUNTS, "coupon/device", "coupon/ip"},
        ),
        (event(events.PasswordReset), set()),
        (event(events.SignedUp, None), set()),
        (event(events.SignedUp, Context(ip="192.0.2.1")), {"accounts/ip", "sign-ups/ip"}),
        (event(events.SignedUp, Context(ip="")), set()),
    ],
)
def test_an_event_asks_of_what_it_names(event: Event, scopes: set[str]) -> None:
    assert set(asked(event)) == scopes


def test_every_question_is_of_a_known_code_and_one_window_has_one_code() -> None:
    every = [
        event(events.SignedUp),
        event(events.SignedIn),
        order(payment_ref="p", shipping_ref="s", coupon="WELCOME"),
    ]
    codes = set()
    for each in (each for one in every for each in questions(KEY, one, AT_MS)):
        assert len(each.codes) in (0, len(each.question.windows))
        assert each.question.at_ms == AT_MS
        codes |= set(each.codes)
    own = {"rooted_device", "emulator"}
    device = {code for code, kind in KINDS.items() if kind.part == "device"}
    assert codes == (device - own) | {"coupon_on_device", "coupon_on_ip", "coupon_on_shipping"}


def test_scopes_differ_by_value_and_by_coupon_and_hold_neither() -> None:
    def scopes(device_id: str, coupon: str) -> list[str]:
        context = Context(device_id=device_id)
        redeemed = event(events.CouponRedeemed, context, coupon=coupon)
        return [each.question.scope for each in questions(KEY, redeemed, AT_MS)]

    accounts, coupon = scopes("tablet", "WELCOME")
    assert [len(scope.rpartition("/")[2]) for scope in (accounts, coupon)] == [16, 16]
    assert not any("tablet" in scope or "WELCOME" in scope for scope in (accounts, coupon))
    assert scopes("tablet", "SPRING")[0] == accounts
    assert scopes("tablet", "SPRING")[1] != coupon
    assert scopes("phone", "WELCOME")[1] != coupon
    assert scopes("tablet", "WELCOME") == [accounts, coupon]


def test_members_windows_and_whom_to_tell() -> None:
    bought = asked(order(payment_ref="p", shipping_ref="s", coupon="WELCOME"))
    tells = {scope for scope, each in bought.items() if each.question.tell}
    assert tells == {scope for scope in bought if not scope.endswith("/ip")}
    assert {each.question.member for each in bought.values()} == {KEY}
    assert bought["accounts/ip"].question.windows == (DAY_MS,)
    assert bought["accounts/device"].question.windows == (180 * DAY_MS,)
    assert bought["coupon/ip"].question.windows == (MONTH_MS,)
    signed_up = asked(event(events.SignedUp))["sign-ups/ip"]
    assert signed_up.question.windows == (HOUR_MS, DAY_MS, MONTH_MS)
    assert signed_up.codes == ("sign_ups_on_ip_hour", "sign_ups_on_ip_day", "sign_ups_on_ip")


def test_who_signs_in_asks_for_failures_without_being_one() -> None:
    failed, signed_in = asked(event(events.SignInFailed)), asked(event(events.SignedIn))
    assert failed["failed/device"].question.member == KEY
    assert signed_in["failed/device"].question.member is None
    assert signed_in["failures/device"].question.member is None
    for each in (failed, signed_in):
        assert each["attempts/device"].question.member == "e1"
    assert failed["failures/device"].question.member == "e1"


def test_who_failed_on_a_device_before_others_did_is_told() -> None:
    failed = asked(event(events.SignInFailed))
    assert {scope for scope, each in failed.items() if each.question.tell} == {"failed/device"}


def question(tell: bool = False) -> Question:
    return Question("accounts/device/0", KEY, AT_MS, (MONTH_MS,), tell)


def test_only_values_worth_keeping_are_known() -> None:
    each = Asked(question(), ("accounts_on_device",))
    assert facts([each], [Answer((1,))]) == Facts()
    assert facts([each], [Answer((2,))]) == Facts(known=(("accounts_on_device", 2),))


def test_each_window_answers_for_its_code() -> None:
    codes = ("sign_ups_on_ip_hour", "sign_ups_on_ip_day", "sign_ups_on_ip")
    found = facts([Asked(question(), codes)], [Answer((1, 3, 8))])
    assert found.known == (("sign_ups_on_ip_day", 3), ("sign_ups_on_ip", 8))


def test_others_are_told_what_is_known_now_but_of_addresses_nothing() -> None:
    told = Asked(question(tell=True), ("accounts_on_device",))
    quiet = Asked(question(), ("accounts_on_ip",))
    found = facts(
        [quiet, told], [Answer((3,), ("main/c9",), 3), Answer((3,), ("main/c2", "main/c3"), 3)]
    )
    assert found.told == tuple(Told(key, "accounts_on_device", 3) for key in ("main/c2", "main/c3"))


@pytest.mark.parametrize(
    ("attempts", "failures", "known"),
    [
        (9, 9, ()),
        (10, 10, (("failed_share_on_device", 100),)),
        (10, 2, (("failed_share_on_device", 20),)),
        (30, 20, (("failed_share_on_device", 66),)),
        (11, 2, ()),
        (1_000, 1_001, (("failed_share_on_device", 100),)),
        (0, 0, ()),
    ],
)
def test_share_of_failures_needs_ten_attempts(
    attempts: int, failures: int, known: tuple[tuple[str, int], ...]
) -> None:
    answered = {"attempts/device": attempts, "failures/device": failures}
    asked_now = questions(KEY, event(events.SignedIn), AT_MS)
    answers = [Answer((answered.get(a.question.scope.rpartition("/")[0], 0),)) for a in asked_now]
    assert facts(asked_now, answers).known == known


def test_nothing_asked_is_nothing_known() -> None:
    assert facts([], []) == Facts()


def test_who_asks_is_told_as_well_where_others_come_later_by_their_time() -> None:
    told = Asked(question(tell=True), ("accounts_on_device",))
    found = facts([told], [Answer((1,), ("main/later",), 2)])
    assert found.known == ()
    assert found.told == (
        Told(KEY, "accounts_on_device", 2),
        Told("main/later", "accounts_on_device", 2),
    )
