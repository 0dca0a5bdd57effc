"""The state of one visit to the simulated shop: who, where, what is looked at and in the basket."""

from collections.abc import Sequence
from random import Random
from typing import Any

from stream.demo.catalogue import MAX_QUANTITY, Catalogue, Offer, money
from stream.demo.reach import reach
from stream.demo.visitors import Visitor
from stream.fields import Context, Item

#: Of the looks of somebody who considers a piece, so many go to that one.
_CONSIDERED_SHARE = 0.4
#: Coupons: anybody's, and that of a customer's first visit.
COUPON, NEW_CUSTOMER_COUPON = "TEN-OFF", "WELCOME"
#: Chances of an order with the second card, of one to somebody else, of one to the office.
_OTHER_PAYMENT, _GIFT, _TO_THE_OFFICE = 0.25, 0.04, 0.3
_CHANNELS = ("direct", "search", "email", "social", "affiliate")


class Visit:
    """One visit as it unfolds; `shop` turns its steps into events."""

    def __init__(
        self,
        rng: Random,
        way: Random,
        visitor: Visitor,
        catalogue: Catalogue,
        *,
        number: int,
        currency: str,
        joining: bool,
        left_s: float,
    ) -> None:
        """`number` tells the customer's visits apart and so makes all ids of the visit unique.

        `way` throws the dice for how the visit comes to the shop, and the order to the customer.
        """
        self.rng = rng
        self.way = way
        self.coupon = NEW_CUSTOMER_COUPON if joining else COUPON
        self.visitor = visitor
        self.catalogue = catalogue
        self.currency = currency
        self.number = number
        self.id = f"v{visitor.index:05d}-{number}"
        self.order_id = f"order-{self.id}"
        self.offer = visitor.pool[0]
        self.basket: list[tuple[Offer, int]] = []
        self.discount_cents = 0
        #: What was complained of, if anything was.
        self.complaint: str | None = None
        self.context = self._new_context(left_s)

    def look(self) -> Offer:
        """The next piece to catch the eye: mostly of a kind that the visitor likes."""
        taste = self.visitor.taste
        if taste.considers and self.rng.random() < _CONSIDERED_SHARE:
            self.offer = self._considered()
        elif self.rng.random() < taste.pool_share:
            self.offer = self._any_of(self.visitor.pool)
        elif self.rng.random() < taste.explores:
            self.offer = self._any_of(self.catalogue.by_leaf[self._shelf()])
        elif self.rng.random() < 0.5:
            self.offer = self.catalogue.popular(self.rng)
        else:
            self.offer = self._any_of(self.catalogue.by_leaf[self.offer.leaf])
        return self.offer

    def add(self) -> tuple[Offer, int]:
        """Put the piece last looked at into the basket, or another one if it has one already.

        Who considers a piece through several visits takes that one first.
        """
        if self.basket:
            offer = self.look()
        else:
            offer = self._considered() if self.visitor.taste.considers else self.offer
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

    def references(self) -> tuple[str, str]:
        """Hashes of how the order is paid, and of where it goes."""
        index, life = self.visitor.index, self.visitor.circumstances
        card, address = self.way.random(), self.way.random()
        payer = life.household if life.shares_payment else index
        payment = f"payment-{payer:08x}"
        if life.second_payment and card < _OTHER_PAYMENT:
            payment = f"payment-{index:08x}-second"
        shipping = f"shipping-{life.household:08x}"
        if address < _GIFT:
            shipping = f"shipping-{index:08x}-gift-{self.number}"
        elif life.office is not None and address > 1 - _TO_THE_OFFICE:
            shipping = f"shipping-office-{life.office}"
        return payment, shipping

    def _considered(self) -> Offer:
        pool = self.visitor.pool
        return pool[self.number // self.visitor.taste.considers % len(pool)]

    def _shelf(self) -> str:
        leaves = self.catalogue.leaves
        # A prime stride, so that all shelves have their turn before one comes again.
        return leaves[(self.visitor.index + self.number * 11) % len(leaves)]

    def _any_of(self, offers: Sequence[Offer]) -> Offer:
        return offers[int(len(offers) * self.rng.random())]

    def _new_context(self, left_s: float) -> Context:
        devices = self.visitor.devices
        # Squared: the first device is the one at hand.
        device = devices[int(len(devices) * self.rng.random() ** 2)]
        channel = _CHANNELS[int(len(_CHANNELS) * self.rng.random())]
        seen = reach(self.way, self.visitor, device, self.number, left_s)
        return Context(
            session_id=self.id,
            device_id=seen.device.device_id,
            device_model=seen.device.model,
            os=seen.device.os,
            browser=seen.device.browser,
            user_agent=seen.device.user_agent,
            ip=seen.ip,
            asn=seen.asn,
            country=seen.country,
            channel=channel,
            campaign="newsletter" if channel == "email" else None,
            rooted=seen.device.rooted,
        )
