"""Company customers: what is declared of a business that buys."""

from typing import Annotated

from msgspec import Meta, Struct

from stream.profile.traits import KnownTraits


class Company(Struct, frozen=True):
    """A business customer, as its traits declare it; its country is `attributes.country`."""

    industry: Annotated[str | None, Meta(description="Trait `industry`, such as furniture.")]
    company_type: Annotated[
        str | None, Meta(description="Trait `company_type`, such as wholesale or manufacturer.")
    ]
    contact_roles: Annotated[
        tuple[str, ...],
        Meta(
            description="Trait `contact_roles`: roles of the people in contact with the shop, "
            "separated by commas, in the order declared."
        ),
    ]
    website_traffic: Annotated[
        int | None, Meta(description="Trait `website_traffic`: visits to its website a month.")
    ]
    purchase_volume: Annotated[
        float | None,
        Meta(
            description="Trait `purchase_volume`: estimated purchases a year, in units of the "
            "base currency."
        ),
    ]


def company_of(known: KnownTraits) -> Company:
    """The company that the traits declare."""
    roles = (role.strip() for role in (known.contact_roles or "").split(","))
    return Company(
        industry=known.industry,
        company_type=known.company_type,
        contact_roles=tuple(role for role in roles if role),
        website_traffic=known.website_traffic,
        purchase_volume=known.purchase_volume,
    )
