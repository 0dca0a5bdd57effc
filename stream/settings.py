"""Settings from the environment: one table, validated, with errors that say what to do."""

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal, get_args
from urllib.parse import urlsplit

from msgspec import Struct

from stream.errors import Fatal

ClockMode = Literal["wall", "event"]

#: name of the variable -> (field, what it means); `portrait doctor` prints this table, and
#: docs/operations.md has it too.
VARIABLES: dict[str, tuple[str, str]] = {
    "PORTRAIT_KAFKA": ("kafka", "bootstrap servers, comma separated"),
    "PORTRAIT_REDIS": ("redis", "redis://, rediss:// or redis+cluster:// address"),
    "PORTRAIT_NAMESPACE": ("namespace", "prefix of every table key and of the consumer group"),
    "PORTRAIT_TOPIC_PREFIX": ("topic_prefix", "put before every topic name, empty by default"),
    "PORTRAIT_PARTITIONS": ("partitions", "partitions of each topic that `portrait topics` makes"),
    "PORTRAIT_REPLICATION": ("replication", "replicas of each topic that `portrait topics` makes"),
    "PORTRAIT_CLOCK": ("clock", "wall, or event: now is the newest event of the partition"),
    "PORTRAIT_CURRENCY": ("currency", "base currency, ISO 4217"),
    "PORTRAIT_RATES": ("rates", "JSON file: currency -> price of one unit in the base currency"),
    "PORTRAIT_GENDER_TABLE": (
        "gender_table",
        "JSON file that `portrait learn shopping-gender` wrote",
    ),
    "PORTRAIT_SHOP": ("shop", "YAML file: the shop's tiers and target portraits"),
    "PORTRAIT_LABELS": ("labels", "YAML file: rules of labels and segments"),
    "PORTRAIT_RISK": ("risk", "YAML file: points of the reasons of a risk, and its levels"),
    "PORTRAIT_IDEMPOTENCE": (
        "idempotence",
        "idempotent producer: on, off, or auto to ask the broker",
    ),
    "PORTRAIT_SWEEP_S": ("sweep_s", "seconds between two looks for customers due by time alone"),
    "PORTRAIT_SWEEP_RATE": (
        "sweep_rate",
        "customers a second that a worker describes as time alone has changed them, at most",
    ),
    "PORTRAIT_RENEWAL_RATE": (
        "renewal_rate",
        "portraits a second that a worker describes anew after rules have changed, at most",
    ),
    "PORTRAIT_REFERENCE_S": (
        "reference_s",
        "seconds between two looks at how a store's buyers are distributed",
    ),
    "PORTRAIT_SESSION_TIMEOUT_S": ("session_timeout_s", "consumer group session timeout, seconds"),
    "PORTRAIT_BATCH_RECORDS": ("batch_records", "records a partition hands over at once, at most"),
    "PORTRAIT_CACHE_CUSTOMERS": ("cache_customers", "states kept in memory per partition, at most"),
    "PORTRAIT_WEBHOOK_URL": ("webhook_url", "where `portrait alerts forward` posts risk alerts"),
    "PORTRAIT_WEBHOOK_SECRET": ("webhook_secret", "what it signs them with; never printed"),
    "PORTRAIT_WEB_HOST": ("web_host", "address that /metrics and /health listen on"),
    "PORTRAIT_WEB_PORT": ("web_port", "port of /metrics and /health"),
}


class Secret(Struct, frozen=True):
    """A value that nothing prints by accident."""

    value: str

    def __repr__(self) -> str:
        return "(secret)"


class Settings(Struct, frozen=True, kw_only=True):
    """What a process of Portrait Stream needs to know of its surroundings."""

    kafka: str = "127.0.0.1:9092"
    redis: str = "redis://127.0.0.1:6379/0"
    namespace: str = "portrait"
    topic_prefix: str = ""
    partitions: int = 4
    replication: int = 1
    clock: ClockMode = "wall"
    currency: str = "USD"
    rates: Path | None = None
    shop: Path | None = None
    labels: Path | None = None
    risk: Path | None = None
    gender_table: Path | None = None
    idempotence: bool | None = None
    sweep_s: float = 5.0
    sweep_rate: float = 100.0
    renewal_rate: float = 250.0
    reference_s: float = 3600.0
    session_timeout_s: float = 6.0
    batch_records: int = 2000
    cache_customers: int = 5_000
    webhook_url: str | None = None
    webhook_secret: Secret | None = None
    web_host: str = "127.0.0.1"
    web_port: int = 6066

    @property
    def group(self) -> str:
        """Consumer group of the workers."""
        return f"{self.namespace}-workers"

    def topic(self, name: str) -> str:
        """The broker's name of a topic of the contract."""
        return self.topic_prefix + name


