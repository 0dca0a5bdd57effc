"""Evidence of who the customer is: declarations, origin and devices."""

from collections.abc import Iterator

from stream.explain import shopping_gender
from stream.explain.basis import Basis
from stream.explain.evidence import Evidence, as_read, date_of, moment_of
from stream.profile.devices import MAX_DEVICES, Device
from stream.profile.origin import Named
from stream.windows import year_of

_COMPANY = ("industry", "company_type", "contact_roles", "website_traffic", "purchase_volume")


def explain(basis: Basis) -> Iterator[Evidence]:
    """Evidence of each attribute."""
    origin = basis.state.origin
    declared = "kind" in basis.state.traits
    by_default = "never declared, so a person"
    yield basis.because("attributes.kind", _declared(basis, "kind") if declared else by_default)
    yield _trait(basis, "natural_gender", "gender")
    yield from shopping_gender.explain(basis)
    yield _trait(basis, "birth_year", "birth_year")
    yield basis.because("attributes.age_band", _age(basis))
    yield _trait(basis, "occupation", "occupation")
    yield basis.because("attributes.country", _country(basis))
    for name in ("region", "language", "time_zone"):
        yield _trait(basis, name, name)
    yield from _devices(basis)
    registered = "no `signed_up` event was seen"
    if origin.registered_ms is not None:
        registered = "the oldest `signed_up` event"
    yield basis.because("attributes.registered_at", registered)
    yield _trait(basis, "installation", "app_installed")
    channel, campaign = _named(origin.channel, "channel"), _named(origin.campaign, "campaign")
    yield basis.because("attributes.acquisition_channel", channel)
    yield basis.because("attributes.first_campaign", campaign)
    yield from _company(basis)
    yield from _custom(basis)


def _trait(basis: Basis, name: str, trait: str) -> Evidence:
    return basis.because(f"attributes.{name}", _declared(basis, trait))


def _declared(basis: Basis, trait: str) -> str:
    declaration = basis.state.traits.get(trait)
    if declaration is None:
        return f"trait `{trait}` was never declared"
    at_ms, value = declaration
    if value is None:
        return f"trait `{trait}` was taken back on {date_of(at_ms)}"
    return f"trait `{trait}`, declared on {date_of(at_ms)}"


def _age(basis: Basis) -> str:
    birth_year = basis.portrait.attributes.birth_year
    if birth_year is None:
        return "no birth year is declared"
    year = year_of(basis.as_of_ms)
    return f"{year} - {birth_year} = {year - birth_year} years"


def _country(basis: Basis) -> str:
    _, declared = basis.state.traits.get("country", (0, None))
    named = basis.state.origin.country
    if declared is not None or named is None:
        return _declared(basis, "country") + ("" if declared else ", and no event names one")
    return f"named by the event of {moment_of(named[0])}, the newest that names one"


def _named(named: Named | None, what: str) -> str:
    if named is None:
        return f"no event names a {what}"
    return f"named by the event of {moment_of(named[0])}, the oldest that names one"


def _devices(basis: Basis) -> Iterator[Evidence]:
    path, devices = "attributes.devices", basis.portrait.attributes.devices
    if not devices:
        yield basis.because(path, "no event names a device")
    for device in devices:
        yield Evidence(path, _model(device), f"seen from {device.first_seen} to {device.last_seen}")
    if len(devices) == MAX_DEVICES:
        yield Evidence(path, "others", f"there may be more: at most {MAX_DEVICES} are kept")


def _model(device: Device) -> str:
    return ", ".join(filter(None, (device.model, device.os))) or "of unknown model"


def _company(basis: Basis) -> Iterator[Evidence]:
    if basis.portrait.attributes.company is None:
        yield basis.because("attributes.company", "given for customers of kind company only")
        return
    for trait in _COMPANY:
        yield basis.because(f"attributes.company.{trait}", _declared(basis, trait))


def _custom(basis: Basis) -> Iterator[Evidence]:
    traits = basis.portrait.attributes.traits
    if not traits:
        yield basis.because("attributes.traits", "no trait without a field of its own was declared")
    for name, value in traits.items():
        yield Evidence(f"attributes.traits.{name}", as_read(value), _declared(basis, name))
