"""Logs that stay readable when a service is down."""

import logging
import time

#: Loggers that say the same thing again and again while Kafka or Redis does not answer.
TALKATIVE = (
    "aiokafka",
    "aiokafka.conn",
    "aiokafka.cluster",
    "aiokafka.consumer.fetcher",
    "aiokafka.consumer.group_coordinator",
    "aiokafka.producer.sender",
    "stream.agents",
)


class Seldom(logging.Filter):
    """Lets a message pass once in ``interval_s``, whatever its arguments are."""

    def __init__(self, interval_s: float = 30.0) -> None:
        super().__init__()
        self._interval_s = interval_s
        self._passed: dict[str, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        now = time.monotonic()
        last = self._passed.get(record.msg)
        if last is not None and now - last < self._interval_s:
            return False
        self._passed[record.msg] = now
        return True


def quieten() -> None:
    """Keep the talkative loggers to one message of a kind in half a minute."""
    seldom = Seldom()
    for name in TALKATIVE:
        logging.getLogger(name).addFilter(seldom)
