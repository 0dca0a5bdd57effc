"""The simulated customers: where they live, when they are awake, what they like."""

from collections.abc import Sequence
from itertools import accumulate
from random import Random

from msgspec import Struct

from stream.demo.catalogue import Catalogue, Gender, Offer
from stream.demo.homes import HOMES, RHYTHMS, Home

_OCCUPATIONS = ("student", "teacher", "engineer", "nurse", "designer", "clerk", "retired", "chef")
#: Pieces that a customer has an eye on: most views go to them.
_POOL = 24
_FAVOURITE_LEAVES = 4
#: Of a hundred customers, so many sign up within the time simulated.
_JOIN_PERCENT = 15
#: Share of the simulated time after which nobody signs up any more: who joins also visits.
_LAST_JOIN = 0.95
#: Sigma of the log-normal activity: the busiest tenth does about 40 % of everything.
_ACTIVITY_SIGMA = 0.9

#: device model, operating system, browser, user agent
_DEVICE_MODELS: tuple[tuple[str, str, str, str], ...] = (
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
    ip: str
    asn: int


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
    pool: Sequence[Offer]
    devices: Sequence[Device]
    gender: Gender
    birth_year: int
    occupation: str
    #: How much a lower price or a coupon moves them.
    thrift: float
    #: How readily they buy, and return.
    loyalty: float
    #: Which share of the simulated time has passed when they sign up; None: long ago.
    joins_at: float | None


def make_visitor(seed: int, index: int, catalogue: Catalogue) -> Visitor:
    """The same customer for the same seed and index, however many others there are."""
    rng = Random(f"visitor/{seed}/{index}")
    home = rng.choices(HOMES, weights=[place.weight for place in HOMES])[0]
    rhythm = rng.choices(tuple(RHYTHMS), weights=(3, 2, 4, 2))[0]
    gender: Gender = rng.choice(("female", "male"))
    thrift = rng.random()
    return Visitor(
        index=index,
        customer_id=f"customer-{index:05d}",
        home=home,
        rhythm=rhythm,
        hours=list(accumulate(RHYTHMS[rhythm])),
        activity=rng.lognormvariate(-(_ACTIVITY_SIGMA**2) / 2, _ACTIVITY_SIGMA),
        pool=_pool(rng, catalogue, gender, thrift),
        devices=_devices(rng, index),
        gender=gender,
        birth_year=min(2006, max(1940, round(rng.gauss(1986, 13)))),
        occupation=rng.choice(_OCCUPATIONS),
        thrift=thrift,
        loyalty=rng.random(),
        joins_at=rng.random() * _LAST_JOIN if rng.random() * 100 < _JOIN_PERCENT else None,
    )


def _pool(rng: Random, catalogue: Catalogue, gender: Gender, thrift: float) -> Sequence[Offer]:
    """Pieces out of a few favourite categories, the cheaper ones for the thrifty."""
    leaves = rng.sample(catalogue.leaves, _FAVOURITE_LEAVES)
    pool: list[Offer] = []
    while len(pool) < _POOL:
        # The first favourite is met about twice as often as the second, and so on.
        leaf = leaves[min(int(rng.expovariate(0.8)), _FAVOURITE_LEAVES - 1)]
        pair = rng.choices(catalogue.by_leaf[leaf], k=2)
        chosen = min(pair, key=_price) if rng.random() < thrift else max(pair, key=_price)
        if chosen.gender in (None, "unisex", gender) or rng.random() < 0.2:
            pool.append(chosen)
        else:
            leaves = [*leaves[1:], rng.choice(catalogue.leaves)]
    return tuple(pool)


def _price(offer: Offer) -> int:
    return offer.price_cents


def _devices(rng: Random, index: int) -> Sequence[Device]:
    models = rng.sample(_DEVICE_MODELS, rng.choices((1, 2, 3), weights=(5, 4, 1))[0])
    return tuple(
        Device(
            device_id=f"device-{index:05d}-{number}",
            model=model,
            os=os,
            browser=browser,
            user_agent=user_agent,
            # 198.18.0.0/15 is set aside for test traffic (RFC 2544), 64512 and up for private
            # use (RFC 6996): nobody's real address or network.
            ip=f"198.{18 + (index >> 16) % 2}.{(index >> 8) % 256}.{index % 256}",
            asn=64_512 + index % 1_000,
        )
        for number, (model, os, browser, user_agent) in enumerate(models, 1)
    )
