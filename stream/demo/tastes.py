"""How the simulated customers shop: a taste each, and the pieces that they have an eye on."""

from collections.abc import Callable, Sequence
from random import Random

from msgspec import Struct

from stream.demo.catalogue import Catalogue, Gender, Offer

#: Pieces that a customer has an eye on: most views go to them.
_POOL = 24
_FAVOURITE_LEAVES = 4
#: Visits in which somebody who considers a piece only looks.
_CONSIDERED_FIRST = 2
#: Pieces that a bargain hunter compares before one is worth an eye.
_BARGAINS_COMPARED = 12


class Taste(Struct, frozen=True, kw_only=True):
    """A way to shop. Shares and chances are 0 to 1."""

    name: str
    #: Of a hundred customers, so many have it.
    percent: int
    #: Of all looks, so many go to the pieces that the customer has an eye on.
    pool_share: float = 0.7
    #: Of the other looks, so many go to a shelf that is another one in every visit.
    explores: float = 0.0
    #: Chance of an order in a visit, beyond that of others.
    eagerness: float = 0.0
    #: Share of bargains that they take, whatever their thrift; 0 leaves it to that.
    bargains: float = 0.0
    #: Visits in which the same piece is considered, before the next one is.
    considers: int = 0

    def is_ready(self, visit: int) -> bool:
        """Whether something may be bought in a visit: what is considered has to wait."""
        return not self.considers or visit % self.considers >= _CONSIDERED_FIRST


TASTES: tuple[Taste, ...] = (
    Taste(name="plain", percent=40),
    Taste(name="loyal", percent=14, pool_share=0.95, eagerness=0.04),
    Taste(name="curious", percent=12, pool_share=0.1, explores=0.9),
    Taste(name="bargain", percent=12, pool_share=0.85, eagerness=0.1, bargains=0.9),
    Taste(name="deliberate", percent=12, pool_share=0.9, eagerness=0.15, considers=5),
    Taste(name="impulsive", percent=10, pool_share=0.1, explores=0.9, eagerness=0.1),
)


def choose_taste(rng: Random) -> Taste:
    """A taste as often as it occurs."""
    return rng.choices(TASTES, weights=[taste.percent for taste in TASTES])[0]


def choose_pool(
    rng: Random, catalogue: Catalogue, taste: Taste, gender: Gender, thrift: float
) -> Sequence[Offer]:
    """The pieces that a customer has an eye on; never empty."""
    match taste.name:
        case "loyal":
            return _of_one_brand(rng, catalogue)
        case "bargain":
            return _bargains(rng, catalogue)
        case _:
            return _of_favourite_leaves(rng, catalogue, gender, thrift)


def _of_one_brand(rng: Random, catalogue: Catalogue) -> Sequence[Offer]:
    brand = rng.choice(catalogue.offers).product.brand
    return tuple(offer for offer in catalogue.offers if offer.product.brand == brand)


def _bargains(rng: Random, catalogue: Catalogue) -> Sequence[Offer]:
    return tuple(
        min(rng.choices(catalogue.offers, k=_BARGAINS_COMPARED), key=_price) for _ in range(_POOL)
    )


def _of_favourite_leaves(
    rng: Random, catalogue: Catalogue, gender: Gender, thrift: float
) -> Sequence[Offer]:
    """Pieces out of a few favourite categories, the cheaper ones for the thrifty."""
    leaves = rng.sample(catalogue.leaves, _FAVOURITE_LEAVES)
    choose: Callable[..., Offer]
    pool: list[Offer] = []
    while len(pool) < _POOL:
        # The first favourite is met about twice as often as the second, and so on.
        leaf = leaves[min(int(rng.expovariate(0.8)), _FAVOURITE_LEAVES - 1)]
        choose = min if rng.random() < thrift else max
        chosen = choose(rng.choices(catalogue.by_leaf[leaf], k=2), key=_price)
        if chosen.gender in (None, "unisex", gender) or rng.random() < 0.2:
            pool.append(chosen)
        else:
            leaves = [*leaves[1:], rng.choice(catalogue.leaves)]
    return tuple(pool)


def _price(offer: Offer) -> int:
    return offer.price_cents
