"""Real worker processes, and the `portrait` command as a user would call it."""

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from msgspec.structs import replace
from prometheus_client.parser import text_string_to_metric_families

from stream.child import HOST, Child, free_ports
from stream.settings import VARIABLES, Settings

#: Generous, since two cores may have a broker, a Redis and several workers to run.
TIMEOUT_S = 60.0
_POLL_S = 0.02
_ANSWER_TIMEOUT_S = 10.0


def environment(settings: Settings) -> dict[str, str]:
    """The variables that make a process read exactly these settings."""
    env = {name: text for name, text in os.environ.items() if not name.startswith("PORTRAIT_")}
    for variable, (field, _) in VARIABLES.items():
        value = getattr(settings, field)
        if field == "idempotence":
            env[variable] = {True: "on", False: "off", None: "auto"}[value]
        elif value is not None:
            env[variable] = str(value)
    return env


def portrait(
    settings: Settings,
    *arguments: str,
    text: str | None = None,
    changes: Mapping[str, str] | None = None,
    timeout_s: float = 2 * TIMEOUT_S,
) -> subprocess.CompletedProcess[str]:
    """Run a `portrait` command to its end, whatever its exit code; `text` is its input."""
    return subprocess.run(
        command_line(*arguments),
        env=environment(settings) | dict(changes or {}),
        input=text if text is not None else "",
        capture_output=True,
        text=True,
        check=False,
        timeout=timeout_s,
    )


def successful(settings: Settings, *arguments: str, text: str | None = None) -> str:
    """What a `portrait` command prints on standard output; it must exit with 0."""
    done = portrait(settings, *arguments, text=text)
    assert done.returncode == 0, f"portrait {' '.join(arguments)}: {done.stderr}{done.stdout}"
    return done.stdout


def command_line(*arguments: str) -> tuple[str, ...]:
    """A `portrait` command of this interpreter."""
    return (sys.executable, "-m", "stream", *arguments)


def in_background(settings: Settings, log: Path, *arguments: str) -> Child:
    """Begin a `portrait` command; what it prints goes to a file."""
    return Child(f"portrait {arguments[0]}", command_line(*arguments), log, environment(settings))


def exit_code_of(child: Child, timeout_s: float = TIMEOUT_S) -> int:
    """Wait for a process to end by itself."""
    wait_until(lambda: child.exit_code is not None, f"{child.name} ends", timeout_s)
    assert child.exit_code is not None
    return child.exit_code


def wait_until(condition: Callable[[], bool], what: str, timeout_s: float = TIMEOUT_S) -> None:
    """Return once the condition holds; `what` says it in the failure."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, f"not within {timeout_s:g} s: {what}"
        time.sleep(_POLL_S)


class Worker:
    """A `portrait worker` process with a web port of its own; leaving the context kills it."""

    def __init__(self, settings: Settings, log: Path) -> None:
        self.settings = replace(settings, web_port=free_ports(1)[0])
        self.child = Child("worker", command_line("worker"), log, environment(self.settings))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.child.exit_code is None:
            self.kill()

    @property
    def log(self) -> str:
        return self.child.log.read_text(errors="replace")

    def ready(self) -> Self:
        """Return once the group has given it its partitions."""
        self.child.wait_until(lambda: self.health() == 200, TIMEOUT_S)
        return self

    def partitions(self) -> list[int]:
        """The partition numbers that it works on; none while it does not answer."""
        self.child.check()
        try:
            status, page = self._get("/health")
        except OSError:
            return []
        return list(json.loads(page)["partitions"]) if status == 200 else []

    def health(self) -> int:
        """The status that /health answers with."""
        return self._get("/health")[0]

    def metric(self, name: str, **labels: str) -> int:
        """The sum of the samples that have these labels."""
        _, page = self._get("/metrics")
        return sum(
            int(sample.value)
            for family in text_string_to_metric_families(page)
            for sample in family.samples
            if sample.name == name and sample.labels.items() >= labels.items()
        )

    def outcomes(self, outcome: str) -> int:
        """How many records came to this, over all topics."""
        return self.metric("portrait_events_total", outcome=outcome)

    def kill(self) -> None:
        """SIGKILL; returns once it is gone."""
        os.kill(self.child.pid, signal.SIGKILL)
        exit_code_of(self.child)

    def stop(self) -> int:
        """SIGTERM; its exit code."""
        return self.child.stop(30.0)

    def pause(self) -> None:
        """SIGSTOP."""
        os.kill(self.child.pid, signal.SIGSTOP)

    def resume(self) -> None:
        """SIGCONT."""
        os.kill(self.child.pid, signal.SIGCONT)

    def _get(self, path: str) -> tuple[int, str]:
        port = self.settings.web_port
        connection = http.client.HTTPConnection(HOST, port, timeout=_ANSWER_TIMEOUT_S)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        except http.client.HTTPException as exc:
            raise ConnectionError(f"no answer from port {port}: {exc!r}") from exc
        finally:
            connection.close()


def exported(settings: Settings, as_of: str) -> dict[str, Any]:
    """Customer id -> document as of an instant, by `portrait export`."""
    documents = map(json.loads, successful(settings, "export", "--as-of", as_of).splitlines())
    return {document["customer_id"]: document for document in documents}
