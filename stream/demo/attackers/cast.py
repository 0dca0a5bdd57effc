"""Who attacks the simulated shop, and whom: all raids of the last days of a history."""

from collections.abc import Iterator, Sequence
from random import Random

from stream.demo.attackers.brushers import brush
from stream.demo.attackers.farm import farm
from stream.demo.attackers.hunters import hunt
from stream.demo.attackers.purchases import Market
from stream.demo.attackers.raid import ATTACKS, Raid
from stream.demo.attackers.stuffing import stuff
from stream.demo.attackers.takeover import take_over
from stream.demo.sessions import buying
from stream.demo.visitors import Visitor

#: One band of attackers for so many customers, and no attackers where there are fewer than that.
_CUSTOMERS_A_BAND, _FEWEST = 500, 200
#: Victims, and accounts made, of each band.
_STUFFED, _TAKEN_OVER, _FARMED, _HUNTERS, _BRUSHERS = 20, 8, 12, 12, 8
#: Days before the end in which raids begin: victims have a past by then, and the longest raid is
#: over when it is the end.
_FIRST_DAY, _LAST_DAY = 6.0, 1.5
_DAY_S = 86_400
#: Raids after the history are numbered from here on, clear of its own.
_FIRST_NUMBER = 1_000_000
#: Of a hundred known customers, so many have accounts that are worth being taken over.
_DEAR_PERCENT = 8


def bands(customers: int) -> int:
    """How many bands of attackers a shop of so many customers has."""
    return 0 if customers < _FEWEST else -(-customers // _CUSTOMERS_A_BAND)


def accounts_of_attackers(customers: int) -> int:
    """How many of the customers are accounts that attackers made."""
    return bands(customers) * (_FARMED + _HUNTERS + _BRUSHERS)


def raids(seed: int, customers: int, visitors: Sequence[Visitor], market: Market) -> list[Raid]:
    """All raids on a shop of so many customers, ``visitors`` being the honest ones."""
    return [
        raid
        for number in range(bands(customers))
        for raid in _of_band(seed, number, visitors, market)
    ]


def next_raid(seed: int, number: int, visitors: Sequence[Visitor], market: Market) -> Raid:
    """One raid after those of the history, the kinds in turn; numbers are from 0 on."""
    rng = Random(f"raid/{seed}/{number}")
    attack = ATTACKS[number % len(ATTACKS)]
    number += _FIRST_NUMBER
    taken_over, tried = _victims(seed, visitors)
    match attack:
        case "credential_stuffing":
            return stuff(rng, number, 0, rng.sample(tried, min(len(tried), _STUFFED)))
        case "account_takeover":
            return take_over(rng, number, 0, rng.choice(taken_over), market)
        case "device_farm":
            return farm(rng, number, 0, _made("farm", number, _FARMED), market)
        case "coupon_hunting":
            return hunt(rng, number, 0, _made("hunter", number, _HUNTERS), market)
        case "brushing":
            return brush(rng, number, 0, _made("brusher", number, _BRUSHERS), market)


def _made(name: str, number: int, size: int) -> list[str]:
    return [f"{name}-{number}-{n}" for n in range(size)]


def _of_band(seed: int, number: int, visitors: Sequence[Visitor], market: Market) -> Iterator[Raid]:
    rng = Random(f"attackers/{seed}/{number}")
    taken_over, tried = _victims(seed, visitors)
    yield stuff(rng, number, _begins_s(rng), _share(tried, number, _STUFFED))
    for n, victim in enumerate(_share(taken_over, number, _TAKEN_OVER)):
        yield take_over(rng, number * _TAKEN_OVER + n, _begins_s(rng), victim, market)
    yield farm(rng, number, _begins_s(rng), _made("farm", number, _FARMED), market)
    yield hunt(rng, number, _begins_s(rng), _made("hunter", number, _HUNTERS), market)
    yield brush(rng, number, _begins_s(rng), _made("brusher", number, _BRUSHERS), market)


def _victims(seed: int, visitors: Sequence[Visitor]) -> tuple[Sequence[Visitor], Sequence[Visitor]]:
    """Whose accounts are taken over, and whose passwords are tried; each by chance.

    Accounts are sold, and those with many orders have the highest price. Passwords leak anyhow.
    """
    rng = Random(f"victims/{seed}")
    known = [visitor for visitor in visitors if visitor.joins_at is None]
    known.sort(key=lambda visitor: (-visitor.activity * buying(visitor), visitor.index))
    dear = len(known) * _DEAR_PERCENT // 100
    return rng.sample(known[:dear], dear), rng.sample(known[dear:], len(known) - dear)


def _share(victims: Sequence[Visitor], number: int, size: int) -> Sequence[Visitor]:
    """Those of the band of that number: other ones for each."""
    return victims[number * size : (number + 1) * size]


def _begins_s(rng: Random) -> int:
    return -int(rng.uniform(_LAST_DAY, _FIRST_DAY) * _DAY_S)
