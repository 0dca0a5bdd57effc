"""A real Apache Kafka broker (KRaft, one node) that integration tests run with the JDK at hand.

Maven fetches the jars named in `kafka_jars/pom.xml` into its local repository, once per machine.
"""

from __future__ import annotations

import base64
import fcntl
import functools
import os
import re
import shutil
import struct
import subprocess
import tempfile
import uuid
from collections.abc import Sequence
from pathlib import Path

from stream.child import HOST, free_ports
from stream.errors import Fatal
from tests.support.process import ChildServer, exchange, run_to_end

_POM = Path(__file__).with_name("kafka_jars") / "pom.xml"
_JAVA_MIN = 17  # Kafka 4's brokers need it
_MAVEN_TIMEOUT_S = 300.0
_HELPER_TIMEOUT_S = 60.0

# Start-up matters more than peak speed: no second compiler tier, no parallel collector.
_JVM = (
    *("-Xms128m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"),
    # Otherwise a killed broker leaves a file in the system's temporary directory.
    "-XX:-UsePerfData",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS",
)

# Kafka's defaults suit a cluster of three; these fit one node that lives for a test run. What
# decides how records are treated (retention, time stamps, sizes) stays at its default. The broker
# session is short because a killed broker may not register again before its old one is over.
_PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller_port}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
controller.listener.names=CONTROLLER
log.dirs={log_directory}
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
broker.session.timeout.ms=4000
broker.heartbeat.interval.ms=500
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
log.cleaner.dedupe.buffer.size=8388608
"""


class ApacheKafka(ChildServer):
    """An Apache Kafka broker; topics are not created automatically, group sessions last >= 1 s."""

    name = "apache-kafka"
    start_timeout_s = 60.0

    def __init__(self) -> None:
        super().__init__()
        self.port = 0

    @staticmethod
    def available() -> str | None:
        """Why this machine cannot run it, or None if it can. Does not ask Maven for the jars."""
        major = _java_major()
        if major is None:
            return "no java on the PATH or in JAVA_HOME"
        if major < _JAVA_MIN:
            return f"java is {major}, Kafka needs {_JAVA_MIN} or newer"
        if shutil.which("mvn") is None:
            return "no mvn (Apache Maven) on the PATH"
        return None

    @property
    def address(self) -> str:
        """The bootstrap server, "127.0.0.1:PORT"."""
        return f"{HOST}:{self.port}"

    def prepare(self, directory: Path) -> Sequence[str]:
        classpath = _classpath()  # before the ports: it may take long, and they are not held
        self.port, controller_port = free_ports(2)
        properties = directory / "server.properties"
        properties.write_text(
            _PROPERTIES.format(
                port=self.port,
                controller_port=controller_port,
                log_directory=directory / "log",
            )
        )
        # Kafka's native compression libraries unpack themselves into the temporary directory.
        java = [_java(), *_JVM, f"-Djava.io.tmpdir={directory}", "-cp", classpath]
        _format_storage(java, properties)
        return [*java, "kafka.Kafka", str(properties)]

    def answers(self) -> bool:
        return _live_brokers(self.port) > 0


def _java() -> str:
    home = os.environ.get("JAVA_HOME")
    return str(Path(home, "bin", "java")) if home else "java"


@functools.cache
def _java_major() -> int | None:
    try:
        told = run_to_end([_java(), "-version"], timeout_s=_HELPER_TIMEOUT_S)
    except OSError:
        return None
    found = re.search(r'version "(\d+)', told.stdout)
    return int(found.group(1)) if found else None


@functools.cache
def _classpath() -> str:
    """The broker's class path out of the local Maven repository, which is filled if need be."""
    with _POM.open() as lock, tempfile.TemporaryDirectory(prefix="portrait-jars-") as directory:
        # Maven 3 does not guard its local repository against a second Maven.
        fcntl.flock(lock, fcntl.LOCK_EX)
        listing = Path(directory, "classpath")
        # Offline first: it works in all runs but the first, and then asks no server.
        if _maven("--offline", listing).returncode != 0:
            fetched = _maven("--no-transfer-progress", listing)
            if fetched.returncode != 0:
                raise Fatal(f"Maven could not fetch the jars of {_POM}:\n{fetched.stdout[-4_000:]}")
        return listing.read_text().strip()


def _maven(option: str, listing: Path) -> subprocess.CompletedProcess[str]:
    return run_to_end(
        [
            *("mvn", "-q", "-B", "-Dstyle.color=never", option, "-f", str(_POM)),
            *("dependency:build-classpath", f"-Dmdep.outputFile={listing}"),
        ],
        timeout_s=_MAVEN_TIMEOUT_S,
    )


def _format_storage(java: Sequence[str], properties: Path) -> None:
    cluster_id = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
    done = run_to_end(
        [
            *(*java, "kafka.tools.StorageTool", "format"),
            # With "=", since a random id may begin with a dash.
            *(f"--cluster-id={cluster_id}", "--config", str(properties)),
        ],
        timeout_s=_HELPER_TIMEOUT_S,
    )
    if done.returncode != 0:
        raise Fatal(f"Kafka could not format its storage:\n{done.stdout}")


def _live_brokers(port: int) -> int:
    """How many brokers take clients, as a Metadata request (version 1, no topics) answers.

    Hand-made, so that the probe runs with or without an event loop. An open port alone would not
    do: a broker listens before the controller lets it in.
    """
    request = struct.pack(">hhihi", 3, 1, 1, -1, 0)  # key, version, correlation, no client id, []
    answer = exchange(port, struct.pack(">i", len(request)) + request)
    _size, _correlation, brokers = struct.unpack_from(">iii", answer)
    return int(brokers)
