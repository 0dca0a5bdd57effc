"""Where the samples of public data sets lie; they are no part of the project."""

import os
from pathlib import Path

from tests.support.services import unavailable

VARIABLE = "PORTRAIT_SHARED_DATA"

_BESIDE_THE_PROJECT = Path(__file__).resolve().parents[3] / "shared" / "data"


def shared_data(name: str) -> Path:
    """The sample of that name; without it the test is skipped, or fails where CI requires it."""
    path = Path(os.environ.get(VARIABLE) or _BESIDE_THE_PROJECT) / name
    if not path.exists():
        unavailable(f"there is no {path}; {VARIABLE} names the folder of the samples")
    return path