def load(env: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings; :class:`~stream.errors.Fatal` names the variable that is wrong."""
    fields: dict[str, object] = {}
    for variable, (field, meaning) in VARIABLES.items():
        text = env.get(variable, "").strip()
        if text:
            try:
                fields[field] = _PARSERS[field](text)
            except ValueError as exc:
                raise Fatal(f"{variable}={text!r} is not usable: {exc} ({meaning})") from None
    return Settings(**fields)  # type: ignore[arg-type]


def _servers(text: str) -> str:
    for server in text.split(","):
        host, _, port = server.strip().rpartition(":")
        if not host or not port.isdecimal() or not 0 < int(port) < 65536:
            raise ValueError(f"expected host:port, got {server.strip()!r}")
    return ",".join(server.strip() for server in text.split(","))


def _redis(text: str) -> str:
    url = urlsplit(text)
    schemes = ("redis", "rediss", "redis+cluster")
    try:
        usable = url.scheme in schemes and url.hostname and url.port != 0
    except ValueError:  # a port that is no number
        usable = False
    if not usable:
        raise ValueError("expected redis://host:port/db")
    return text


def web_address(text: str) -> str:
    """An ``http://`` or ``https://`` address; ValueError for anything else."""
    url = urlsplit(text)
    try:
        usable = url.scheme in ("http", "https") and url.hostname and url.port != 0
    except ValueError:  # a port that is no number
        usable = False
    if not usable:
        raise ValueError("expected http://host/path or https://host/path")
    return text


def _name(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9._-]{1,100}", text):
        raise ValueError("letters, digits, '.', '_' and '-' only, at most 100")
    return text


def _one_of(text: str, allowed: tuple[str, ...]) -> str:
    if text not in allowed:
        raise ValueError("expected " + " or ".join(allowed))
    return text


def _switch(text: str) -> bool | None:
    """On, off, or None for auto."""
    return {"on": True, "off": False}.get(_one_of(text.lower(), ("on", "off", "auto")))


def _currency(text: str) -> str:
    if not re.fullmatch("[A-Z]{3}", text):
        raise ValueError("expected three capital letters such as USD")
    return text


def _file(text: str) -> Path:
    path = Path(text)
    if not path.is_file():
        raise ValueError("there is no such file")
    return path


def _whole(text: str, low: int, high: int) -> int:
    value = _number(text, low, high)
    if value != int(value):
        raise ValueError("expected a whole number")
    return int(value)


def _number(text: str, low: float, high: float) -> float:
    try:
        value = float(text)
    except ValueError:
        raise ValueError("expected a number") from None
    if not low <= value <= high:
        raise ValueError(f"expected {low} to {high}")
    return value


_PARSERS: dict[str, Callable[[str], object]] = {
    "kafka": _servers,
    "redis": _redis,
    "namespace": _name,
    "topic_prefix": _name,
    "partitions": lambda text: _whole(text, 1, 10_000),
    "replication": lambda text: _whole(text, 1, 100),
    "clock": lambda text: _one_of(text, get_args(ClockMode)),
    "currency": _currency,
    "rates": _file,
    "shop": _file,
    "labels": _file,
    "risk": _file,
    "gender_table": _file,
    "idempotence": _switch,
    "sweep_s": lambda text: _number(text, 0.05, 60),
    "sweep_rate": lambda text: _number(text, 1, 1_000_000),
    "renewal_rate": lambda text: _number(text, 1, 1_000_000),
    "reference_s": lambda text: _number(text, 1, 86_400),
    "session_timeout_s": lambda text: _number(text, 0.5, 3600),
    "batch_records": lambda text: _whole(text, 1, 100_000),
    "cache_customers": lambda text: _whole(text, 1, 10_000_000),
    "webhook_url": web_address,
    "webhook_secret": Secret,
    "web_host": str,
    "web_port": lambda text: _whole(text, 0, 65535),
}
