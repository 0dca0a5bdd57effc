"""The statistical model of sign-ins, against the plain reference and by its own properties."""

import random

import pytest

from stream.risk.history import History
from stream.risk.records import Features, SignInCounts, hash_of
from stream.risk.signin import ADDRESS, USER_AGENT, highest_ratio, risk_ratio
from tests.support.sign_in_reference import SignIn, reference_ratio

PARTS = Features.__struct_fields__

HOME = {
    "ip": "10.0.0.1",
    "asn": "2119",
    "country": "no",
    "user_agent": "Mozilla/5.0 A",
    "browser": "firefox 20",
    "os": "ios 13",
    "kind": "mobile",
}
ELSEWHERE = {
    "ip": "10.9.9.9",
    "asn": "64500",
    "country": "br",
    "user_agent": "Mozilla/5.0 B",
    "browser": "chrome 70",
    "os": "windows 10",
    "kind": "desktop",
}

Log = list[tuple[str, SignIn]]


def features(sign_in: SignIn) -> Features:
    return Features(**{part: hash_of(sign_in.get(part)) for part in PARTS})


def counts(log: Log, now: SignIn) -> SignInCounts:
    """What the store's counters hold when the sign-in comes."""
    alike = {part: sum(s.get(part) == now.get(part) for _, s in log) for part in PARTS}
    return SignInCounts(sign_ins=len(log), customers=len({name for name, _ in log}), **alike)


def history_of(sign_ins: list[SignIn]) -> History:
    history = History()
    for sign_in in sign_ins:
        history.add(features(sign_in), device=0)
    return history


def ratio(log: Log, customer: str, now: SignIn) -> float | None:
    history = history_of([sign_in for name, sign_in in log if name == customer])
    return risk_ratio(features(now), counts(log, now), history)


def sign_in_of(rng: random.Random, values: int, sent: float) -> SignIn:
    return {part: str(rng.randrange(values)) for part in PARTS if rng.random() < sent}


def random_log(seed: int) -> Log:
    rng = random.Random(seed)
    customers, values, sent = rng.randint(1, 9), rng.randint(1, 6), rng.choice([0.0, 0.6, 1.0])
    return [
        (f"c{rng.randrange(customers)}", sign_in_of(rng, values, sent))
        for _ in range(rng.randint(1, 60))
    ]


@pytest.mark.parametrize("seed", range(40))
def test_ratio_equals_the_plain_reference_at_every_sign_in_of_a_history(seed: int) -> None:
    log = random_log(seed)
    for number, (customer, now) in enumerate(log):
        expected = reference_ratio(log[:number], customer, now)
        found = ratio(log[:number], customer, now)
        if expected is None:
            assert found is None
        else:
            assert found == pytest.approx(expected, rel=1e-9, abs=0)


def test_ratio_of_a_large_store_equals_the_plain_reference() -> None:
    rng = random.Random(7)
    log = [(f"c{rng.randrange(400)}", sign_in_of(rng, 900, 1.0)) for _ in range(3_000)]
    log += [("ada", HOME)] * 200
    for now in (HOME, ELSEWHERE, {**HOME, "ip": "10.0.0.2"}, {}):
        expected = reference_ratio(log, "ada", now)
        assert ratio(log, "ada", now) == pytest.approx(expected, rel=1e-9, abs=0)


def test_ratio_of_a_small_history_is_what_a_hand_computes() -> None:
    # N = 3, C = 2, n = 2; of the address everything is known, of the user agent nothing.
    log = [("bob", {**HOME, "ip": "x"}), ("ada", HOME), ("ada", HOME)]
    now = {**ELSEWHERE, "ip": HOME["ip"], "asn": HOME["asn"], "country": HOME["country"]}
    address = 0.6 * 2 / 4 + 0.3 * 3 / 4 + 0.1 * 3 / 4
    own_address = (2 + address) / 3
    expected = (address / own_address) * 3 * (1 / 2) / (2 / 3)
    assert ratio(log, "ada", now) == pytest.approx(expected, rel=1e-12)


def test_first_sign_in_of_a_customer_has_no_ratio() -> None:
    assert ratio([("bob", HOME)], "ada", HOME) is None
    assert reference_ratio([("bob", HOME)], "ada", HOME) is None


def test_first_sign_in_of_a_store_has_no_ratio() -> None:
    assert ratio([], "ada", HOME) is None


