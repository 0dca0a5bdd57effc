"""The demo from start to end: embedded stack, workers, simulated shop, figures, summary."""

import asyncio
import logging
import signal
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from msgspec import Struct
from rich.console import Console

from stream.demo.crowd import Crowd
from stream.demo.figures import Figures
from stream.demo.live import LiveShop
from stream.demo.progress import Progress
from stream.demo.screen import Screen
from stream.demo.simulation import Simulation
from stream.demo.summary import print_summary, shortfalls
from stream.demo.workers import Workers
from stream.embedded import EmbeddedStack
from stream.errors import Fatal
from stream.events import Event
from stream.replay.publish import publish
from stream.replay.summary import Summary as Sent
from stream.settings import Settings
from stream.topics import ensure_topics

#: Exit code of a bounded demo that a signal ended, as shells give it for SIGINT.
INTERRUPTED = 130

#: What the simulated shop wants: tiers and target portraits.
SHOP = Path(__file__).with_name("shop.yaml")

#: Events a second of the live demo.
LIVE_RATE = 200.0
#: Seconds between two looks at the figures.
_TICK_S = 0.5
#: A bounded demo gives up after so many seconds without any progress.
_STALLED_S = 60.0
#: Events of history for each customer before the live demo begins, at most so many in all.
_HISTORY_EVENTS, _MOST_HISTORY_EVENTS = 40, 50_000


class Options(Struct, frozen=True, kw_only=True):
    """What the caller of the demo chose; without `events` it is live and ends by a signal."""

    events: int | None
    customers: int
    seed: int
    workers: int
    #: Events a second; None: as fast as Kafka takes them.
    rate: float | None


def run(options: Options) -> int:
    """Run the demo and return its exit code; nothing is left running, whatever happens."""
    # What aiokafka has to say while brokers and topics come and go would tear the live screen;
    # errors arrive as exceptions all the same.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    return asyncio.run(_until_signal(options))


async def _until_signal(options: Options) -> int:
    """Signals cancel the demo at its next await, so that nothing is torn apart half made."""
    demo = asyncio.create_task(_Demo(options).run())
    loop = asyncio.get_running_loop()
    asked: list[int] = []

    def ask(number: int) -> None:
        # The first one only: a second one would interrupt the cleaning up after the first.
        if not asked:
            demo.cancel()
        asked.append(number)

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ask, number)
    try:
        return await demo
    except asyncio.CancelledError:
        return 0 if options.events is None else INTERRUPTED


class _Demo:
    """One run. A cancellation is the caller's wish to end: it is no error."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._console = Console()
        self._screen = Screen(self._console)
        self._simulation = Simulation(options.seed, options.customers, attackers=True)
        self._stack = EmbeddedStack(Settings(shop=SHOP))
        self._sent = Sent(file="simulated shop", format="native")
        self._figures = Figures()
        self._crowd = Crowd()
        self._sending_since = 0.0

    async def run(self) -> int:
        began = time.monotonic()
        complaints: list[str] = []
        interrupted = False
        with self._screen, self._stack as settings:
            self._screen.note("a simulated shop: broker and Redis run, starting workers")
            await ensure_topics(settings)
            with Workers(settings, self._options.workers) as workers:
                try:
                    await workers.ready()
                    self._screen.note(
                        f"a simulated shop, ready in {time.monotonic() - began:.1f} s"
                    )
                    # For another terminal, while it lasts.
                    self._screen.say(
                        f"export PORTRAIT_KAFKA={settings.kafka} PORTRAIT_REDIS={settings.redis} "
                        f"PORTRAIT_SHOP={settings.shop}\n"
                        "portrait segments; portrait group vip-care; "
                        "portrait show customer-00001 --explain"
                    )
                    await self._watch(settings, workers)
                except asyncio.CancelledError:
                    interrupted = True
                self._screen.show_last(self._figures, self._crowd)
                self._screen.note("stopping")
                complaints = workers.stop()
        return self._conclude(complaints, interrupted=interrupted)

    async def _watch(self, settings: Settings, workers: Workers) -> None:
        """Publish and show; returns when everything that was asked for is processed."""
        async with Progress(settings, self._simulation) as progress:
            self._sending_since = time.monotonic()
            sending = asyncio.create_task(self._send(settings))
            try:
                await self._follow(sending, progress, workers)
            finally:
                sending.cancel()
                await asyncio.wait({sending})

    async def _follow(
        self, sending: asyncio.Task[None], progress: Progress, workers: Workers
    ) -> None:
        moved_at = time.monotonic()
        while True:
            # Asked before the figures, so that they hold everything when it is true.
            sent = sending.done()
            if sent:
                sending.result()
            workers.check()
            self._stack.check()
            before, self._figures = self._figures, await self._look(progress, workers)
            if sent and not self._figures.lag:
                await progress.followed.catch_up(await workers.counts())
                self._figures = await self._look(progress, workers)
                self._crowd = await progress.crowd()
                return
            self._crowd = await progress.crowd()
            self._screen.show(self._figures, self._crowd, await progress.faces())
            if _moved(before, self._figures):
                moved_at = time.monotonic()
            elif sent and time.monotonic() - moved_at > _STALLED_S:
                raise Fatal(
                    f"the workers made no progress for {_STALLED_S:g} s: "
                    f"{self._figures.lag} records are not committed"
                )
            await asyncio.sleep(_TICK_S)

    async def _look(self, progress: Progress, workers: Workers) -> Figures:
        progress.followed.check()
        committed = await progress.committed()
        counts = await workers.counts()
        # Asked last, and a chunk on its way may be processed before it is counted as sent.
        events_in = max(self._sent.total_sent, counts.applied)
        lag = max(0, events_in - committed)
        return Figures(
            elapsed_s=time.monotonic() - self._sending_since,
            events_in=events_in,
            processed=counts.applied,
            changes=progress.followed.changes,
            portraits=progress.followed.portraits,
            moves=progress.followed.moves,
            # Asked when it may be zero only: what the last events told others has to arrive too.
            lag=lag or await progress.internal_lag(),
            dead_letters=progress.followed.dead_letters,
        )

    async def _send(self, settings: Settings) -> None:
        options, simulation, sent = self._options, self._simulation, self._sent
        now = datetime.now(UTC)
        if options.events is not None:
            await publish(settings, simulation.last(options.events, now), sent, rate=options.rate)
            return
        history = min(_HISTORY_EVENTS * options.customers, _MOST_HISTORY_EVENTS)
        await publish(settings, simulation.last(history, now), sent)
        live = _live_events(LiveShop(simulation, options.seed))
        await publish(settings, live, sent, rate=options.rate or LIVE_RATE)

    def _conclude(self, complaints: list[str], *, interrupted: bool) -> int:
        options, figures = self._options, self._figures
        print_summary(self._console, figures, self._crowd, interrupted=interrupted)
        if interrupted:
            return 0 if options.events is None else INTERRUPTED
        arrived = sum(self._sent.targets.values())  # the topics began empty, so offsets count
        complaints += shortfalls(
            figures, self._crowd, asked=options.events, sent=self._sent.total_sent, arrived=arrived
        )
        if complaints:
            raise Fatal("the demo failed: " + "; ".join(complaints))
        return 0


def _live_events(shop: LiveShop) -> Iterator[Event]:
    while True:
        yield shop.event(datetime.now(UTC))


def _moved(before: Figures, now: Figures) -> bool:
    return (before.events_in, before.processed, before.lag) != (
        now.events_in,
        now.processed,
        now.lag,
    )
