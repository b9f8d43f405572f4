"""The service models of the repository."""

import functools
import json
from pathlib import Path

MODELS = Path(__file__).resolve().parent.parent / "models"


@functools.cache
def read(service: str) -> dict:
    """A service's model, by botocore's name of the service."""
    return json.loads((MODELS / f"{service}.json").read_text())
