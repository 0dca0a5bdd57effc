"""How many of the simulated attackers the workers have found, and how many honest they accuse."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from msgspec import Struct

from stream.demo.attackers.raid import ATTACKS, Attack


class Caught(Struct, frozen=True):
    """Customers of one kind of attack, of whom ``high`` were published at the level high."""

    attack: str
    customers: int
    high: int


class Watch(Struct, frozen=True):
    """All kinds of attack, and the honest customers; empty where nobody attacks."""

    attacks: Sequence[Caught] = ()
    honest: int = 0
    #: Honest customers that were published at the level high.
    accused: int = 0


def watch(
    attacks: Mapping[str, Attack], honest: Collection[str], accused: Collection[str]
) -> Watch:
    """Who of the attackers, and of the others, is among the customers at the level high."""
    customers = Counter(attacks.values())
    high = Counter(attacks[who] for who in accused if who in attacks)
    innocent = set(honest) - attacks.keys()
    if not attacks:
        return Watch()
    return Watch(
        attacks=tuple(
            Caught(kind.replace("_", " "), customers[kind], high[kind])
            for kind in ATTACKS
            if customers[kind]
        ),
        honest=len(innocent),
        accused=len(innocent.intersection(accused)),
    )


def caught_words(seen: Watch) -> str:
    """Who was found, in a line; empty where nobody attacks."""
    if not seen.attacks:
        return ""
    found = ", ".join(f"{each.attack} {each.high} of {each.customers}" for each in seen.attacks)
    return f"{found}; honest {seen.accused} of {seen.honest}"
