"""The webhook sink against a real HTTP server and real brokers."""

import asyncio
import hmac
import json
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from hashlib import sha256
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from msgspec import Struct, field

from stream import webhook
from stream.settings import Secret, Settings
from tests.support.alerting import made_alerts, publish
from tests.support.topics import dead_letters
from tests.support.workers import environment, exit_code_of, in_background, portrait, successful

SECRET = "a secret that no log may show"
TIMEOUT_S = 60.0


class Request(Struct):
    """What the receiver was sent."""

    id: str
    body: bytes
    headers: dict[str, str]


class Receiver(Struct):
    """An HTTP server that keeps what it gets and answers as it is told."""

    answer: Callable[[Request], int] = lambda _request: 204
    requests: list[Request] = field(default_factory=list)
    url: str = ""
    hang: asyncio.Event | None = None

    async def handle(self, request: web.Request) -> web.Response:
        body = await request.read()
        got = Request(json.loads(body)["id"], body, dict(request.headers))
        self.requests.append(got)
        if self.hang is not None:
            await self.hang.wait()
        return web.Response(status=self.answer(got))

    def ids(self) -> list[str]:
        return [request.id for request in self.requests]

    async def until(self, count: int) -> None:
        async with asyncio.timeout(TIMEOUT_S):
            while len(self.requests) < count:
                await asyncio.sleep(0.02)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    found = Receiver()
    app = web.Application()
    app.router.add_post("/hook", found.handle)
    async with TestServer(app) as server:
        found.url = str(server.make_url("/hook"))
        yield found


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits and time-outs that a test can sit out."""
    monkeypatch.setattr(webhook, "BACKOFF_S", (0.01, 0.02, 0.04))
    monkeypatch.setattr(webhook, "TIMEOUT_S", 0.5)


@asynccontextmanager
async def forwarding(shop: Settings, url: str) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(webhook.forward(shop, url, Secret(SECRET)))
    try:
        yield task
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@pytest.fixture
def shop(settings) -> Settings:
    made: Settings = settings(partitions=2)
    successful(made, "topics")
    return made


async def test_every_alert_is_posted_with_a_signature_that_the_receiver_can_check(shop, receiver):
    alerts = made_alerts(5)
    await publish(shop, alerts)
    async with forwarding(shop, receiver.url):
        await receiver.until(10)
    assert sorted(receiver.ids()) == sorted(alert.id for alert in alerts)
    for request in receiver.requests:
        stamp = request.headers["X-Portrait-Timestamp"]
        signed = hmac.new(SECRET.encode(), stamp.encode() + b"." + request.body, sha256)
        assert request.headers["X-Portrait-Signature"] == "sha256=" + signed.hexdigest()
        assert request.headers["X-Portrait-Alert"] == request.id
        assert request.headers["Content-Type"] == "application/json"
    assert await dead_letters(shop) == []


async def test_what_was_delivered_is_not_delivered_again_by_the_next(shop, receiver):
    await publish(shop, made_alerts(3))
    async with forwarding(shop, receiver.url):
        await receiver.until(6)
        await publish(shop, made_alerts(4)[-2:])
        await receiver.until(8)
        await asyncio.sleep(0.5)  # until the last is committed as well
    later = made_alerts(6)[-4:]
    await publish(shop, later)
    async with forwarding(shop, receiver.url):
        await receiver.until(12)
    assert sorted(receiver.ids()[8:]) == sorted(alert.id for alert in later)


@pytest.mark.usefixtures("quick")
async def test_a_receiver_that_fails_for_a_while_gets_every_alert(shop, receiver):
    tries: dict[str, int] = {}

    def answer(request: Request) -> int:
        tries[request.id] = tries.get(request.id, 0) + 1
        return 503 if tries[request.id] < 3 else 200

    receiver.answer = answer
    alerts = made_alerts(2)
    await publish(shop, alerts)
    async with forwarding(shop, receiver.url):
        await receiver.until(12)
    assert tries == {alert.id: 3 for alert in alerts}
    assert await dead_letters(shop) == []


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("why", ["refuses", "redirects", "hangs", "is not there"])
async def test_what_is_never_taken_goes_to_the_dead_letters_and_the_rest_goes_on(
    shop, receiver, why
):
    unwanted, *rest = made_alerts(2)
    if why == "hangs":
        receiver.hang = asyncio.Event()
    receiver.answer = {"refuses": lambda _: 400, "redirects": lambda _: 307}.get(why, lambda _: 200)
    url = "http://127.0.0.1:9/hook" if why == "is not there" else receiver.url
    await publish(shop, [unwanted])
    async with forwarding(shop, url):
        async with asyncio.timeout(TIMEOUT_S):
            while not (letters := await dead_letters(shop)):
                await asyncio.sleep(0.1)
        if why != "is not there":
            if receiver.hang:
                receiver.hang.set()
            receiver.hang, receiver.answer = None, lambda _: 200
            await publish(shop, rest)
            await receiver.until(4 + len(rest))
    ((record, said),) = letters
    assert said["reason"] == "undeliverable"
    assert json.loads(record.value)["id"] == unwanted.id
    assert said["topic"] == "risk-alerts"
    assert said["detail"].startswith("not taken in 4 tries")
    assert sorted(receiver.ids()[4:]) == sorted(
        alert.id for alert in (rest if why != "is not there" else [])
    )


async def test_a_sink_that_dies_before_it_commits_delivers_again(shop, receiver, tmp_path: Path):
    secret = tmp_path / "secret"
    secret.write_text(f"{SECRET}\n")
    (alert, _) = made_alerts(1)
    await publish(shop, [alert])
    receiver.hang = asyncio.Event()
    arguments = ("alerts", "forward", "--url", receiver.url, "--secret-file", str(secret))
    log = tmp_path / "forward.log"
    first = in_background(shop, log, *arguments)
    await receiver.until(1)
    os.kill(first.pid, signal.SIGKILL)
    exit_code_of(first)
    receiver.hang.set()
    receiver.hang = None
    second = in_background(shop, log, *arguments)
    await receiver.until(2)
    assert receiver.ids() == [alert.id, alert.id]
    await asyncio.to_thread(second.terminate)
    assert await asyncio.to_thread(exit_code_of, second) == 0
    assert receiver.url.rpartition("/")[0] in log.read_text()
    assert SECRET not in log.read_text()


def test_the_sink_wants_an_address_and_shows_no_secret(settings, tmp_path: Path):
    shop = settings()
    done = portrait(shop, "alerts", "forward")
    assert (done.returncode, "PORTRAIT_WEBHOOK_URL" in done.stderr) == (1, True)
    done = portrait(shop, "alerts", "forward", "--url", "ftp://x")
    assert done.returncode == 2
    empty = tmp_path / "empty"
    empty.write_text(" \n")
    url = ("--url", "http://127.0.0.1:9/")
    done = portrait(shop, "alerts", "forward", *url, "--secret-file", str(empty))
    assert (done.returncode, "is empty" in done.stderr) == (1, True)
    changes = {"PORTRAIT_WEBHOOK_SECRET": SECRET, "PORTRAIT_WEBHOOK_URL": "http://a/"}
    shown = portrait(shop, "doctor", changes=changes).stdout
    assert "PORTRAIT_WEBHOOK_SECRET" in shown
    assert SECRET not in shown
    assert environment(shop).get("PORTRAIT_WEBHOOK_SECRET") is None
