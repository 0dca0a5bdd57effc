"""A bounded tally keeps the same names with exact sums, in whatever order they come."""

from collections import Counter
from zlib import crc32

from hypothesis import given
from hypothesis import strategies as st

from stream.profile import tally

LIMIT = 4
additions = st.lists(
    st.tuples(st.sampled_from([f"n{n}" for n in range(9)]), st.integers(1, 9)), max_size=30
)


def tallied(pairs: list[tuple[str, int]]) -> tally.Tally:
    result: tally.Tally = {}
    for name, points in pairs:
        tally.add(result, name, points, LIMIT)
    return result


@given(additions)
def test_kept_names_have_exact_sums_and_the_rest_is_one_sum(pairs: list[tuple[str, int]]) -> None:
    sums: Counter[str] = Counter()
    for name, points in pairs:
        sums[name] += points
    kept = sorted(sums, key=lambda name: (crc32(name.encode()), name))[:LIMIT]
    other = sum(points for name, points in sums.items() if name not in kept)
    expected = {name: sums[name] for name in kept} | ({tally.OTHER: other} if other else {})
    assert tallied(pairs) == expected


@given(st.data(), additions)
def test_the_order_of_additions_does_not_matter(
    data: st.DataObject, pairs: list[tuple[str, int]]
) -> None:
    assert tallied(data.draw(st.permutations(pairs))) == tallied(pairs)


@given(additions, additions, additions)
def test_merging_tallies_is_adding_all(
    a: list[tuple[str, int]], b: list[tuple[str, int]], c: list[tuple[str, int]]
) -> None:
    whole = tallied(a + b + c)
    left = tally.merge(tally.merge(tallied(a), tallied(b), LIMIT), tallied(c), LIMIT)
    right = tally.merge(tallied(a), tally.merge(tallied(c), tallied(b), LIMIT), LIMIT)
    assert left == right == whole
