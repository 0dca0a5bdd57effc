"""Shopping gender: what speaks for it, how loudly, and when nothing does."""

from itertools import permutations
from math import exp, log, log2, sqrt

import pytest

from stream.measures.affinity import Affinity, ShoppingGender, infer, score

TABLE = Affinity(
    version="test",
    sessions=100,
    scale=0.5,
    log_odds={
        "fashion": -1.0,
        "fashion/men": 2.0,
        "fashion/women": -2.0,
        "tools": 1.5,
        "home": 0.0,
    },
)
UNKNOWN = ShoppingGender("unknown", 0.0, ())


def probability(log_odds: float) -> float:
    return round(1 / (1 + exp(-log_odds)), 4)


@pytest.mark.parametrize("affinity", [None, TABLE])
def test_without_evidence_it_is_unknown(affinity):
    assert infer(affinity, {}, {}) == UNKNOWN


def test_categories_without_a_table_say_nothing():
    assert infer(None, {"fashion/men": 9}, {}) == UNKNOWN


def test_category_that_the_table_does_not_know_says_nothing():
    assert infer(TABLE, {"toys/cars": 9, "fashionable": 3, "": 5}, {}) == UNKNOWN


def test_unisex_products_say_nothing():
    assert infer(None, {}, {"unisex": 9}) == UNKNOWN


def test_one_view_counts_the_scaled_log_odds_of_its_category():
    inferred = infer(TABLE, {"fashion/men": 1}, {})
    assert inferred.value == "male"
    assert inferred.confidence == probability(0.5 * 2.0)
    (evidence,) = inferred.evidence
    assert (evidence.name, evidence.towards, evidence.weight) == ("category fashion/men", "male", 1)


def test_negative_log_odds_speak_for_a_woman():
    inferred = infer(TABLE, {"fashion/women": 1}, {})
    assert (inferred.value, inferred.confidence) == ("female", probability(1.0))
    assert (inferred.evidence[0].towards, inferred.evidence[0].weight) == ("female", 1)


def test_unknown_category_is_judged_by_its_longest_known_prefix():
    inferred = infer(TABLE, {"fashion/men/shoes/boots": 1}, {})
    assert inferred == infer(TABLE, {"fashion/men": 1}, {})
    assert infer(TABLE, {"fashion/children": 1}, {}) == infer(TABLE, {"fashion": 1}, {})


def test_unknown_categories_of_one_parent_are_one_witness():
    apart = infer(TABLE, {"fashion/men/a": 2, "fashion/men/b": 3}, {})
    assert apart == infer(TABLE, {"fashion/men": 5}, {})


def test_fifty_views_are_not_fifty_witnesses():
    one, fifty = score(TABLE, {"tools": 1}, {}), score(TABLE, {"tools": 50}, {})
    assert one == pytest.approx(0.75)
    assert fifty == pytest.approx(0.75 * sqrt(log2(51)))


def test_witnesses_of_several_names_count_the_square_root_of_their_number():
    four = Affinity(version="t", sessions=1, scale=1, log_odds=dict.fromkeys("abcd", 1.0))
    assert score(four, dict.fromkeys("abcd", 1), {}) == pytest.approx(2.0)


def test_own_gender_of_products_speaks_without_a_table():
    inferred = infer(None, {"any": 3}, {"female": 1})
    assert (inferred.value, inferred.confidence) == ("female", 0.75)
    assert inferred.evidence[0].name == "products for women"
    assert infer(None, {}, {"male": 1}).evidence[0].name == "products for men"
    assert score(None, {}, {"male": 8}) == pytest.approx(log(3) * sqrt(log2(9)))


def test_own_gender_and_categories_are_weighed_together():
    inferred = infer(TABLE, {"fashion/women": 1}, {"male": 3})
    expected = (-1.0 + 2 * log(3)) / sqrt(3)
    assert inferred.value == "male"
    assert inferred.confidence == probability(expected)
    assert [piece.name for piece in inferred.evidence] == [
        "products for men",
        "category fashion/women",
    ]
    assert [piece.towards for piece in inferred.evidence] == ["male", "female"]


def test_balanced_evidence_is_unknown_but_shown():
    inferred = infer(None, {}, {"female": 4, "male": 4})
    assert (inferred.value, inferred.confidence) == ("unknown", 0.0)
    assert {piece.towards for piece in inferred.evidence} == {"female", "male"}


def test_category_that_speaks_for_nobody_is_no_evidence():
    assert infer(TABLE, {"home": 7}, {}) == UNKNOWN


def test_at_most_five_pieces_of_evidence_are_shown_strongest_first():
    table = Affinity(
        version="t", sessions=1, scale=1, log_odds={f"c{n}": (-1) ** n * n / 4 for n in range(1, 9)}
    )
    evidence = infer(table, {f"c{n}": 1 for n in range(1, 9)}, {}).evidence
    assert [piece.name for piece in evidence] == [f"category c{n}" for n in (8, 7, 6, 5, 4)]
    weights = [piece.weight for piece in evidence]
    assert weights == sorted(weights, reverse=True)


def test_weights_of_all_evidence_add_up_to_the_confidence():
    inferred = infer(TABLE, {"fashion/men/a": 3, "tools": 2, "fashion": 6}, {"male": 2})
    total = sum(
        piece.weight if piece.towards == "male" else -piece.weight for piece in inferred.evidence
    )
    assert inferred.confidence == pytest.approx(probability(total), abs=2e-4)


def test_order_of_the_points_does_not_matter():
    table = Affinity(
        version="t",
        sessions=1,
        scale=0.7,
        log_odds={"a": 0.1, "b": 0.2, "c": 0.3, "d": -0.7, "e": 1e-9},
    )
    points = {"a/x": 1, "b": 2, "c": 3, "d": 1, "e": 9}
    genders = {"female": 1, "male": 2}
    every = {
        score(table, dict(order), dict(reversed(genders.items())))
        for order in permutations(points.items())
    }
    assert every == {score(table, points, genders)}


def test_no_amount_of_evidence_overflows():
    table = Affinity(version="t", sessions=1, scale=10, log_odds={"a": 20.0, "b": -20.0})
    assert infer(table, {"a": 10**12}, {}).confidence == 1.0
    assert infer(table, {"b": 10**12}, {}).value == "female"
