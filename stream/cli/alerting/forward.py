"""`portrait alerts forward`: post risk alerts to a webhook."""

import asyncio
import logging
import signal
from contextlib import suppress
from pathlib import Path

import click

from stream.errors import Fatal
from stream.settings import Secret, Settings, load, web_address
from stream.webhook import forward, host_of


@click.command()
@click.option("--url", help="Where to post them; by default PORTRAIT_WEBHOOK_URL.")
@click.option(
    "--secret-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="File with the secret to sign with; by default it is PORTRAIT_WEBHOOK_SECRET.",
)
def command(*, url: str | None, secret_file: Path | None) -> None:
    """Post each risk alert to a webhook, at least once, until Ctrl-C.

    Begins where it stopped, at first with the oldest alert that the topic holds. What is not
    answered with 2xx is tried again with growing waits; at last it goes to the dead letters with
    reason `undeliverable`. The header X-Portrait-Signature is `sha256=` and the HMAC-SHA256 of
    X-Portrait-Timestamp, a point and the body.
    """
    settings = load()
    address, secret = _address(url, settings), _secret(secret_file, settings)
    logging.basicConfig(format="portrait: %(message)s", level=logging.WARNING)
    signed = "signed" if secret else "not signed: no secret is given"
    click.echo(f"portrait: posting alerts to {host_of(address)}, {signed}", err=True)
    with suppress(KeyboardInterrupt, asyncio.CancelledError):
        asyncio.run(_until_stopped(settings, address, secret))


async def _until_stopped(settings: Settings, url: str, secret: Secret | None) -> None:
    posting = asyncio.ensure_future(forward(settings, url, secret))
    # So that the group learns at once that it has left.
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, posting.cancel)
    await posting


def _address(url: str | None, settings: Settings) -> str:
    if url is None and settings.webhook_url is None:
        raise Fatal("where to? Give --url or set PORTRAIT_WEBHOOK_URL")
    try:
        return web_address(url) if url is not None else str(settings.webhook_url)
    except ValueError as exc:
        raise click.BadParameter(str(exc), param_hint="--url") from None


def _secret(file: Path | None, settings: Settings) -> Secret | None:
    if file is None:
        return settings.webhook_secret
    try:
        text = file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as exc:
        raise Fatal(f"{file} cannot be read as a secret: {type(exc).__name__}") from None
    if not text:
        raise Fatal(f"{file} is empty: it should hold the secret")
    return Secret(text)
