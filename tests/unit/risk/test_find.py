"""All findings together: each rests on what was there by its instant, and on nothing later."""

from collections.abc import Iterable
from copy import deepcopy
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import astuple

from stream.risk.evidence import Evidence, prune, settled
from stream.risk.find import find
from stream.risk.findings import MOST_EVENTS, Finding
from stream.risk.reasons import CODES, KINDS, keeps_ms
from stream.risk.records import Dated, Known, Order, Undone
from stream.risk.subject import Subject
from stream.windows import DAY_MS, HOUR_MS

#: A full UTC hour.
T = 472_000 * HOUR_MS
OF_CLICKS = ("regular_clicks", "rapid_clicks")

#: Times of a few days, many of them close together, where windows end and evidence is pruned.
instants = st.builds(
    lambda day, minute, ms: T + day * DAY_MS + minute * 60_000 + ms,
    st.sampled_from([0, 1, 29, 30, 31, 37, 44, 60, 67]),
    st.sampled_from([0, 1, 59, 60, 600, 1_439]),
    st.sampled_from([0, 0, 1, 59_999]),
)
numbers = st.integers(1, 6)


def dated(prefix: str) -> st.SearchStrategy[Dated]:
    return st.builds(lambda at_ms, n: Dated(at_ms, f"{prefix}{at_ms}/{n}"), instants, numbers)


orders = st.builds(
    lambda at_ms, n, amount, payment, coupon: Order(
        at_ms, f"o{at_ms}/{n}", n, amount, payment, coupon
    ),
    instants,
    numbers,
    st.sampled_from([0, 1_000, 1_100, 1_300, 90_000]),
    st.integers(0, 4),
    st.booleans(),
)
undone = st.builds(
    lambda at_ms, n, cancelled: Undone(at_ms, f"u{at_ms}/{n}", n, cancelled),
    instants,
    numbers,
    st.booleans(),
)
known = st.builds(lambda at_ms, n: Known(at_ms, 20, f"k{at_ms}/{n}"), instants, numbers)
#: Times of clicks, machines' and others'.
clicks = st.builds(
    lambda start, interval, jitter: [start + n * interval + j for n, j in enumerate(jitter)],
    instants,
    st.sampled_from([900, 5_000, 300_000]),
    st.lists(st.sampled_from([0, 0, 0, 40]), max_size=32),
)


def sorted_lists(entries: st.SearchStrategy[Any], most: int) -> st.SearchStrategy[list[Any]]:
    return st.lists(entries, max_size=most).map(sorted)


