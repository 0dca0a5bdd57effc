"""The state of one visit to the simulated shop: who, where, what is looked at and in the basket."""

from random import Random
from typing import Any

from stream.demo.catalogue import MAX_QUANTITY, Catalogue, Offer, money
from stream.demo.visitors import Visitor
from stream.fields import Context, Item

_CHANNELS = ("direct", "search", "email", "social", "affiliate")


class Visit:
    """One visit as it unfolds; `shop` turns its steps into events."""

    def __init__(
        self, rng: Random, visitor: Visitor, catalogue: Catalogue, *, number: int, currency: str
    ) -> None:
        """`number` tells the customer's visits apart and so makes all ids of the visit unique."""
        self.rng = rng
        self.visitor = visitor
        self.catalogue = catalogue
        self.currency = currency
        self.number = number
        self.id = f"v{visitor.index:05d}-{number}"
        self.order_id = f"order-{self.id}"
        self.offer = visitor.pool[0]
        self.basket: list[tuple[Offer, int]] = []
        self.discount_cents = 0
        self.context = self._new_context()

    def look(self) -> Offer:
        """The next piece to catch the eye: mostly of a kind that the visitor likes."""
        chance = self.rng.random()
        if chance < 0.7:
            pool = self.visitor.pool
            self.offer = pool[int(len(pool) * self.rng.random())]
        elif chance < 0.85:
            self.offer = self.catalogue.popular(self.rng)
        else:
            shelf = self.catalogue.by_leaf[self.offer.leaf]
            self.offer = shelf[int(len(shelf) * self.rng.random())]
        return self.offer

    def add(self) -> tuple[Offer, int]:
        """Put the piece last looked at into the basket, or another one if it has one already."""
        offer = self.look() if self.basket else self.offer
        # The fourth power makes single pieces by far the most common.
        line = (offer, 1 + int(MAX_QUANTITY * self.rng.random() ** 4))
        self.basket.append(line)
        return line

    def take_coupon(self) -> str:
        """Take a tenth off the basket; returns the discount as money."""
        self.discount_cents = self.basket_cents // 10
        return money(self.discount_cents)

    @property
    def basket_cents(self) -> int:
        return sum(offer.price_cents * quantity for offer, quantity in self.basket)

    def order(self) -> dict[str, Any]:
        """The fields that checkout, order, cancellation and refund share."""
        items: tuple[Item, ...] = tuple(offer.items[quantity] for offer, quantity in self.basket)
        return {
            "order_id": self.order_id,
            "total": money(self.basket_cents - self.discount_cents),
            "currency": self.currency,
            "items": items,
        }

    def _new_context(self) -> Context:
        devices = self.visitor.devices
        # Squared: the first device is the one at hand.
        device = devices[int(len(devices) * self.rng.random() ** 2)]
        channel = _CHANNELS[int(len(_CHANNELS) * self.rng.random())]
        return Context(
            session_id=self.id,
            device_id=device.device_id,
            device_model=device.model,
            os=device.os,
            browser=device.browser,
            user_agent=device.user_agent,
            ip=device.ip,
            asn=device.asn,
            country=self.visitor.home.country,
            channel=channel,
            campaign="newsletter" if channel == "email" else None,
        )
