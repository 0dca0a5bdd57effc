"""What measurements run on: Kafka and Redis of one kind or the other, and workers as processes."""

import os
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from stream.child import HOST, Child, free_ports
from stream.embedded import EmbeddedStack
from stream.settings import VARIABLES, Settings
from tests.support.apache_kafka import ApacheKafka
from tests.support.redis_server import RedisServer

WORKER = ("-m", "stream", "worker")
_ANSWER_TIMEOUT_S = 5.0
_READY_TIMEOUT_S = 60.0
#: Seconds that taking a reference may last: in any case, and for each customer.
_REFERENCE_S = 120.0
_REFERENCE_CUSTOMER_S = 0.01
_POLL_S = 0.5


class Worker(Struct, frozen=True):
    """A worker's process, and the port that it answers on."""

    child: Child
    port: int

    def samples(self) -> list[Sample]:
        """What its /metrics says; OSError while there is no answer."""
        url = f"http://{HOST}:{self.port}/metrics"
        with urllib.request.urlopen(url, timeout=_ANSWER_TIMEOUT_S) as answer:
            families = text_string_to_metric_families(answer.read().decode())
        return [sample for family in families for sample in family.samples]

    def total(self, name: str) -> float:
        """A metric, all of its labels added up."""
        return sum(sample.value for sample in self.samples() if sample.name == name)

    def wait_until_ready(self) -> None:
        """Return once it has its partitions; :class:`~stream.errors.Fatal` where it ends first."""
        self.child.wait_until(self._is_ready, _READY_TIMEOUT_S)

    def _is_ready(self) -> bool:
        url = f"http://{HOST}:{self.port}/health"
        with urllib.request.urlopen(url, timeout=_ANSWER_TIMEOUT_S) as answer:  # raises for 503
            return bool(answer.status == 200)


@contextmanager
def _embedded() -> Iterator[Settings]:
    with EmbeddedStack(Settings()) as settings:
        yield settings


@contextmanager
def _production() -> Iterator[Settings]:
    with ApacheKafka() as kafka, RedisServer() as redis:
        yield Settings(kafka=kafka.address, redis=redis.url)


#: Name -> services with nothing in them; ``production`` needs a JDK >= 17, Maven and redis-server.
BACKENDS = {"embedded": _embedded, "production": _production}


@contextmanager
def running(
    settings: Settings, count: int = 1, command: tuple[str, ...] = WORKER
) -> Iterator[list[Worker]]:
    """So many workers, just started; they end with the context."""
    workers: list[Worker] = []
    with tempfile.TemporaryDirectory() as directory:
        try:
            for port in free_ports(count):
                env = os.environ | _environment(replace(settings, web_port=port))
                log = Path(directory) / f"worker-{port}.log"
                child = Child("worker", (sys.executable, *command), log=log, env=env)
                workers.append(Worker(child, port))
            yield workers
        finally:
            for worker in workers:
                worker.child.terminate()
            for worker in workers:
                worker.child.stop()


def wait_for_reference(workers: Sequence[Worker], customers: int) -> None:
    """Return once all workers compare with a reference that one of them took when it started.

    It reads all portraits for that, slowly: no measurement should begin before. The others look for
    it once a minute.
    """
    give_up = time.monotonic() + _REFERENCE_S + customers * _REFERENCE_CUSTOMER_S
    while not all(worker.total("portrait_reference_taken_timestamp_seconds") for worker in workers):
        for worker in workers:
            worker.child.check()
        if time.monotonic() > give_up:
            raise SystemExit(f"no reference of {customers} customers: they may be too few")
        time.sleep(_POLL_S)


def _environment(settings: Settings) -> dict[str, str]:
    values = {name: getattr(settings, field) for name, (field, _) in VARIABLES.items()}
    return {
        name: str(value) for name, value in values.items() if value not in (None, "", False)
    } | {"PORTRAIT_IDEMPOTENCE": "auto"}
