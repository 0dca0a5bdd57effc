"""When an alert is raised, when it is not repeated, and when it is closed.

A row of the risk over time is drawn as `. e h` for low, elevated and high, one letter an hour.
"""

import msgspec
import pytest

from stream.alerts import (
    Alerted,
    AlertState,
    RiskAlert,
    alert_id,
    alert_message,
    alerts_between,
    pack,
    pack_state,
    unpack,
    unpack_state,
)
from stream.risk.score import NO_RISK, Reason, Risk
from stream.windows import HOUR_MS, to_rfc3339

COOL_DOWN_MS = 24 * HOUR_MS
START_MS = 1_750_000_000_000
LEVELS = {".": "low", "e": "elevated", "h": "high"}
SCORES = {"low": 0, "elevated": 45, "high": 80}


def reason(code: str, *events: str) -> Reason:
    at = to_rfc3339(START_MS)
    return Reason(code=code, part="account", points=40, detail=code, at=at, until=at, events=events)


def risk(letter: str, codes: str) -> Risk:
    level = LEVELS[letter]
    if level == "low":
        return NO_RISK
    reasons = tuple(reason(code, f"event of {code}") for code in codes)
    return Risk(
        score=SCORES[level], level=level, account=0, device=0, order=0, promotion=0,
        reasons=reasons,
    )  # fmt: skip


def walk(levels: str, codes: str = "A", cool_down_ms: int = COOL_DOWN_MS) -> list[Alerted]:
    """A look every hour; `codes` are the reasons of each hour, by default the same throughout."""
    state, made = AlertState(), []
    for hour, letter in enumerate(levels):
        shown = codes.split(",")[hour] if "," in codes else codes
        looked = alerts_between(
            state,
            "main/ada",
            risk(letter, shown),
            version=hour + 1,
            at_ms=START_MS + hour * HOUR_MS,
            cause="event",
            cool_down_ms=cool_down_ms,
        )
        state = unpack_state(pack_state(looked.state))
        assert unpack(pack(looked.alerts)) == looked.alerts
        made.append(looked)
    return made


def raised(levels: str, codes: str = "A") -> str:
    """A letter an hour: `E` and `H` raised to that level, `c` closed, `-` nothing."""
    kinds = {("raised", "elevated"): "E", ("raised", "high"): "H", ("closed", "low"): "c"}
    return "".join(
        "".join(kinds[each.kind, each.level] for each in looked.alerts) or "-"
        for looked in walk(levels, codes)
    )


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        ("......", "------"),
        ("..eee.", "--E--c"),  # raised once, closed once
        ("..hhh.", "--H--c"),
        (".eehh.", "-E-H-c"),  # raised again as it rises further
        (".hheee.", "-H----c"),  # on its way down nothing but the close
        (".e.e.e.", "-Ec----"),  # the same cause within the cool-down
        (".h.e.h.", "-Hc----"),  # nor at a lower level
        (".e.h.", "-EcHc"),  # but at a higher one
        (".hheh.", "-H---c"),  # elevated in between makes it no new rise
        (".e" + "." * 24 + "e", "-E" + "c" + "-" * 23 + "E"),  # the cool-down is over
    ],
)
def test_an_alert_is_raised_and_closed(levels: str, expected: str) -> None:
    assert raised(levels) == expected


@pytest.mark.parametrize(
    ("levels", "codes", "expected"),
    [
        (".e.e.", ",A,,B,", "-EcEc"),  # another cause
        (".e.e.", ",A,,AB,", "-EcEc"),  # another cause beside the known one
        (".e.e.", ",AB,,A,", "-Ec--"),  # less than was known
        (".e.e.e.", ",A,,B,,AB,", "-EcEc--"),  # each was alerted, though not together
        (".h.e.h.", ",A,,AB,,A,", "-HcEc--"),  # that A reached the higher level is not forgotten
        (".heh.", ",A,A,AB,", "-H-Hc"),  # rises again for more than was known
    ],
)
def test_what_was_alerted_is_remembered_by_cause(levels: str, codes: str, expected: str) -> None:
    assert raised(levels, codes) == expected


