"""Values of the document that carry more meaning than their JSON type shows."""

from typing import Annotated

from msgspec import Meta

#: A decimal string in units of the base currency, such as ``12.50``.
Amount = Annotated[str, Meta(extra_json_schema={"format": "decimal"})]
#: RFC 3339 in UTC with milliseconds.
Instant = Annotated[str, Meta(extra_json_schema={"format": "date-time"})]
#: A part of a whole, 0 to 1.
Share = Annotated[float, Meta(ge=0, le=1)]
#: Percent of a store's buyers below, in steps of five.
Percentile = Annotated[int, Meta(ge=0, le=95)]
