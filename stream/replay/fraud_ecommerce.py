"""Fraud in e-commerce: sign-ups and first purchases of 2015, each with a label, in US dollars.

Source: https://www.kaggle.com/datasets/vbinh002/fraud-ecommerce. A row is a customer who signs up
and buys once on the same device and address. Times are taken to be UTC; addresses stand as 32-bit
integers and are placed in a country by ``ip_to_country`` beside the file. The provenance is
disputed and the fraud looks planted: half of it buys within a minute of signing up.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from ipaddress import IPv4Address
from typing import BinaryIO

from msgspec import Struct

from stream.events import CustomerIdentified, Event, OrderCompleted, SignedUp
from stream.fields import Context, TraitValue
from stream.replay.amounts import is_plain, to_decimal, to_money, to_name
from stream.replay.identity import Occurrences
from stream.replay.ip_countries import IpCountries, to_address
from stream.replay.rows import MALFORMED_ROW, Row, read_rows
from stream.replay.source import Found, Skipped

COLUMNS = (
    "user_id",
    "signup_time",
    "purchase_time",
    "purchase_value",
    "device_id",
    "source",
    "browser",
    "sex",
    "age",
    "ip_address",
)
#: 1 for fraud, 0 for none; a replay does not need it.
OPTIONAL = ("class",)

CURRENCY = "USD"

_GENDERS = {"F": "female", "M": "male"}
_LABELS = {"1": True, "0": False}
#: User ids have at most six digits; longer ones would not fit into an event's id.
_LONGEST_ID = 18


class Customer(Struct, frozen=True):
    """A row. ``name`` is the stem of its event ids, ``fraud`` None where it has no label."""

    name: str
    customer_id: str
    signed_up: datetime
    bought: datetime
    total: str
    context: Context
    traits: dict[str, TraitValue]
    fraud: bool | None

    @property
    def order_id(self) -> str:
        """Id of the order, and of the event that it is."""
        return f"{self.name}-order"


def read(stream: BinaryIO, countries: IpCountries | None = None) -> Iterator[Found]:
    """Sign-ups, declarations and orders, as :func:`in_order` has them.

    The file is not sorted, so all of it is held in memory (150,000 rows at full size).
    """
    countries = countries or IpCountries()
    yield from countries.skipped
    customers: list[Customer] = []
    for row in read_customers(stream, countries):
        if isinstance(row, Skipped):
            yield row
        else:
            customers.append(row)
    yield from in_order(customers)


def in_order(customers: Sequence[Customer]) -> Iterator[Event]:
    """The events of the rows in order of time; at one instant, all sign-ups first."""
    steps: list[tuple[datetime, bool, int]] = []
    for number, customer in enumerate(customers):
        steps += (customer.signed_up, False, number), (customer.bought, True, number)
    steps.sort()
    for _, is_order, number in steps:
        if is_order:
            yield _order(customers[number])
        else:
            yield _sign_up(customers[number])
            yield _declaration(customers[number])


def read_customers(stream: BinaryIO, countries: IpCountries) -> Iterator[Customer | Skipped]:
    """The rows in the order of the file."""
    occurrences = Occurrences()
    for row in read_rows(stream, COLUMNS, OPTIONAL):
        if isinstance(row, Skipped):
            yield row
            continue
        try:
            yield _to_customer(row, occurrences, countries)
        except ValueError as exc:
            yield Skipped(row[0], MALFORMED_ROW, str(exc))


def _to_customer(row: Row, occurrences: Occurrences, countries: IpCountries) -> Customer:
    user, signed_up, bought, value, device, source, browser, sex, age, ip, label = row[1]
    if not user.isdigit() or len(user) > _LONGEST_ID:
        raise ValueError("user_id is not a number of the expected form")
    address, at = to_address(ip), _moment(signed_up)
    traits: dict[str, TraitValue] = {"birth_year": at.year - _years(age)}
    if sex in _GENDERS:
        traits["gender"] = _GENDERS[sex]
    context = Context(
        device_id=to_name(device),
        browser=to_name(browser),
        ip=str(IPv4Address(address)),
        country=countries.country(address),
        channel=to_name(source),
    )
    return Customer(
        name=occurrences.number(f"fraud-ecommerce-{user}"),
        customer_id=user,
        signed_up=at,
        bought=_moment(bought),
        total=value if is_plain(value) else to_money(to_decimal(value)),
        context=context,
        traits=traits,
        fraud=_LABELS.get(label),
    )


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def _years(text: str) -> int:
    age = int(text)
    if not 0 <= age <= 120:
        raise ValueError(f"{text[:24]!r} is not an age")
    return age


def _sign_up(customer: Customer) -> SignedUp:
    return SignedUp(
        event_id=f"{customer.name}-sign-up",
        customer_id=customer.customer_id,
        occurred_at=customer.signed_up,
        context=customer.context,
    )


def _declaration(customer: Customer) -> CustomerIdentified:
    return CustomerIdentified(
        event_id=f"{customer.name}-traits",
        customer_id=customer.customer_id,
        occurred_at=customer.signed_up,
        traits=customer.traits,
    )


def _order(customer: Customer) -> OrderCompleted:
    return OrderCompleted(
        event_id=customer.order_id,
        customer_id=customer.customer_id,
        occurred_at=customer.bought,
        context=customer.context,
        order_id=customer.order_id,
        total=customer.total,
        currency=CURRENCY,
    )
