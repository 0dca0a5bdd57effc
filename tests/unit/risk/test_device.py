"""What is known of others, as findings of the part `device`."""

from stream.risk.device import find
from stream.risk.evidence import Evidence, know
from stream.risk.findings import Finding
from stream.risk.reasons import KINDS, MOST
from stream.risk.records import Known
from stream.risk.subject import Subject

AT_MS = 1_700_000_000_000


def found(*known: tuple[str, Known]) -> list[Finding]:
    evidence = Evidence()
    for code, each in known:
        know(evidence, code, each)
    return list(find(Subject(evidence, None, None, AT_MS, ())))


def test_nothing_known_is_nothing_found() -> None:
    assert found() == []


def test_a_fact_is_found_when_it_was_known_with_the_event_that_brought_it() -> None:
    assert found(("accounts_on_device", Known(AT_MS, 7, "e1"))) == [
        Finding(
            "accounts_on_device",
            AT_MS,
            7,
            ("e1",),
            "7 accounts first seen on this device within 180 days",
        )
    ]


def test_each_fact_that_was_kept_is_found() -> None:
    facts = [Known(AT_MS, 7, "e1"), Known(AT_MS + 1, 4, "e2")]
    again = found(*(("sign_ups_on_ip", each) for each in facts))
    assert [(each.at_ms, each.value, each.events) for each in again] == [
        (AT_MS, 7, ("e1",)),
        (AT_MS + 1, 4, ("e2",)),
    ]


def test_every_code_of_the_part_has_its_words_and_no_other_is_found_here() -> None:
    every = found(*((code, Known(AT_MS, 50, "e1")) for code in KINDS))
    assert {each.code for each in every} == {
        code for code, kind in KINDS.items() if kind.part == "device"
    }
    assert not [each.detail for each in every if "{" in each.detail]
    assert len({each.detail for each in every}) == len(every)


def test_numbers_that_were_capped_say_so_but_shares_are_exact() -> None:
    capped, share = found(
        ("accounts_on_ip", Known(AT_MS, 2_000, "e1")),
        ("failed_share_on_device", Known(AT_MS, 100, "e2")),
    )
    assert capped.value == MOST
    assert capped.detail == "100 or more accounts first seen on this IP address within a day"
    assert share.detail == "100 % of the sign-ins on this device within a day failed"


def test_the_order_in_which_facts_came_does_not_show() -> None:
    one, two = ("emulator", Known(AT_MS, 1, "e1")), ("accounts_on_ip", Known(AT_MS, 2, "e2"))
    assert found(one, two) == found(two, one)
