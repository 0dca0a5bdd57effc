"""The standards of a worker or a command: from settings, files and the kept reference."""

from hashlib import blake2b

from msgspec.structs import replace

from stream.errors import Fatal
from stream.files import labels, risk
from stream.files.labels import load_rules
from stream.files.risk import load_weights
from stream.files.shop import load_shop
from stream.files.yaml_file import read_file
from stream.learn.shopping_gender import load_affinity
from stream.measures.standards import Standards
from stream.money import exponent
from stream.profile.portrait import SECTIONS
from stream.reference import current, load
from stream.settings import Settings
from stream.tables.table import PortraitTable

#: To be raised when ``describe`` makes something else of the same state and the same standards:
#: workers then describe every stored portrait anew.
_DESCRIBES = 2


def load_standards(settings: Settings) -> Standards:
    """What the files of the settings say, with the built-in reference.

    Raises :class:`~stream.errors.Fatal` that names file, line and what is wrong.
    """
    version = version_of(settings)  # first: what changes while it is read is read again
    decimals = exponent(settings.currency)
    shop = load_shop(settings.shop, decimals)
    table = settings.gender_table
    return Standards(
        currency=settings.currency,
        tiers=shop.tiers,
        targets=shop.targets,
        affinity=None if table is None else load_affinity(table),
        rules=load_rules(settings.labels, decimals, [tier.name for tier in shop.tiers]),
        risk=load_weights(settings.risk),
        version=version,
    )


def version_of(settings: Settings) -> str:
    """Of what the files hold, whether it is right or wrong, and of what this software makes of it.

    Raises :class:`~stream.errors.Fatal` where a file cannot be read.
    """
    files = (
        settings.shop,
        settings.labels or labels.SHIPPED,
        settings.gender_table,
        settings.risk or risk.SHIPPED,
    )
    content = blake2b(f"{_DESCRIBES}{SECTIONS}{settings.currency}".encode(), digest_size=8)
    for file in files:
        content.update(blake2b(b"" if file is None else read_file(file)).digest())
    return content.hexdigest()


def own_standards(settings: Settings, currency: str) -> Standards:
    """The standards for a command that is called beside workers, in the currency of their table.

    Raises :class:`~stream.errors.Fatal`, which says that a mistake is no worry of the workers.
    """
    try:
        return load_standards(replace(settings, currency=currency))
    except Fatal as exc:
        raise Fatal(f"{exc} (workers keep the rules they have)") from exc


async def kept_standards(
    settings: Settings, table: PortraitTable, reference: str | None = None
) -> Standards:
    """The standards that the portraits of a table are kept by, whoever runs the workers.

    The currency is the table's own: its amounts are in no other. ``reference`` is a version, None
    the one in use. Raises :class:`~stream.errors.Fatal` where there are no portraits yet.
    """
    currency = await table.pinned("currency")
    if currency is None:
        raise Fatal("there are no portraits yet: no worker has run in this PORTRAIT_NAMESPACE")
    return await with_reference(own_standards(settings, currency), table, reference)


async def with_reference(
    standards: Standards, table: PortraitTable, version: str | None = None
) -> Standards:
    """The standards with the reference that is in use, or with the one of a version."""
    reference = await (current(table) if version is None else load(table, version))
    return replace(standards, reference=reference)
