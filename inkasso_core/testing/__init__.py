"""The conformance kit: what every adapter has to keep, as tests that an author subclasses; a stand-in that breaks; fakes.

``pip install 'inkasso[testing]'`` brings what it needs. Nothing here is active in a test run until a test module imports it.
"""

from __future__ import annotations

import pytest

# Before they are imported: without it, the authors of adapters would see bare AssertionErrors.
pytest.register_assert_rewrite(
    *(f"{__name__}.{module}" for module in ("agency", "batch", "common", "example", "feed", "file", "scene", "shop", "verdict", "webhook"))
)

from inkasso_core.testing.agency import AgencyConformance  # noqa: E402
from inkasso_core.testing.batch import BatchConformance  # noqa: E402
from inkasso_core.testing.example import Example  # noqa: E402
from inkasso_core.testing.fakes import FakeAgency, RecordingKeeper  # noqa: E402
from inkasso_core.testing.faults import MEANINGS, Fault, Meaning  # noqa: E402
from inkasso_core.testing.feed import FeedConformance  # noqa: E402
from inkasso_core.testing.file import FileConformance  # noqa: E402
from inkasso_core.testing.reply import Received, Reply  # noqa: E402
from inkasso_core.testing.sample import sample_claim, sample_creditor, sample_debtor, sample_placement  # noqa: E402
from inkasso_core.testing.server import FaultServer, SilentPort, closed_port  # noqa: E402
from inkasso_core.testing.shop import ShopConformance  # noqa: E402
from inkasso_core.testing.webhook import WebhookConformance  # noqa: E402

__all__ = [
    "MEANINGS",
    "AgencyConformance",
    "BatchConformance",
    "Example",
    "FakeAgency",
    "Fault",
    "FaultServer",
    "FeedConformance",
    "FileConformance",
    "Meaning",
    "Received",
    "RecordingKeeper",
    "Reply",
    "ShopConformance",
    "SilentPort",
    "WebhookConformance",
    "closed_port",
    "sample_claim",
    "sample_creditor",
    "sample_debtor",
    "sample_placement",
]
