"""Shopping gender: whom the customer shops like, inferred from what they view and buy.

Two sources speak. The products' own gender always does; the categories do where a table of
log-odds was learned from labelled sessions (``stream.learn.shopping_gender``). The score adds up
the log-odds of all of them, as naive Bayes does, but witnesses that belong together are no
independent ones, so they are damped twice. Points of one name count ``log2(1 + points)``
witnesses: 50 views of one category are 5.7 and not 50. And the sum over all witnesses is divided
by the square root of their number. On the PAKDD'15 sample a plain sum must be scaled by 0.76 for
sessions of one category but by 0.29 for those of three or four to be an honest log-odds; divided
so it is 0.83 and 0.59, and one scale serves both.
"""

from collections.abc import Mapping
from math import exp, log, log2, sqrt
from typing import Annotated, Literal

from msgspec import Meta, Struct

#: Log-odds of one view of a product for men: it is taken to come from a man with 3 to 1. A modest
#: choice, not a learned one: people shop for others too.
OWN_GENDER_LOG_ODDS = log(3)

#: Pieces of evidence in the document.
TOP = 5
_DECIMALS = 4

#: A product's own gender, the log-odds of a man that it speaks for, and whom the product is for.
#: Unisex products say nothing.
_OWN_GENDERS = (
    ("female", -OWN_GENDER_LOG_ODDS, "women"),
    ("male", OWN_GENDER_LOG_ODDS, "men"),
)


class Affinity(Struct, frozen=True, kw_only=True):
    """What each category path says of its visitor, learned from labelled sessions.

    ``log_odds`` are of a man against a woman in a public of as many men as women. It holds the
    prefixes of the paths too: a path that is not in it is judged by the longest prefix that is.
    """

    version: Annotated[str, Meta(min_length=1, description="Short hash of the content.")]
    sessions: Annotated[int, Meta(ge=0, description="Labelled sessions it was learned from.")]
    scale: Annotated[
        float,
        Meta(ge=0, le=10, description="Factor of all log-odds that makes the confidence honest."),
    ]
    log_odds: dict[Annotated[str, Meta(min_length=1)], Annotated[float, Meta(ge=-20, le=20)]]


class GenderEvidence(Struct, frozen=True):
    """One thing that speaks for a gender."""

    name: Annotated[
        str,
        Meta(
            description="`products for women`, `products for men`, or `category` and the path in "
            "the learned table that speaks for the category met, such as `category fashion/men`."
        ),
    ]
    towards: Annotated[Literal["female", "male"], Meta(description="The gender it speaks for.")]
    weight: Annotated[
        float,
        Meta(
            ge=0,
            description="Log-odds that it adds towards that gender, after damping; the sum over "
            "all evidence, for less against, is the log-odds of `confidence`.",
        ),
    ]


class ShoppingGender(Struct, frozen=True):
    """Whom the customer shops like, which need not be who they are."""

    value: Annotated[
        Literal["female", "male", "unknown"],
        Meta(
            description="The likelier gender by the products' own gender and the categories of 30 "
            "days, given equal priors; `unknown` without evidence or where it is balanced."
        ),
    ]
    confidence: Annotated[
        float,
        Meta(
            ge=0,
            le=1,
            description="Probability of `value` in a public of as many men as women, 0.5..1; 0 "
            "where `value` is unknown.",
        ),
    ]
    evidence: Annotated[
        tuple[GenderEvidence, ...],
        Meta(description="What speaks most, strongest first, at most 5."),
    ]


_UNKNOWN = ShoppingGender("unknown", 0.0, ())

#: What a witness adds to the score, and the two parts of its name.
_Share = tuple[float, str, str]


def infer(
    affinity: Affinity | None, categories: Mapping[str, int], genders: Mapping[str, int]
) -> ShoppingGender:
    """The shopping gender of a customer with these points of the window.

    ``categories`` are points by category path, ``genders`` by the products' own gender; all points
    are above zero. The result does not depend on the order of either.
    """
    shares = _shares(affinity, categories, genders)
    if not shares:
        return _UNKNOWN
    log_odds = round(sum([share[0] for share in shares]), _DECIMALS)
    evidence = _strongest(shares)
    if not log_odds:
        return ShoppingGender("unknown", 0.0, evidence)
    confidence = round(1 / (1 + exp(-abs(log_odds))), _DECIMALS)
    return ShoppingGender("male" if log_odds > 0 else "female", confidence, evidence)


def score(
    affinity: Affinity | None, categories: Mapping[str, int], genders: Mapping[str, int]
) -> float:
    """Log-odds of a man against a woman, given equal priors; 0 without evidence."""
    return sum([share[0] for share in _shares(affinity, categories, genders)])


def _shares(
    affinity: Affinity | None, categories: Mapping[str, int], genders: Mapping[str, int]
) -> list[_Share]:
    shares: list[_Share] = []
    witnesses = 0.0
    if affinity is not None and categories:
        scale, log_odds = affinity.scale, affinity.log_odds
        # Sorted, because a sum of floats depends on its order.
        for path, points in sorted(known_points(log_odds, categories).items()):
            count = log2(1 + points)
            witnesses += count
            shares.append((count * scale * log_odds[path], "category ", path))
    if genders:
        for gender, own_log_odds, whom in _OWN_GENDERS:
            if points := genders.get(gender, 0):
                count = log2(1 + points)
                witnesses += count
                shares.append((count * own_log_odds, "products for ", whom))
    if not witnesses:
        return []
    damping = sqrt(witnesses)
    return [(share / damping, kind, name) for share, kind, name in shares]


def known_points(log_odds: Mapping[str, float], categories: Mapping[str, int]) -> dict[str, int]:
    """Points by the longest path or prefix that the table knows.

    Unknown categories of one parent become one name: nothing tells them apart.
    """
    known: dict[str, int] = {}
    for category, points in categories.items():
        path = category
        while path and path not in log_odds:
            path = path.rpartition("/")[0]
        if path:
            known[path] = known.get(path, 0) + points
    return known


def _strongest(shares: list[_Share]) -> tuple[GenderEvidence, ...]:
    # A sort keeps the order of equals, and the shares come in the order of their names.
    ranked = sorted(shares, key=_strength, reverse=True)[:TOP]
    return tuple(
        [
            GenderEvidence(kind + name, "male" if share > 0 else "female", weight)
            for share, kind, name in ranked
            if (weight := round(abs(share), _DECIMALS))
        ]
    )


def _strength(share: _Share) -> float:
    return abs(share[0])
