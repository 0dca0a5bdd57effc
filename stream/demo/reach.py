"""How a visit reaches the shop: with which device, over which connection, from which country.

Addresses are out of 198.18.0.0/15, which is set aside for test traffic (RFC 2544), networks out of
those for private use (RFC 6996): nobody's real ones.
"""

from random import Random

import msgspec
from msgspec import Struct

from stream.demo.homes import CARRIER, HOMES, network
from stream.demo.visitors import Device, Visitor

#: Chances 0 to 1: of a visit with a phone over the mobile network, with the family's device, from
#: the office, through a VPN.
_MOBILE, _FAMILY_DEVICE, _OFFICE, _VPN = 0.3, 0.35, 0.25, 0.25
_PHONES = ("iOS", "Android")
#: Addresses behind which a country's mobile customers are hidden, many behind each.
_CARRIER_ADDRESSES = 16
#: First numbers of networks: of offices, of VPNs.
_OFFICE_ASN, _VPN_ASN = 65_300, 65_400


class Reach(Struct, frozen=True):
    """What the shop sees of it."""

    device: Device
    ip: str
    asn: int
    country: str


def reach(rng: Random, visitor: Visitor, device: Device, number: int, left_s: float) -> Reach:
    """Of the customer's visit of that number, ``left_s`` before the end of the simulation.

    ``device`` is the own device at hand, which need not be the one that is used.
    """
    life = visitor.circumstances
    family, way = rng.random(), rng.random()
    if life.new_device_from is not None and number >= life.new_device_from:
        device = _replaced(visitor, device)
    if life.shares_device and family < _FAMILY_DEVICE:
        device = msgspec.structs.replace(
            visitor.devices[0], device_id=f"device-{life.household:05d}-family"
        )
    home = visitor.home
    if life.trip is not None and life.trip.is_there(-left_s):
        abroad = life.trip.place
        asn = network(HOMES.index(abroad), 0)
        return Reach(device, f"198.19.252.{visitor.index % 256}", asn, abroad.country)
    if device.os in _PHONES and way < _MOBILE:
        place = HOMES.index(home)
        address = f"198.19.{200 + place}.{int(_CARRIER_ADDRESSES * rng.random())}"
        return Reach(device, address, network(place, CARRIER), home.country)
    if life.office is not None and way > 1 - _OFFICE:
        office = life.office % 256
        return Reach(device, f"198.19.253.{office}", _OFFICE_ASN + office % 100, home.country)
    if life.vpn is not None and way > 1 - _VPN:
        place = HOMES.index(life.vpn)
        return Reach(device, f"198.19.254.{place}", _VPN_ASN + place, life.vpn.country)
    return Reach(device, device.ip, device.asn, home.country)


def _replaced(visitor: Visitor, device: Device) -> Device:
    """The newer model of the first device, whatever the others are."""
    if device is not visitor.devices[0]:
        return device
    return msgspec.structs.replace(device, device_id=f"{device.device_id}-new", rooted=None)
