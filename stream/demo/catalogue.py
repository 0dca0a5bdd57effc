"""What the simulated shop sells: some two hundred products in a tree of categories."""

import math
from bisect import bisect
from collections.abc import Sequence
from itertools import accumulate
from random import Random
from typing import Literal

from msgspec import Struct

from stream.fields import Item, Product

Gender = Literal["female", "male", "unisex"]

#: Products of each leaf of the tree.
_PER_LEAF = 5
#: Spread of prices around a leaf's median: the sigma of the log-normal distribution. About two
#: thirds of a leaf's prices lie within a factor of e**0.45 = 1.57 of the median.
_PRICE_SIGMA = 0.45
#: Exponent of Zipf's law: how much more often the first product is met than the hundredth.
_ZIPF = 0.8
#: Brands are at home in one top category, so that a taste in categories shows in brands too.
_BRANDS: dict[str, tuple[str, ...]] = {
    "fashion": ("Alder & Lin", "Kestrel", "Maison Vey", "Nordhem", "Sora"),
    "electronics": ("Auralis", "Brightwell", "Kondo", "Pixelon", "Voltara"),
    "home": ("Casa Fenn", "Hearthly", "Mokko", "Oak & Ember"),
    "beauty": ("Belle Rive", "Luma", "Yuzu Lab"),
    "sports": ("Ascent", "Corvo", "Tideline"),
    "kids": ("Little Fox", "Tinker Town"),
    "grocery": ("Green Barrow", "Teahouse No. 9"),
    "books": ("Lantern Press", "Paper Crane"),
}
#: leaf -> (median price in major units, whom it is made for)
_LEAVES: dict[str, tuple[float, Gender | None]] = {
    "fashion/women/dresses": (59, "female"),
    "fashion/women/shoes": (79, "female"),
    "fashion/women/bags": (89, "female"),
    "fashion/women/knitwear": (49, "female"),
    "fashion/men/shirts": (45, "male"),
    "fashion/men/shoes": (85, "male"),
    "fashion/men/jackets": (129, "male"),
    "fashion/accessories/watches": (149, "unisex"),
    "fashion/accessories/scarves": (29, "unisex"),
    "electronics/audio/headphones": (119, None),
    "electronics/audio/speakers": (99, None),
    "electronics/phones/smartphones": (549, None),
    "electronics/phones/cases": (19, None),
    "electronics/computers/laptops": (899, None),
    "electronics/computers/keyboards": (69, None),
    "electronics/cameras/lenses": (399, None),
    "home/kitchen/mugs": (12, None),
    "home/kitchen/knives": (65, None),
    "home/kitchen/pans": (48, None),
    "home/bedroom/linen": (75, None),
    "home/living/lamps": (55, None),
    "home/living/cushions": (24, None),
    "home/garden/planters": (22, None),
    "beauty/skin/creams": (34, "female"),
    "beauty/skin/sunscreen": (18, "unisex"),
    "beauty/make-up/lipsticks": (21, "female"),
    "beauty/grooming/razors": (27, "male"),
    "beauty/hair/shampoo": (11, "unisex"),
    "sports/running/shoes": (110, "unisex"),
    "sports/yoga/mats": (39, "unisex"),
    "sports/cycling/helmets": (72, "unisex"),
    "sports/outdoor/tents": (210, "unisex"),
    "kids/toys/building-blocks": (42, None),
    "kids/toys/puzzles": (17, None),
    "kids/clothing/pyjamas": (23, None),
    "grocery/tea/green": (14, None),
    "grocery/coffee/beans": (16, None),
    "grocery/sweets/chocolate": (7, None),
    "books/fiction/novels": (13, None),
    "books/non-fiction/cooking": (25, None),
}
#: Largest number of pieces of one product in an order.
MAX_QUANTITY = 3


class Offer(Struct, frozen=True, kw_only=True, gc=False):
    """A product as the shop knows it: ready to put into events, with its price in cents."""

    product: Product
    price_cents: int
    #: The product as a line of a basket, by quantity; index 0 is unused.
    items: tuple[Item, ...]
    leaf: str
    gender: Gender | None


class Catalogue:
    """All offers, the more popular ones first."""

    def __init__(self, seed: int) -> None:
        rng = Random(f"catalogue/{seed}")
        offers = [_offer(rng, leaf, n) for n, leaf in enumerate(list(_LEAVES) * _PER_LEAF)]
        rng.shuffle(offers)
        self.offers: Sequence[Offer] = tuple(offers)
        self.leaves: Sequence[str] = tuple(_LEAVES)
        self.by_leaf: dict[str, tuple[Offer, ...]] = {
            leaf: tuple(offer for offer in offers if offer.leaf == leaf) for leaf in _LEAVES
        }
        self._popularity = list(accumulate((rank + 1) ** -_ZIPF for rank in range(len(offers))))

    def popular(self, rng: Random) -> Offer:
        """An offer as chance and fashion bring it to a visitor's eyes."""
        mark = rng.random() * self._popularity[-1]
        return self.offers[min(bisect(self._popularity, mark), len(self.offers) - 1)]


def money(cents: int) -> str:
    """Cents as the contract writes money, such as 12.50."""
    return f"{cents // 100}.{cents % 100:02d}"


def _offer(rng: Random, leaf: str, number: int) -> Offer:
    top = leaf.partition("/")[0]
    median, gender = _LEAVES[leaf]
    # Shops end prices in .99 or .50, and so the price bands have realistic ties.
    whole = max(2, round(rng.lognormvariate(math.log(median), _PRICE_SIGMA)))
    price_cents = whole * 100 - rng.choice((1, 1, 50))
    product = Product(
        product_id=f"P-{number + 1:03d}",
        category=leaf,
        brand=rng.choice(_BRANDS[top]),
        price=money(price_cents),
        gender=gender,
    )
    return Offer(
        product=product,
        price_cents=price_cents,
        items=tuple(_item(product, max(1, n)) for n in range(MAX_QUANTITY + 1)),
        leaf=leaf,
        gender=gender,
    )


def _item(product: Product, quantity: int) -> Item:
    return Item(
        product_id=product.product_id,
        category=product.category,
        brand=product.brand,
        price=product.price,
        gender=product.gender,
        quantity=quantity,
    )