evidences = st.builds(
    Evidence,
    failures=sorted_lists(dated("f"), 20),
    resets=sorted_lists(dated("p"), 6),
    orders=sorted_lists(orders, 10),
    undone=sorted_lists(undone, 8),
    redeemed=sorted_lists(dated("r"), 12),
    clicks=clicks.map(sorted),
    known=st.dictionaries(st.sampled_from(CODES), known.map(lambda each: [each]), max_size=3),
)
#: Hours in which the customer looked around.
hours = st.frozensets(instants.map(lambda ms: ms // HOUR_MS), max_size=4)


def subject(
    evidence: Evidence, registered_ms: int | None, browsed: frozenset[int], newest_ms: int
) -> Subject:
    first_ms = min((order.at_ms for order in evidence.orders), default=None)
    return Subject(settled(evidence, newest_ms), registered_ms, first_ms, newest_ms, browsed)


def until(evidence: Evidence, at_ms: int) -> Evidence:
    """What there was of it by an instant."""
    cut = {
        name: [each for each in getattr(evidence, name) if each.at_ms <= at_ms]
        for name in ("failures", "resets", "orders", "undone", "redeemed")
    }
    facts = {code: each for code, each in evidence.known.items() if each[0].at_ms <= at_ms}
    return Evidence(**cut, clicks=[ms for ms in evidence.clicks if ms <= at_ms], known=facts)


def newest(evidence: Evidence, at_ms: int) -> int:
    entries = [*evidence.failures, *evidence.resets, *evidence.orders, *evidence.undone]
    entries += [*evidence.redeemed, *(each for found in evidence.known.values() for each in found)]
    return max([at_ms, *evidence.clicks, *(each.at_ms for each in entries)])


def remembered(findings: list[Finding], newest_ms: int) -> list[Finding]:
    """Those that a level may still rest on; clicks are kept only while their finding holds."""
    return [
        each
        for each in findings
        if each.at_ms > newest_ms - keeps_ms(each.code)
        and (each.at_ms <= newest_ms < each.ends_ms or each.code not in OF_CLICKS)
    ]


def ranked(findings: Iterable[Finding]) -> list[tuple[Any, ...]]:
    return sorted(astuple(each) for each in findings)


@settings(max_examples=60, deadline=None)
@given(evidences, st.none() | instants, hours, instants)
def test_later_evidence_changes_no_finding(
    evidence: Evidence, registered_ms: int | None, browsed: frozenset[int], at_ms: int
) -> None:
    #    evidence              at_ms             later evidence         newest
    #  ~~~~~~~~~~~~~~~~~~~~~~~~~~|~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~|
    #     findings until here    | ... are the same, with it and without
    #
    # Browsing is known by the hour: so is the instant.
    at_ms = (at_ms // HOUR_MS + 1) * HOUR_MS - 1
    newest_ms = newest(evidence, at_ms)
    before = frozenset(hour for hour in browsed if hour * HOUR_MS <= at_ms)
    then = find(subject(until(evidence, at_ms), registered_ms, before, at_ms))
    now = find(subject(evidence, registered_ms, browsed, newest_ms))
    assert ranked(remembered(then, newest_ms)) == ranked(
        each for each in remembered(now, newest_ms) if each.at_ms <= at_ms
    )


@settings(max_examples=60, deadline=None)
@given(evidences, st.none() | instants, hours, instants)
def test_pruning_changes_no_finding_that_a_level_may_rest_on(
    evidence: Evidence, registered_ms: int | None, browsed: frozenset[int], at_ms: int
) -> None:
    newest_ms = newest(evidence, at_ms)
    pruned = deepcopy(evidence)
    prune(pruned, newest_ms)
    kept, every = (
        remembered(find(subject(each, registered_ms, browsed, newest_ms)), newest_ms)
        for each in (pruned, evidence)
    )
    assert ranked(kept) == ranked(every)


@settings(max_examples=60, deadline=None)
@given(evidences, st.none() | instants, hours)
def test_findings_name_few_events_oldest_first_and_are_of_what_has_happened(
    evidence: Evidence, registered_ms: int | None, browsed: frozenset[int]
) -> None:
    newest_ms = newest(evidence, T)
    for each in find(subject(evidence, registered_ms, browsed, newest_ms)):
        assert each.at_ms <= newest_ms
        assert len(each.events) == len(set(each.events)) <= MOST_EVENTS
        assert each.events or each.code in OF_CLICKS
        assert each.detail
        assert KINDS[each.code].less or each.value >= KINDS[each.code].worth


def test_who_did_nothing_has_no_findings() -> None:
    assert find(Subject(Evidence(), T, None, T, ())) == []


def test_every_part_is_heard() -> None:
    number = range(1, 7)
    evidence = Evidence(
        failures=[Dated(T + n, f"f{n}") for n in number],
        orders=[Order(T + n, f"o{n}", n, 10**n, n, True) for n in number],
        undone=[Undone(T + 9, f"u{n}", n, True) for n in number],
        clicks=[T + n * 1_000 for n in range(32)],
        known={"coupon_on_ip": [Known(T, 5, "k")], "emulator": [Known(T, 1, "k")]},
    )
    found = {each.code for each in find(Subject(evidence, T, T + 1, T + 9, ()))}
    assert found >= {
        "failed_sign_ins",
        "emulator",
        "coupon_on_ip",
        *(code for code, kind in KINDS.items() if kind.part == "order"),
        "coupon_then_cancel",
        "redemption_rate",
    }
