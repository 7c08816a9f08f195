"""One whole exchange, as the documentation shows it."""

import pytest
from exchange import recorded, shown_on
from placements import placement

from inkasso_core import Recall

from .conftest import Made
from .stand_in import KEY, StandIn
from .test_tell import told

VARYING = (r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", r'(?<="reference": ")[0-9A-F]{8}')


def test_the_exchange_on_the_page_is_what_was_said(agency: StandIn, made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    debitura = made(test=True)
    with recorded(monkeypatch) as recording:
        recording.during = "check"
        debitura.check(placement())
        recording.during = "submit"
        case = str(debitura.submit(placement()).agency_reference)
        agency.change(case, lifecycle="Active")
        recording.during = "fetch_status"
        debitura.fetch_status(case)
        agency.task(case, "ReplyToChat", "Reply to chat")
        recording.during = "fetch_feed"
        debitura.fetch_feed(None)
        recording.during = "recall"
        debitura.recall(told(Recall, case, reason="Retoure ist eingegangen"))
    shown_on("debitura", recording, secrets=(KEY,), varying=VARYING)
