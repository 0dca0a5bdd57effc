"""Accounts that attackers make for themselves: their names, devices and first steps."""

from random import Random

from stream.demo.attackers.raid import SECOND_MS, Raid
from stream.demo.homes import CARRIER, HOMES, network
from stream.demo.visitors import DEVICE_MODELS
from stream.events import DeviceSeen, SignedIn, SignedUp
from stream.fields import Context

#: Models of phones among :data:`DEVICE_MODELS`.
_PHONES = [model for model in DEVICE_MODELS if model[1] in ("iOS", "Android")]


def phone(rng: Random, device_id: str, ip: str, *, emulator: bool = False) -> Context:
    """A phone on the carrier of some place, or what passes itself off as one."""
    model, os, browser, user_agent = rng.choice(_PHONES)
    place = rng.randrange(len(HOMES))
    return Context(
        device_id=device_id,
        device_model=model,
        os=os,
        browser=browser,
        user_agent=user_agent,
        ip=ip,
        asn=network(place, CARRIER),
        country=HOMES[place].country,
        channel="direct",
        emulator=True if emulator else None,
    )


def documented_address(number: int, address: int) -> str:
    """An address of 192.0.2.0/24, which is for documentation (RFC 5737); few for each raid."""
    return f"192.0.2.{(number * 4 + address) % 256}"


def register(rng: Random, raid: Raid, after_ms: float, who: str, context: Context) -> float:
    """The account is made and signed in to; returns when that is done."""
    raid.add(after_ms, DeviceSeen, who, context)
    after_ms += rng.uniform(8, 25) * SECOND_MS
    raid.add(after_ms, SignedUp, who, context, method="email")
    after_ms += rng.uniform(2, 8) * SECOND_MS
    raid.add(after_ms, SignedIn, who, context, method="password")
    return after_ms
