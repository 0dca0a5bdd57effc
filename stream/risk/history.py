"""What a customer's sign-ins showed, counted part by part; commutative, and bounded on demand."""

from typing import Literal

from msgspec import Struct, field

from stream.risk.records import Features

#: Values of a part that are kept: those with the smallest hashes, so that which ones does not
#: depend on the order.
VALUES = 16

#: Hashes of what a part showed, 0 where nothing was sent -> how many sign-ins showed it.
Counts = dict[tuple[int, ...], int]


class History(Struct):
    """Sign-ins, counted by each part of what they showed.

    ``sign_ins``   all of them
    ``addresses``  by IP address
    ``networks``   by ASN and country
    ``agents``     by user agent, browser, operating system and kind of device
    ``devices``    by device id
    """

    sign_ins: int = 0
    addresses: Counts = field(default_factory=dict)
    networks: Counts = field(default_factory=dict)
    agents: Counts = field(default_factory=dict)
    devices: Counts = field(default_factory=dict)

    @property
    def parts(self) -> tuple[Counts, Counts, Counts, Counts]:
        """The counts of each part."""
        return self.addresses, self.networks, self.agents, self.devices

    def add(self, features: Features, device: int, times: int = 1) -> None:
        """Count some sign-ins that showed the same."""
        self.sign_ins += times
        for counts, shown in zip(self.parts, _split(features, device), strict=True):
            counts[shown] = counts.get(shown, 0) + times

    def bound(self) -> None:
        """Forget values where there are too many of a part; the sign-ins stay counted."""
        for counts in self.parts:
            while len(counts) > VALUES:
                del counts[max(counts)]

    def copy(self) -> "History":
        """One that can be added to."""
        return History(self.sign_ins, *map(dict, self.parts))

    def plus(self, other: "History") -> "History":
        """The sign-ins of both."""
        both = self.copy()
        both.sign_ins += other.sign_ins
        for counts, more in zip(both.parts, other.parts, strict=True):
            for shown, count in more.items():
                counts[shown] = counts.get(shown, 0) + count
        return both

    def least(self, features: Features, device: int) -> int:
        """How many showed the part that fewest showed: so many at least showed each."""
        split = zip(self.parts, _split(features, device), strict=True)
        return min(counts.get(shown, 0) for counts, shown in split)

    def same(self, features: Features) -> list[int]:
        """How many may have showed the same, by feature in the order of the features: what was
        forgotten is taken for it.
        """
        split = zip(self.parts[:3], _split(features, 0), strict=False)
        return [
            sum(count for shown, count in counts.items() if shown[place] == value)
            + self.sign_ins
            - sum(counts.values())
            for counts, values in split
            for place, value in enumerate(values)
        ]

    def others(self, name: Literal["asn", "country", "device"], value: int) -> int:
        """How many named another value than this one, which none of them did. 0 where it is known
        or names nothing, and where it may be among those that were forgotten.
        """
        place = 1 if name == "country" else 0
        counts = self.devices if name == "device" else self.networks
        named = {shown[place] for shown in counts}
        if not value or value in named or len(counts) >= VALUES:
            return 0
        return sum(count for shown, count in counts.items() if shown[place])


def _split(features: Features, device: int) -> tuple[tuple[int, ...], ...]:
    """What each part showed."""
    agent = features.user_agent, features.browser, features.os, features.kind
    return (features.ip,), (features.asn, features.country), agent, (device,)
