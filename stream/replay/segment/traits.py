"""Traits of an identify call, without anything that names or reaches the person.

Known traits get the contract's names. Other traits pass when they are short, plain values whose
name and form do not suggest a direct identifier: better to lose a trait than to spread a phone
number through topics and tables.
"""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec

from stream.fields import TraitValue
from stream.profile.traits import KnownTraits
from stream.replay.segment.context import zone_of
from stream.replay.segment.properties import object_of, text_of

#: Traits that the spec does not have: taken over where the sender uses the contract's names.
_OWN = (
    "time_zone",
    "app_installed",
    "kind",
    "industry",
    "company_type",
    "contact_roles",
    "website_traffic",
    "purchase_volume",
)
_GENDERS = {"f": "female", "female": "female", "m": "male", "male": "male", "other": "other"}

#: Traits of the spec that are identifiers, that have become another trait, or that say nothing.
_RESERVED = {
    "address",
    "avatar",
    "birthday",
    "company",
    "created_at",
    "description",
    "locale",
    "title",
    "website",
}
_IDENTIFYING_NAME = re.compile(
    "name|mail|phone|mobile|fax|address|street|house_?n|zip|post_?al|post_?code|ssn|social|passport|"
    "licen[cs]e|iban|account|card|handle|url|birth|password|secret|token|uuid|device|latitude|"
    "longitude|geo|(^|_)(ip|city|tax|lat|lon|lng|dob|login|user|id)(_|$)"
)
#: An e-mail or web address, an IP address, or a long run of digits such as a phone number.
_IDENTIFYING_VALUE = re.compile(r"@|://|\d+\.\d+\.\d+\.\d+|(?:\d[ ()./+-]*){7,}")
_LONGEST_VALUE = 64
_LARGEST_NUMBER = 2**53
_MAX_TRAITS = 64


def to_traits(traits: Mapping[str, Any], context: Mapping[str, Any]) -> dict[str, TraitValue]:
    """What may be kept; empty where nothing may."""
    kept = _custom(traits) | _known(traits, context)
    return dict(list(kept.items())[-_MAX_TRAITS:])


def _known(traits: Mapping[str, Any], context: Mapping[str, Any]) -> dict[str, TraitValue]:
    address = object_of(traits, "address")
    company = object_of(traits, "company")
    birth_year = re.match(r"(\d{4})-\d\d", text_of(traits.get("birthday")) or "")
    zone = zone_of(context)
    candidates: dict[str, TraitValue] = {
        "gender": _GENDERS.get((text_of(traits.get("gender")) or "").lower()),
        "birth_year": int(birth_year[1]) if birth_year else None,
        "occupation": text_of(traits.get("title")),
        "country": text_of(address.get("country")),
        "region": text_of(address.get("state")),
        "language": text_of(traits.get("locale")) or text_of(context.get("locale")),
        "time_zone": zone.key if zone else None,
        # The spec's `company` is the one that the customer represents.
        "kind": "company" if company else None,
        "industry": _harmless(company.get("industry")),
    }
    candidates |= {
        name: value for name in _OWN if (value := _harmless(traits.get(name))) is not None
    }
    return {
        name: value
        for name, value in candidates.items()
        if value is not None and _is_valid(name, value)
    }


def _is_valid(name: str, value: TraitValue) -> bool:
    try:
        msgspec.convert({name: value}, KnownTraits)
    except msgspec.ValidationError:
        return False
    return True


def _custom(traits: Mapping[str, Any]) -> dict[str, TraitValue]:
    kept: dict[str, TraitValue] = {}
    for name, raw in traits.items():
        value = _plain(raw)
        if value is not None and 0 < len(name) <= 64 and not _identifies(name, value):
            kept[name] = value
    return kept


def _harmless(raw: object) -> TraitValue:
    """A plain value of a known trait, unless it is a text that looks like an identifier."""
    value = _plain(raw)
    if isinstance(value, str) and _IDENTIFYING_VALUE.search(value):
        return None
    return value


def _plain(raw: object) -> TraitValue:
    match raw:
        case bool() | str():
            return raw
        case int():
            return raw if abs(raw) <= _LARGEST_NUMBER else None
        case Decimal():
            return float(raw) if abs(raw) <= _LARGEST_NUMBER else None
        case _:
            return None


def _identifies(name: str, value: TraitValue) -> bool:
    plain_name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[^A-Za-z0-9]+", "_", name).lower()
    if plain_name in _RESERVED or plain_name in KnownTraits.__struct_fields__:
        return True
    if _IDENTIFYING_NAME.search(plain_name):
        return True
    text = str(value)
    return len(text) > _LONGEST_VALUE or _IDENTIFYING_VALUE.search(text) is not None
