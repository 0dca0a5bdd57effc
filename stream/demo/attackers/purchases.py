"""Orders of attackers: what a checkout sends, for few pieces at once."""

from random import Random
from typing import Any

from msgspec import Struct

from stream.demo.catalogue import Catalogue, Offer, money
from stream.demo.visit import NEW_CUSTOMER_COUPON


class Purchase(Struct, frozen=True):
    """Some pieces of one offer, with a tenth off where there is a coupon."""

    order_id: str
    offer: Offer
    quantity: int
    currency: str
    coupon: bool = False

    def order(self) -> dict[str, Any]:
        """The fields that order and cancellation share."""
        cents = self.offer.price_cents * self.quantity
        return {
            "order_id": self.order_id,
            "total": money(cents - self._discount_cents),
            "currency": self.currency,
            "items": (self.offer.items[self.quantity],),
        }

    def completed(self, payment_ref: str, shipping_ref: str) -> dict[str, Any]:
        """The fields of the completed order."""
        return {
            **self.order(),
            "coupon": NEW_CUSTOMER_COUPON if self.coupon else None,
            "discount": money(self._discount_cents) if self.coupon else None,
            "payment_method": "card",
            "payment_ref": payment_ref,
            "shipping_ref": shipping_ref,
        }

    def redeemed(self) -> dict[str, Any]:
        """The fields of the coupon's redemption."""
        return {
            "coupon": NEW_CUSTOMER_COUPON,
            "order_id": self.order_id,
            "discount": money(self._discount_cents),
            "currency": self.currency,
        }

    @property
    def _discount_cents(self) -> int:
        return self.offer.price_cents * self.quantity // 10 if self.coupon else 0


class Market(Struct, frozen=True):
    """What there is to buy, and in which currency."""

    catalogue: Catalogue
    currency: str

    def buy(
        self, order_id: str, offer: Offer, quantity: int = 1, *, coupon: bool = False
    ) -> Purchase:
        """Some pieces of an offer."""
        return Purchase(order_id, offer, quantity, self.currency, coupon)

    def dear(self, rng: Random, among: int) -> Offer:
        """One of so many dearest offers, which are the easiest to sell on."""
        return rng.choice(self._by_price()[-among:])

    def cheap(self, rng: Random) -> Offer:
        """One of the cheaper half."""
        offers = self._by_price()
        return rng.choice(offers[: len(offers) // 2])

    def _by_price(self) -> list[Offer]:
        return sorted(self.catalogue.offers, key=_price)


def _price(offer: Offer) -> tuple[int, str]:
    return offer.price_cents, offer.product.product_id
