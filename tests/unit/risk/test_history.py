"""What sign-ins showed, counted: what is the same, what is new, and what is forgotten."""

from stream.risk.history import VALUES, History
from stream.risk.records import Features
from tests.support.sign_ins import history

HOME = Features(ip=1, asn=2, country=3, user_agent=4, browser=5, os=6, kind=7)
AWAY = Features(ip=11, asn=12, country=3, user_agent=4, browser=15, os=6, kind=7)
PHONE, TABLET = 100, 200


def test_sign_ins_that_showed_the_same_are_counted_at_once_or_one_by_one() -> None:
    one_by_one = history(*[(HOME, PHONE, 1)] * 3, (AWAY, TABLET, 1))
    assert history((AWAY, TABLET, 1), (HOME, PHONE, 3)) == one_by_one
    assert history((HOME, PHONE, 3)).plus(history((AWAY, TABLET, 1))) == one_by_one


def test_the_same_is_counted_feature_by_feature() -> None:
    found = history((HOME, PHONE, 3), (AWAY, TABLET, 2))
    #                                ip asn country agent browser os kind
    assert found.same(HOME) == [3, 3, 5, 5, 3, 5, 5]
    assert found.same(Features()) == [0] * 7


def test_the_least_is_of_the_part_that_fewest_showed() -> None:
    found = history((HOME, PHONE, 3), (HOME, TABLET, 2), (AWAY, PHONE, 1))
    assert found.least(HOME, PHONE) == 4
    assert found.least(HOME, TABLET) == 2
    assert found.least(AWAY, TABLET) == 1
    assert found.least(Features(), PHONE) == 0


def test_what_is_new_is_held_against_those_that_named_anything_of_the_kind() -> None:
    found = history((HOME, PHONE, 3), (Features(), 0, 9), (AWAY, TABLET, 2))
    assert found.others("device", 300) == found.others("country", 300) == 5
    assert found.others("asn", 300) == 5
    for name, known in (("device", PHONE), ("country", 3), ("asn", 12)):
        assert found.others(name, known) == 0  # type: ignore[arg-type]
        assert found.others(name, 0) == 0  # type: ignore[arg-type]


def test_the_smallest_hashes_of_a_part_are_kept_and_all_sign_ins_counted() -> None:
    found = history(*((Features(ip=ip), PHONE, 2) for ip in range(3 * VALUES)))
    found.bound()
    assert found.addresses == {(ip,): 2 for ip in range(VALUES)}
    assert found.devices == {(PHONE,): found.sign_ins} == {(PHONE,): 6 * VALUES}


def test_what_was_forgotten_is_taken_for_the_same() -> None:
    home = Features(ip=900, asn=900, country=900)
    found = history((home, PHONE, 40), *((Features(ip=n, asn=n), PHONE, 1) for n in range(VALUES)))
    found.bound()
    assert (900,) not in found.addresses
    assert found.same(home)[:3] == [40, 40, 40]
    assert found.same(Features(ip=1, asn=1))[:2] == [41, 41]


def test_of_who_showed_very_many_devices_or_networks_another_is_no_news() -> None:
    many = history(*((Features(asn=n, country=n), n, 1) for n in range(1, VALUES)))
    assert many.others("device", 300) == many.others("country", 300) == VALUES - 1
    many.add(Features(asn=99, country=99), 99)
    assert many.others("device", 300) == many.others("country", 300) == 0


def test_a_copy_and_a_sum_leave_what_they_are_made_of_as_it_was() -> None:
    one = history((HOME, PHONE, 1))
    one.copy().add(HOME, PHONE)
    one.plus(History()).add(AWAY, PHONE)
    assert one == history((HOME, PHONE, 1))
