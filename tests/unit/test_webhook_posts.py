"""Delivering alerts: signatures, growing waits, and what becomes of what nobody takes."""

import hashlib
import hmac
from itertools import pairwise
from typing import Any

import pytest

from stream.errors import Transient
from stream.publish import Message
from stream.settings import Secret, Settings, load
from stream.webhook import BACKOFF_S, TIMEOUT_S, Refused, Webhook, headers_of, host_of, signature
from tests.support.fakes import Fuse, RecordingPublisher
from tests.support.published import PublishedRecord

BODY = b'{"id":"cc42646fb1e0aefa"}'
RECORD = PublishedRecord(7, b"main/ada", BODY, (("id", b"cc42646fb1e0aefa"),), 1_700_000_000_000)
SECRET = Secret("correct horse")


class Receiver:
    """Refuses so many requests and takes the rest; time passes while somebody waits."""

    def __init__(self, refusals: int) -> None:
        self.refusals = refusals
        self.requests: list[tuple[bytes, dict[str, str]]] = []
        self.waits: list[float] = []
        self.dead: list[Message] = []

    async def post(self, body: bytes, headers: dict[str, str]) -> None:
        self.requests.append((body, headers))
        if len(self.requests) <= self.refusals:
            raise Refused(f"HTTP {500 + len(self.requests)}")

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)

    def webhook(self, secret: Secret | None = SECRET, publisher: Any = None) -> Webhook:
        return Webhook(
            self.post,
            publisher or RecordingPublisher(self.dead),
            secret,
            sleep=self.sleep,
            now_s=lambda: 1000.9 + sum(self.waits),
        )


def test_the_signature_is_the_hmac_of_timestamp_point_and_body() -> None:
    expected = hmac.new(b"correct horse", b"1000." + BODY, hashlib.sha256).hexdigest()
    assert signature("correct horse", "1000", BODY) == expected
    assert signature("", "1", b"") == hmac.new(b"", b"1.", hashlib.sha256).hexdigest()


@pytest.mark.parametrize(
    "changed", [("correct horsf", "1000", BODY), ("correct horse", "1001", BODY),
                ("correct horse", "1000", BODY + b" ")]
)  # fmt: skip
def test_another_secret_time_or_body_has_another_signature(changed: tuple[str, str, bytes]) -> None:
    assert signature(*changed) != signature("correct horse", "1000", BODY)


def test_headers_name_the_alert_and_sign_what_is_sent() -> None:
    assert headers_of(RECORD, BODY, 1000, SECRET) == {
        "Content-Type": "application/json",
        "User-Agent": "portrait-stream",
        "X-Portrait-Alert": "cc42646fb1e0aefa",
        "X-Portrait-Timestamp": "1000",
        "X-Portrait-Signature": "sha256=" + signature("correct horse", "1000", BODY),
    }
    assert "X-Portrait-Signature" not in headers_of(RECORD, BODY, 1000, None)


async def test_what_is_taken_at_once_is_sent_once() -> None:
    receiver = Receiver(refusals=0)
    assert await receiver.webhook().deliver(2, RECORD)
    assert [body for body, _ in receiver.requests] == [BODY]
    assert (receiver.waits, receiver.dead) == ([], [])


def test_waits_double_and_end_before_the_group_gives_a_consumer_up() -> None:
    assert all(later == 2 * before for before, later in pairwise(BACKOFF_S))
    assert sum(BACKOFF_S) > 60
    assert sum(BACKOFF_S) + (len(BACKOFF_S) + 1) * TIMEOUT_S < 300


async def test_a_refused_alert_is_tried_again_and_signed_anew() -> None:
    receiver = Receiver(refusals=3)
    assert await receiver.webhook().deliver(2, RECORD)
    assert receiver.waits == list(BACKOFF_S[:3])
    stamps = [headers["X-Portrait-Timestamp"] for _, headers in receiver.requests]
    assert stamps == ["1000", "1001", "1002", "1004"]
    for body, headers in receiver.requests:
        signed = signature("correct horse", headers["X-Portrait-Timestamp"], body)
        assert headers["X-Portrait-Signature"] == f"sha256={signed}"
    assert receiver.dead == []


async def test_what_is_never_taken_becomes_a_dead_letter() -> None:
    receiver = Receiver(refusals=100)
    assert not await receiver.webhook().deliver(2, RECORD)
    assert len(receiver.requests) == len(BACKOFF_S) + 1
    assert receiver.waits == list(BACKOFF_S)
    (letter,) = receiver.dead
    assert (letter.topic, letter.key, letter.value) == ("dead-letters", b"main/ada", BODY)
    said = dict(letter.headers)
    assert said["reason"] == b"undeliverable"
    assert (said["topic"], said["partition"], said["offset"]) == (b"risk-alerts", b"2", b"7")
    assert said["detail"] == b"not taken in 9 tries, at last: HTTP 509"


async def test_the_last_try_may_succeed() -> None:
    receiver = Receiver(refusals=len(BACKOFF_S))
    assert await receiver.webhook().deliver(2, RECORD)
    assert receiver.dead == []


async def test_an_alert_whose_dead_letter_is_not_taken_is_not_passed_over() -> None:
    receiver = Receiver(refusals=100)
    publisher = RecordingPublisher([], Fuse("before publish", Transient))
    with pytest.raises(Transient):
        await receiver.webhook(publisher=publisher).deliver(2, RECORD)


# --- settings -------------------------------------------------------------------------------


def test_the_secret_is_never_printed() -> None:
    settings = load({"PORTRAIT_WEBHOOK_SECRET": "hunter2", "PORTRAIT_WEBHOOK_URL": "https://a/b"})
    assert settings.webhook_secret == Secret("hunter2")
    assert "hunter2" not in f"{settings!r} {settings} {settings.webhook_secret} {Secret('hunter2')}"
    assert Settings().webhook_secret is None


@pytest.mark.parametrize(
    ("url", "printed"),
    [
        ("https://user:word@hooks.example.org:8443/token?key=1", "https://hooks.example.org:8443"),
        ("http://10.0.0.7/x", "http://10.0.0.7"),
    ],
)
def test_of_an_address_only_the_host_is_printed(url: str, printed: str) -> None:
    assert host_of(url) == printed
