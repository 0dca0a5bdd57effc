"""Where countries lie, and how far apart."""

import pytest

from stream.risk.places import centroid, distance_km


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("CN", "China"),
        ("US", "United States"),
        ("GB", "United Kingdom"),
        ("DE", "Germany"),
        ("KR", "South Korea"),
        ("CI", "Côte d’Ivoire"),
        ("CW", "Curaçao"),
        ("LC", "St. Lucia"),
        ("AG", "Antigua & Barbuda"),
        ("TR", "Türkiye"),
    ],
)
def test_country_lies_at_the_same_place_by_code_and_by_name(code: str, name: str) -> None:
    assert centroid(code) is not None
    assert centroid(code) == centroid(name) == centroid(code.lower()) == centroid(name.upper())


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Korea Republic of", "KR"),
        ("Korea, Democratic People's Republic of", "KP"),
        ("Congo The Democratic Republic of The", "CD"),
        ("Congo", "CG"),
        ("Virgin Islands (BRITISH)", "VG"),
        ("Virgin Islands (U.S.)", "VI"),
        ("Slovakia (SLOVAK Republic)", "SK"),
        ("Taiwan; Republic of China (ROC)", "TW"),
        ("Iran (ISLAMIC Republic Of)", "IR"),
        ("Tanzania United Republic of", "TZ"),
        ("Guinea-bissau", "GW"),
        ("Viet Nam", "VN"),
        ("UK", "GB"),
    ],
)
def test_country_is_found_by_the_names_that_lists_of_addresses_use(name: str, code: str) -> None:
    assert centroid(name) == centroid(code)


@pytest.mark.parametrize("name", ["", "-", "ZZ", "European Union", "Atlantis", "of the", "中国"])
def test_what_is_no_country_lies_nowhere(name: str) -> None:
    assert centroid(name) is None


def test_south_and_west_are_negative() -> None:
    assert centroid("BR") == (-10, -55)
    assert centroid("NZ") == (-41, 174)
    assert centroid("US") == (38, -97)


def test_distance_is_that_on_the_globe() -> None:
    assert distance_km((0, 0), (0, 180)) == pytest.approx(20_015.1, abs=0.1)  # half way round
    assert distance_km((90, 0), (0, 57)) == pytest.approx(10_007.6, abs=0.1)  # pole to equator
    assert distance_km((52, 13), (52, 13)) == 0
    assert distance_km((50, 0), (51, 0)) == pytest.approx(111.2, abs=0.1)  # a degree north


def test_distance_is_the_same_both_ways_and_across_the_date_line() -> None:
    assert distance_km((-18, 178), (-18, -179)) == pytest.approx(
        distance_km((-18, -179), (-18, 178))
    )
    assert distance_km((0, 179), (0, -179)) == pytest.approx(222.4, abs=0.1)


@pytest.mark.parametrize(("one", "other", "km"), [("NO", "BR", 9_739), ("DE", "FR", 758)])
def test_distance_of_two_countries_is_that_of_their_middles(one: str, other: str, km: int) -> None:
    # By the spherical law of cosines.
    start, end = centroid(one), centroid(other)
    assert start is not None
    assert end is not None
    assert distance_km(start, end) == pytest.approx(km, abs=1)
