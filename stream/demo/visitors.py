"""The simulated customers: where they live, when they are awake, what they like."""

from collections.abc import Sequence
from itertools import accumulate
from random import Random

from msgspec import Struct

from stream.demo.catalogue import Catalogue, Gender, Offer
from stream.demo.circumstances import Circumstances, circumstances
from stream.demo.declarations import Traits, declared
from stream.demo.homes import HOMES, PROVIDERS, RHYTHMS, Home, network
from stream.demo.tastes import Taste, choose_pool, choose_taste

#: Of a hundred customers, so many sign up within the time simulated.
_JOIN_PERCENT = 15
#: Share of the simulated time after which nobody signs up any more: who joins also visits.
_LAST_JOIN = 0.95
#: Sigma of the log-normal activity: the busiest tenth does about 40 % of everything.
_ACTIVITY_SIGMA = 0.9

#: device model, operating system, browser, user agent
DEVICE_MODELS: tuple[tuple[str, str, str, str], ...] = (
    ("iPhone", "iOS", "Safari", "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X)"),
    ("Pixel 8", "Android", "Chrome", "Mozilla/5.0 (Linux; Android 14; Pixel 8)"),
    ("Galaxy S24", "Android", "Chrome", "Mozilla/5.0 (Linux; Android 14; SM-S921B)"),
    ("iPad", "iPadOS", "Safari", "Mozilla/5.0 (iPad; CPU OS 17_5 like Mac OS X)"),
    ("PC", "Windows", "Edge", "Mozilla/5.0 (Windows NT 10.0; Win64; x64)"),
    ("PC", "Linux", "Firefox", "Mozilla/5.0 (X11; Linux x86_64; rv:127.0)"),
    ("MacBook", "macOS", "Safari", "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5)"),
)


class Device(Struct, frozen=True, kw_only=True, gc=False):
    """A device that a customer uses, as the shop's tracker sees it."""

    device_id: str
    model: str
    os: str
    browser: str
    user_agent: str
    #: Address and network at home.
    ip: str
    asn: int
    rooted: bool | None = None


class Visitor(Struct, frozen=True, kw_only=True):
    """One customer. Shares and chances are 0 to 1."""

    index: int
    customer_id: str
    home: Home
    rhythm: str
    #: Cumulative weights of the 24 local hours.
    hours: Sequence[int]
    #: Visits relative to the average customer.
    activity: float
    taste: Taste
    #: What they have an eye on.
    pool: Sequence[Offer]
    devices: Sequence[Device]
    #: Where and with whom they live, and what they do now and then.
    circumstances: Circumstances
    #: What they declare of themselves.
    traits: Traits
    #: Chance that they take a coupon or click a promotion.
    bargains: float
    #: How readily they buy, and return.
    loyalty: float
    #: Which share of the simulated time has passed when they sign up; None: long ago.
    joins_at: float | None

    @property
    def is_company(self) -> bool:
        """Whether a business shops, and not a person."""
        return self.traits.get("kind") == "company"


def make_visitor(seed: int, index: int, catalogue: Catalogue) -> Visitor:
    """The same customer for the same seed and index, however many others there are."""
    rng = Random(f"visitor/{seed}/{index}")
    life = circumstances(seed, index)
    home = _home(rng)
    if life.anchor != index:  # they live together
        home = _home(Random(f"visitor/{seed}/{life.anchor}"))
    rhythm = rng.choices(tuple(RHYTHMS), weights=(3, 2, 4, 2))[0]
    gender: Gender = rng.choice(("female", "male"))
    thrift = rng.random()
    taste = choose_taste(rng)
    return Visitor(
        index=index,
        customer_id=f"customer-{index:05d}",
        home=home,
        rhythm=rhythm,
        hours=list(accumulate(RHYTHMS[rhythm])),
        activity=rng.lognormvariate(-(_ACTIVITY_SIGMA**2) / 2, _ACTIVITY_SIGMA),
        taste=taste,
        pool=choose_pool(rng, catalogue, taste, gender, thrift),
        devices=_devices(rng, index, home, life),
        circumstances=life,
        traits=declared(rng, home, gender),
        bargains=taste.bargains or 0.1 + 0.4 * thrift,
        loyalty=rng.random(),
        joins_at=rng.random() * _LAST_JOIN if rng.random() * 100 < _JOIN_PERCENT else None,
    )


def _home(rng: Random) -> Home:
    return rng.choices(HOMES, weights=[place.weight for place in HOMES])[0]


def _devices(rng: Random, index: int, home: Home, life: Circumstances) -> Sequence[Device]:
    models = rng.sample(DEVICE_MODELS, rng.choices((1, 2, 3), weights=(5, 4, 1))[0])
    house = life.household
    return tuple(
        Device(
            device_id=f"device-{index:05d}-{number}",
            model=model,
            os=os,
            browser=browser,
            user_agent=user_agent,
            # 198.18.0.0/15 is set aside for test traffic (RFC 2544), 64512 and up for private
            # use (RFC 6996): nobody's real address or network.
            ip=f"198.{18 + (house >> 16) % 2}.{(house >> 8) % 256}.{house % 256}",
            asn=network(HOMES.index(home), house % PROVIDERS),
            rooted=True if life.rooted and os == "Android" else None,
        )
        for number, (model, os, browser, user_agent) in enumerate(models, 1)
    )
