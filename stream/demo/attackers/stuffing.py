"""Credential stuffing: leaked passwords tried on many accounts, by one machine."""

from collections.abc import Sequence
from random import Random

from stream.demo.attackers.raid import Raid
from stream.demo.visitors import Visitor
from stream.events import SignedIn, SignInFailed
from stream.fields import Context

#: Passwords that leaked of each account, tried in rounds over all of them.
_PASSWORDS = 4
#: Milliseconds from one try to the next, and how much more it may be.
_PACE_MS, _JITTER_MS = 1_800, 60
#: Chance that a password fits.
_FITS = 0.03
#: Proxies that the machine takes in turn.
_PROXIES = 5
_COUNTRIES = ("NL", "VN", "BR", "US", "RO", "ID")


def stuff(rng: Random, number: int, begins_s: int, victims: Sequence[Visitor]) -> Raid:
    """Try all victims, round by round; who was got into is left alone from then on."""
    raid = Raid(attack="credential_stuffing", name=f"stuffing-{number}", begins_s=begins_s)
    proxies = [_context(rng, number, proxy) for proxy in range(_PROXIES)]
    after_ms, open_accounts = 0, list(victims)
    for _ in range(_PASSWORDS):
        for victim in tuple(open_accounts):
            after_ms += _PACE_MS + rng.randrange(_JITTER_MS)
            context = rng.choice(proxies)
            if rng.random() < _FITS:
                open_accounts.remove(victim)
                raid.add(after_ms, SignedIn, victim.customer_id, context, method="password")
            else:
                raid.add(
                    after_ms, SignInFailed, victim.customer_id, context, cause="wrong_password"
                )
    return raid


def _context(rng: Random, number: int, proxy: int) -> Context:
    return Context(
        device_id=f"machine-{number}",
        device_model="PC",
        os="Linux",
        browser="Chrome",
        user_agent="Mozilla/5.0 (X11; Linux x86_64) HeadlessChrome/126.0.0.0",
        # 203.0.113.0/24 is for documentation (RFC 5737): nobody's address.
        ip=f"203.0.113.{(number * _PROXIES + proxy) % 256}",
        asn=65_000 + rng.randrange(40),
        country=rng.choice(_COUNTRIES),
    )
