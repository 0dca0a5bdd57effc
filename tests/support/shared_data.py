"""Where the samples of public data sets lie; they are no part of the project."""

import os
from pathlib import Path

import pytest

VARIABLE = "PORTRAIT_SHARED_DATA"

_BESIDE_THE_PROJECT = Path(__file__).resolve().parents[3] / "shared" / "data"


def shared_data(name: str) -> Path:
    """The sample of that name; skips the test where it is absent."""
    path = Path(os.environ.get(VARIABLE) or _BESIDE_THE_PROJECT) / name
    if not path.exists():
        pytest.skip(f"there is no {path}; {VARIABLE} names the folder of the samples")
    return path