def test_sign_in_with_history_of_which_the_counters_know_nothing_has_no_ratio() -> None:
    nothing = SignInCounts(0, 0, *[0] * 7)
    assert risk_ratio(features(HOME), nothing, history_of([HOME] * 3)) is None


def test_sign_in_without_counts_has_no_ratio() -> None:
    assert risk_ratio(features(HOME), None, history_of([HOME] * 3)) is None


def test_where_nothing_is_ever_sent_only_the_customers_share_of_sign_ins_counts() -> None:
    log: Log = [("ada", {}), ("ada", {}), ("bob", {}), ("bob", {}), ("bob", {}), ("bob", {})]
    # p(u|attack) / p(u|legitimate) = (1/2) / (2/6); what all show always tells nothing.
    among_all = 6 / 7
    each = among_all / ((2 + among_all) / 3)
    assert ratio(log, "ada", {}) == pytest.approx(1.5 * each**2, rel=1e-12)
    assert ratio(log, "ada", {}) == pytest.approx(reference_ratio(log, "ada", {}), rel=1e-9)


def test_missing_value_is_a_value_like_another() -> None:
    log: Log = [("ada", {}), ("ada", {}), ("bob", HOME), ("cay", HOME)]
    unusual, usual = ratio(log, "ada", HOME), ratio(log, "ada", {})
    assert unusual is not None
    assert usual is not None
    assert unusual > 1 > usual


@pytest.fixture
def store() -> Log:
    """Ada at home thirty times among two hundred others, of whom some are elsewhere."""
    rng = random.Random(1)
    others = [
        (f"c{number % 200}", {**(ELSEWHERE if rng.random() < 0.2 else HOME), "ip": f"i{number}"})
        for number in range(600)
    ]
    return [*others, *[("ada", HOME)] * 30]


def test_the_usual_is_likely_and_the_wholly_new_is_not(store: Log) -> None:
    usual, new = ratio(store, "ada", HOME), ratio(store, "ada", ELSEWHERE)
    assert usual is not None
    assert new is not None
    assert usual < 0.1
    assert new > 10


def test_another_address_of_the_usual_network_is_far_likelier_than_a_new_network(
    store: Log,
) -> None:
    near = ratio(store, "ada", {**HOME, "ip": "10.0.0.2"})
    far = ratio(store, "ada", {**HOME, "ip": "10.0.0.2", "asn": "1", "country": "br"})
    assert near is not None
    assert far is not None
    assert near * 5 < far


def test_something_new_tells_more_the_longer_the_history_but_for_the_share_of_sign_ins() -> None:
    shown = features(ELSEWHERE)
    known = SignInCounts(1_000, 100, *[50] * 7)
    for own in (1, 2, 10, 100):
        found = risk_ratio(shown, known, history_of([HOME] * own))
        assert found == pytest.approx((own + 1) ** 2 * (1_000 / 100) / own, rel=1e-12)


def test_ratio_does_not_depend_on_the_order_of_the_history() -> None:
    log = random_log(3)
    sign_ins = [sign_in for _, sign_in in log]
    known = counts(log, log[0][1])
    one, other = history_of(sign_ins), history_of(sign_ins[::-1])
    assert risk_ratio(features(sign_ins[0]), known, one) == risk_ratio(
        features(sign_ins[0]), known, other
    )


@pytest.mark.parametrize("seed", range(40))
def test_ratio_never_exceeds_what_the_count_of_just_the_same_allows(seed: int) -> None:
    log = random_log(seed)
    for number, (customer, now) in enumerate(log):
        found = ratio(log[:number], customer, now)
        own = [sign_in for name, sign_in in log[:number] if name == customer]
        if found is not None:
            highest = highest_ratio(counts(log[:number], now), len(own), own.count(now))
            assert found <= highest


def test_no_ratio_is_expected_where_there_is_none() -> None:
    assert highest_ratio(SignInCounts(0, 0, *[0] * 7), 3, 0) == 0
    assert highest_ratio(SignInCounts(9, 3, *[0] * 7), 0, 0) == 0


@pytest.mark.parametrize("weights", [ADDRESS, USER_AGENT], ids=["address", "user agent"])
def test_weights_of_a_feature_are_one_together(weights: tuple[float, ...]) -> None:
    assert sum(weights) == pytest.approx(1)
