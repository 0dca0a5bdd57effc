"""A worker whose broker is gone for good: seen from outside, quiet, and still to be stopped."""

from stream.child import free_ports
from stream.embedded import Broker, Valkey
from stream.settings import Settings
from tests.integration.conftest import StartWorker
from tests.support.workers import successful, wait_until

LINES_AT_MOST = 60


def test_a_worker_without_a_broker_says_so_and_can_be_stopped(start_worker: StartWorker) -> None:
    with Valkey() as redis, Broker() as broker:
        settings = Settings(
            kafka=broker.address,
            redis=redis.url,
            session_timeout_s=2.0,
            sweep_s=0.2,
            web_port=free_ports(1)[0],
        )
        successful(settings, "topics")
        worker = start_worker(settings).ready()
        broker.stop()
        wait_until(lambda: worker.health() == 503, "/health says that the broker is gone")
        assert worker.stop() == 1  # not within its grace: the group could not be left
        assert "ending" in worker.log.splitlines()[-1]
        assert len(worker.log.splitlines()) < LINES_AT_MOST
