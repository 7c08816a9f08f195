"""The fault table is complete and its page is current; the cells themselves are the tests named ``test_a_fault_means``."""

import os
from importlib import metadata
from pathlib import Path

import pytest
from conformance.fault_table import CASES, Cell, cells, page

from inkasso_core.agencies.registry import GROUP, Agencies
from inkasso_core.errors import OutcomeUnknown
from inkasso_core.testing import AgencyConformance, Fault
from inkasso_core.testing.reply import committing
from inkasso_core.testing.scene import Scene

PAGE = Path(__file__).parents[2] / "docs" / "agencies" / "faults.md"
ASKED = {
    Fault.REFUSED,
    Fault.CONNECT_TIMEOUT,
    Fault.READ_TIMEOUT,
    Fault.CUT_AFTER,
    Fault.UNAUTHORIZED,
    Fault.TOO_MANY,
    Fault.SERVER_ERROR,
    Fault.UNAVAILABLE,
    Fault.HTML,
    Fault.SOAP_FAULT_200,
    Fault.SOAP_FAULT_500,
}
OURS = sorted(point.name for point in metadata.entry_points(group=GROUP) if point.value.startswith("inkasso_adapters."))


@pytest.mark.parametrize("name", OURS)
def test_every_transport_of_an_adapter_is_in_the_table(name: str) -> None:
    assert {transport: CASES[name, transport].agency_class for adapter, transport in CASES if adapter == name} == Agencies().variants(name)


def test_every_adapter_meets_every_fault_or_says_why_not() -> None:
    found = list(cells())
    assert {(cell.adapter, cell.transport, cell.fault) for cell in found} == {(*case, fault) for case in CASES for fault in Fault}
    assert set(Fault) > ASKED
    assert [cell for cell in found if (cell.raises is None) == (not (cell.reason or "").strip())] == []


@pytest.mark.parametrize("case", CASES.values())
def test_a_cell_is_a_test(case: type[AgencyConformance]) -> None:
    """A cell without a reason is a row of the generated test, and none of those is skipped."""
    if not issubclass(case, AgencyConformance):
        return
    rows = {row.values[0]: row.marks for row in case.rows_of_fault()}
    assert {fault for fault, marks in rows.items() if not marks} == {fault for fault in Fault if case.reason_without(fault) is None}


@pytest.mark.parametrize(("adapter", "transport"), [(c.adapter, c.transport) for c in cells() if c.fault is Fault.EMPTY and c.raises])
def test_ours_do_not_stumble_over_an_empty_answer(adapter: str, transport: str) -> None:
    """The kit lets a stranger's adapter stumble here; ours say what it means."""
    case = CASES[adapter, transport]
    assert issubclass(case, AgencyConformance)
    replies = case.replies()
    with Scene(case.agency_class, case.settings, always=case.always) as scene:
        scene.play(*replies, fault=Fault.EMPTY, target=committing(replies))
        with pytest.raises(OutcomeUnknown):
            scene.agency.submit(case.placed())


def test_an_unclear_answer_is_never_a_yes_to_send_again() -> None:
    """After whatever may have been processed, no adapter says that the request may be repeated."""
    unclear = {Fault.READ_TIMEOUT, Fault.CUT_AFTER, Fault.HALF_ANSWER, Fault.ANSWER_LOST, Fault.SERVER_ERROR, Fault.HTML}
    found: list[Cell] = [cell for cell in cells() if cell.fault in unclear and cell.raises]
    assert found
    assert {cell.raises for cell in found} == {"OutcomeUnknown"}


def test_the_page_is_current() -> None:
    if os.environ.get("INKASSO_WRITE_EXCHANGES"):
        PAGE.write_text(page(), "utf-8")
    assert PAGE.read_text("utf-8") == page(), "write it anew with INKASSO_WRITE_EXCHANGES=1"