def test_a_rise_held_back_is_due_when_the_cool_down_of_its_first_cause_ends() -> None:
    looks = walk(".e.ee", ",A,,A,A")
    end_ms = START_MS + 1 * HOUR_MS + COOL_DOWN_MS
    assert [look.due_ms for look in looks] == [None, None, None, end_ms, end_ms]

    def look(at_ms: int) -> Alerted:
        return alerts_between(
            looks[-1].state, "main/ada", risk("e", "A"), version=5, at_ms=at_ms, cause="time",
            cool_down_ms=COOL_DOWN_MS,
        )  # fmt: skip

    assert look(end_ms - 1).alerts == ()
    (alert,) = look(end_ms).alerts
    assert (alert.kind, alert.level, alert.version, alert.cause) == (
        "raised",
        "elevated",
        5,
        "time",
    )
    assert look(end_ms).due_ms is None


def test_a_rise_held_back_that_falls_again_is_never_alerted_nor_closed() -> None:
    looks = walk(".e.e" + "." * 40)
    assert [len(look.alerts) for look in looks[3:]] == [0] * 41
    assert looks[-1].state == AlertState()


def test_without_a_cool_down_every_rise_is_alerted() -> None:
    looks = walk(".e.e.", cool_down_ms=0)
    assert [len(look.alerts) for look in looks] == [0, 1, 1, 1, 1]


def test_a_close_names_what_it_closes_and_a_further_rise_what_it_takes_the_place_of() -> None:
    first, further, closed = (a for look in walk(".eeh.") for a in look.alerts)
    assert (first.closes, first.previous_level) == (None, "low")
    assert (further.closes, further.previous_level) == (first.id, "elevated")
    assert (closed.closes, closed.previous_level, closed.level) == (further.id, "high", "low")


def test_a_close_after_a_part_of_the_fall_says_the_level_just_before() -> None:
    first, closed = (a for look in walk(".he.") for a in look.alerts)
    assert (closed.closes, closed.previous_level) == (first.id, "elevated")


def test_an_alert_carries_reasons_evidence_and_version() -> None:
    shown = Risk(
        score=72, level="high", account=60, device=30, order=0, promotion=0,
        reasons=(reason("a", "e2", "e1"), reason("b", "e1", "e3")),
    )  # fmt: skip
    (alert,) = alerts_between(
        AlertState(), "main/a/b", shown, version=9, at_ms=START_MS, cause="event",
        cool_down_ms=COOL_DOWN_MS,
    ).alerts  # fmt: skip
    assert alert == RiskAlert(
        id=alert_id("main/a/b", 9, "raised"),
        kind="raised",
        store_id="main",
        customer_id="a/b",
        version=9,
        at="2025-06-15T15:06:40.000Z",
        cause="event",
        level="high",
        previous_level="low",
        score=72,
        reasons=shown.reasons,
        events=("e2", "e1", "e3"),
        closes=None,
    )


def test_ids_follow_from_customer_version_and_kind_and_from_nothing_else() -> None:
    assert alert_id("main/ada", 3, "raised") == "0ec25ac942a5aa82"
    names = {
        alert_id(key, version, kind)
        for key in ("main/ada", "main/bob", "other/ada")
        for version in (1, 2, 11)
        for kind in ("raised", "closed")
    }
    assert len(names) == 18


def test_a_message_is_named_by_its_headers() -> None:
    (alert,) = (a for look in walk(".h") for a in look.alerts)
    message = alert_message(alert)
    assert (message.topic, message.key) == ("risk-alerts", b"main/ada")
    assert dict(message.headers) == {
        "id": alert.id.encode(), "kind": b"raised", "level": b"high", "version": b"2",
        "store_id": b"main",
    }  # fmt: skip
    assert msgspec.json.decode(message.value or b"", type=RiskAlert) == alert


def test_nothing_is_stored_where_nothing_was_alerted() -> None:
    assert pack_state(AlertState()) == pack(()) == b""
    assert unpack_state(b"") == AlertState()
    assert unpack(b"") == ()
