"""Groups of commands that are imported when they are called."""

import importlib
from collections.abc import Mapping
from typing import Any

import click


class Lazy(click.Group):
    """Imports a command when it is called, so that `portrait show` does not pay for Faust.

    ``modules`` says which module of ``package`` defines a command, as ``command``.
    """

    def __init__(self, *args: Any, package: str, modules: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._package, self._modules = package, modules

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(self._modules)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in self._modules:
            return None
        module = importlib.import_module(f"{self._package}.{self._modules[cmd_name]}")
        command: click.Command = module.command
        return command
