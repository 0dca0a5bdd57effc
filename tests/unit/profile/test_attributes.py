"""Attributes: what was declared last is what holds."""

from zlib import crc32

import pytest

from stream.fields import TraitValue
from stream.profile import attributes
from stream.profile.attributes import Attributes
from stream.profile.traits import MAX_CUSTOM
from tests.support.events import Wire, event, folded, identified, portrait, to_ms

EARLY, LATE = "2024-05-06T12:00:00.000Z", "2024-05-06T12:00:00.001Z"


def described(*events: Wire, as_of: str = "2024-06-01T00:00:00Z") -> Attributes:
    return portrait(folded(events), to_ms(as_of)).attributes


def test_known_traits_have_fields_of_their_own_and_others_are_kept_by_name():
    section = described(
        identified(
            EARLY,
            gender="female",
            birth_year=1990,
            occupation="teacher",
            country="DE",
            region="Berlin",
            language="de",
            size="M",
            vip=True,
            visits=3,
            rating=4.5,
        )
    )
    assert (section.natural_gender, section.birth_year) == ("female", 1990)
    assert (section.occupation, section.country) == ("teacher", "DE")
    assert (section.region, section.language) == ("Berlin", "de")
    assert section.traits == {"rating": 4.5, "size": "M", "vip": True, "visits": 3}


def test_nothing_declared_is_a_person_of_whom_nothing_is_known():
    section = described(event("signed_in", EARLY))
    assert section.kind == "person"
    assert (section.company, section.installation, section.registered_at) == (None, None, None)
    assert (section.shopping_gender.value, section.devices, section.traits) == ("unknown", (), {})


def test_a_company_is_told_by_its_traits():
    company = {
        "industry": "furniture",
        "company_type": "wholesale",
        "contact_roles": " buyer,, owner ,",
        "website_traffic": 12_000,
        "purchase_volume": 250_000.5,
    }
    section = described(identified(EARLY, kind="company", country="CN", **company))
    assert (section.kind, section.country, section.traits) == ("company", "CN", {})
    assert section.company is not None
    assert section.company.contact_roles == ("buyer", "owner")
    assert (section.company.industry, section.company.company_type) == ("furniture", "wholesale")
    assert section.company.website_traffic == 12_000
    assert section.company.purchase_volume == 250_000.5
    # A person may declare an industry too, but is no company.
    person = described(identified(EARLY, **company))
    assert (person.kind, person.company, person.traits) == ("person", None, {})


@pytest.mark.parametrize(
    ("installed", "said"), [(True, "installed"), (False, "uninstalled"), (None, None)]
)
def test_the_app_is_installed_or_was_uninstalled_or_nothing_is_known(installed, said):
    section = described(identified(EARLY, app_installed=installed, time_zone="Asia/Shanghai"))
    assert (section.installation, section.time_zone) == (said, "Asia/Shanghai")


def test_last_declaration_by_time_wins_also_where_it_comes_first():
    first, last = identified(EARLY, size="S"), identified(LATE, size="M")
    assert described(first, last).traits == described(last, first).traits == {"size": "M"}


def test_declarations_of_the_same_millisecond_are_settled_by_the_larger_json():
    pair = identified(EARLY, size="S", n=9), identified(EARLY, size="M", n=10)
    assert described(*pair).traits == described(*reversed(pair)).traits == {"size": "S", "n": 9}


def test_a_declaration_leaves_the_other_traits_alone():
    section = described(identified(EARLY, gender="male", size="S"), identified(LATE, size="M"))
    assert (section.natural_gender, section.traits) == ("male", {"size": "M"})


def test_null_takes_a_trait_back():
    section = described(
        identified(EARLY, gender="male", birth_year=1990, size="S"),
        identified(LATE, gender=None, birth_year=None, size=None),
    )
    assert (section.natural_gender, section.birth_year, section.age_band) == (None, None, None)
    assert section.traits == {}


def test_a_trait_taken_back_earlier_holds():
    section = described(identified(LATE, size="M"), identified(EARLY, size=None))
    assert section.traits == {"size": "M"}


def test_declarations_older_than_the_window_hold():
    section = described(identified("2001-01-01T00:00:00Z", size="M"), identified(EARLY, vip=True))
    assert section.traits == {"size": "M", "vip": True}


@pytest.mark.parametrize(
    ("age", "band"),
    [
        (-1, "under-18"),
        (0, "under-18"),
        (17, "under-18"),
        (18, "18-24"),
        (24, "18-24"),
        (25, "25-34"),
        (34, "25-34"),
        (35, "35-44"),
        (44, "35-44"),
        (45, "45-54"),
        (54, "45-54"),
        (55, "55-64"),
        (64, "55-64"),
        (65, "65+"),
        (144, "65+"),
    ],
)
def test_age_band_is_that_of_the_years_since_the_birth_year(age, band):
    assert described(identified(EARLY, birth_year=2024 - age)).age_band == band


def test_age_band_changes_with_the_year():
    #          2024        |        2025
    #   -------------------|-------------------
    #        under-18      |       18-24
    born = identified(EARLY, birth_year=2007)
    new_year = to_ms("2025-01-01T00:00:00.000Z")
    state = folded([born])
    assert portrait(state, new_year - 1).attributes.age_band == "under-18"
    assert portrait(state, new_year).attributes.age_band == "18-24"
    assert attributes.next_change(state.traits, to_ms(EARLY)) == new_year
    assert attributes.next_change(state.traits, new_year - 1) == new_year
    assert attributes.next_change(state.traits, new_year) == to_ms("2032-01-01T00:00:00Z")


def test_age_band_of_the_oldest_never_changes_again():
    state = folded([identified(EARLY, birth_year=1950)])
    assert attributes.next_change(state.traits, to_ms(LATE)) is None


def test_more_than_64_custom_traits_leave_those_of_the_smallest_hash():
    names = [f"trait {number}" for number in range(100)]
    halves = (
        identified(EARLY, **dict.fromkeys(names[:50], 1)),
        identified(EARLY, **dict.fromkeys(names[50:], 1), gender="other"),
    )
    kept = set(sorted(names, key=lambda name: crc32(name.encode()))[:MAX_CUSTOM])
    for order in (halves, halves[::-1]):
        section = described(*order)
        assert set(section.traits) == kept
        assert section.natural_gender == "other"


def test_known_traits_do_not_take_the_place_of_custom_ones():
    names = [f"trait {number}" for number in range(MAX_CUSTOM)]
    section = described(
        identified(EARLY, **dict.fromkeys(names, 1)), identified(LATE, gender="male", country="DE")
    )
    assert set(section.traits) == set(names)
    assert (section.natural_gender, section.country) == ("male", "DE")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("kind", "vip"),
        ("industry", 5),
        ("app_installed", "yes"),
        ("website_traffic", 1.5),
        ("purchase_volume", "high"),
        ("company_type", ""),
    ],
)
def test_a_trait_declared_before_it_had_a_meaning_says_nothing(
    name: str, value: TraitValue
) -> None:
    state = folded([identified(EARLY, occupation="teacher", kind="company")])
    state.traits[name] = (to_ms(EARLY), value)
    section = portrait(state, to_ms(EARLY)).attributes
    assert section.occupation == "teacher"
    assert section.kind == ("person" if name == "kind" else "company")
    assert name not in section.traits
