"""What makes honest customers look suspicious now and then: families, offices, trips, second cards.

All of it is drawn with dice of its own, so that the rest of a customer does not depend on it.
"""

from random import Random

from msgspec import Struct

from stream.demo.homes import HOMES, Home

#: Of a hundred blocks of so many neighbours, how many are a household of one, of two and so on.
_BLOCK = 4
_HOUSEHOLDS = {1: 80, 2: 12, 3: 5, 4: 3}
#: The first so many of so many customers work in one office.
_OFFICE, _OFFICE_EVERY = 8, 256
#: Chances 0 to 1 of what a customer has.
_SHARED_DEVICE, _SHARED_PAYMENT, _SECOND_PAYMENT = 0.5, 0.3, 0.2
_TRIP, _VPN, _NEW_DEVICE, _ROOTED = 0.1, 0.02, 0.12, 0.015
#: The earliest and the latest departure, and the days that a trip takes, on the scale that ends
#: at 0: within the weeks that are simulated.
_DEPARTS_DAYS, _TRIP_DAYS = (-34.0, -4.0), (2.0, 9.0)
#: Seconds from door to door, in which nobody shops.
_JOURNEY_S = 24 * 3_600
_DAY_S = 86_400
#: A new device is bought before one of the first so many visits.
_VISITS = 16


class Trip(Struct, frozen=True, kw_only=True):
    """A stay abroad, from its departure to the return home; seconds on the scale that ends at 0."""

    place: Home
    departs_s: int
    returns_s: int

    def is_there(self, at_s: float) -> bool:
        """Whether somebody who comes then comes from abroad."""
        return self.departs_s <= at_s < self.returns_s

    def is_under_way(self, at_s: float) -> bool:
        """Whether they sit in a plane, there or back."""
        return any(
            begins_s <= at_s < begins_s + _JOURNEY_S
            for begins_s in (self.departs_s, self.returns_s)
        )


class Circumstances(Struct, frozen=True, kw_only=True):
    """How a customer lives, as far as others are concerned. Indices are those of customers."""

    #: Who of the household, or of the office, was there first: all live where this one does.
    anchor: int
    #: Whose connection, and address, is used at home.
    household: int
    shares_device: bool
    shares_payment: bool
    office: int | None
    second_payment: bool
    trip: Trip | None
    #: Where the VPN comes out that is used now and then.
    vpn: Home | None
    #: From which visit on there is a new device instead of the first one.
    new_device_from: int | None
    rooted: bool


def circumstances(seed: int, index: int) -> Circumstances:
    """The same for the same seed and index, however many other customers there are."""
    block = Random(f"household/{seed}/{index // _BLOCK}")
    [size] = block.choices(tuple(_HOUSEHOLDS), weights=tuple(_HOUSEHOLDS.values()))
    together = index % _BLOCK < size
    household = index - index % _BLOCK if together else index
    office = index // _OFFICE_EVERY if index % _OFFICE_EVERY < _OFFICE else None
    family = together and size > 1
    family_device, family_payment = block.random(), block.random()
    rng = Random(f"circumstances/{seed}/{index}")
    return Circumstances(
        anchor=household if office is None else office * _OFFICE_EVERY,
        household=household,
        shares_device=family and family_device < _SHARED_DEVICE,
        shares_payment=family and family_payment < _SHARED_PAYMENT,
        office=office,
        second_payment=rng.random() < _SECOND_PAYMENT,
        trip=_trip(rng) if rng.random() < _TRIP else None,
        vpn=rng.choice(HOMES) if rng.random() < _VPN else None,
        new_device_from=1 + rng.randrange(_VISITS) if rng.random() < _NEW_DEVICE else None,
        rooted=rng.random() < _ROOTED,
    )


def _trip(rng: Random) -> Trip:
    departs_s = int(rng.uniform(*_DEPARTS_DAYS) * _DAY_S)
    stays_s = int(rng.uniform(*_TRIP_DAYS) * _DAY_S)
    return Trip(place=rng.choice(HOMES), departs_s=departs_s, returns_s=departs_s + stays_s)
