"""Crawlers among the simulated customers: as regular as a machine, all around the clock."""

from datetime import UTC, datetime
from random import Random

from stream.demo.catalogue import Catalogue
from stream.demo.shop import Timed
from stream.events import ProductViewed
from stream.fields import Context

#: One crawler among so many customers, and at most so many in all.
_CUSTOMERS_A_BOT, _MOST_BOTS = 150, 5
#: Product pages that a crawl opens, and the milliseconds from one to the next.
_PAGES, _PACE_MS = 20, 2_000


def bot_count(customers: int) -> int:
    """How many of the customers are crawlers."""
    return min(_MOST_BOTS, customers // _CUSTOMERS_A_BOT)


class Crawler:
    """A bot that looks at every page in turn, at the same minute of every interval."""

    size = _PAGES

    def __init__(self, seed: int, index: int, catalogue: Catalogue) -> None:
        rng = Random(f"bot/{seed}/{index}")
        self.customer_id = f"bot-{index}"
        #: Seconds into each interval at which it comes.
        self.phase = rng.random()
        self._offers = catalogue.offers
        self._context = Context(
            device_id=f"bot-device-{index}",
            user_agent="Mozilla/5.0 (compatible; ShelfCrawler/2.1)",
            ip=f"198.19.255.{index}",
            asn=65_500,
            channel="direct",
        )

    def crawl(self, number: int, begins_ms: int) -> list[Timed]:
        """The events of its crawl `number`, which begins at `begins_ms` since 1970."""
        events: list[Timed] = []
        for page in range(_PAGES):
            at_ms = begins_ms + page * _PACE_MS
            offer = self._offers[(number * _PAGES + page) % len(self._offers)]
            event = ProductViewed(
                event_id=f"{self.customer_id}-{number}-{page}",
                customer_id=self.customer_id,
                occurred_at=datetime.fromtimestamp(at_ms / 1000, UTC),
                product=offer.product,
                context=self._context,
            )
            events.append((at_ms, event))
        return events
