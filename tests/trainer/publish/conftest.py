"""A hub for the tests of publishing."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))  # hub_server.py

if TYPE_CHECKING:
    from hub_server import HubServer


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[HubServer]:
    from hub_server import hub_server

    with hub_server(monkeypatch) as server:
        yield server
