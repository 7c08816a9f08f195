"""Every adapter of ours by every transport, and what each fault means there: one table, for the tests and for the page."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from conformance import (
    test_adu,
    test_debitura,
    test_diagonal,
    test_dummy,
    test_email,
    test_mediafinanz,
    test_mediafinanz_file,
    test_paywise,
    test_pno,
)

from inkasso_core.testing import AgencyConformance, Fault, FileConformance

BY_FILE = "writes a file, sends no request"
BY_SFTP = "writes a file; carrying it over SFTP is checked by itself"

CASES: Mapping[tuple[str, str], type[AgencyConformance] | type[FileConformance]] = {
    ("adu", "bridge"): test_adu.TestADUBridge,
    ("adu", "export"): test_adu.TestADUExport,
    ("adu", "http"): test_adu.TestADUHttp,
    ("debitura", ""): test_debitura.TestDebitura,
    ("diagonal", "file"): test_diagonal.TestDiagonalFile,
    ("diagonal", "http"): test_diagonal.TestDiagonalHttp,
    ("diagonal", "sftp"): test_diagonal.TestDiagonalSftp,
    ("dummy", ""): test_dummy.TestDummy,
    ("email", ""): test_email.TestEmail,
    ("mediafinanz", "rest"): test_mediafinanz.TestMediafinanzRest,
    ("mediafinanz", "soap"): test_mediafinanz.TestMediafinanzSoap,
    ("mediafinanz-file", ""): test_mediafinanz_file.TestMediafinanzFile,
    ("paywise", ""): test_paywise.TestPaywise,
    ("pno", "file"): test_pno.TestPNOFile,
    ("pno", "http"): test_pno.TestPNOHttp,
    ("pno", "sftp"): test_pno.TestPNOSftp,
    ("pno", "soap"): test_pno.TestPNOSoap,
}
"""Adapter and transport -> its conformance class, whose ``test_a_fault_means`` is run for every cell that has no reason."""


class Cell(NamedTuple):
    """One fault of one adapter: the error that it raises, or why it cannot happen."""

    adapter: str
    transport: str
    fault: Fault
    raises: str | None
    reason: str | None


def cells() -> Iterator[Cell]:
    """Every cell of the table."""
    for (adapter, transport), case in CASES.items():
        for fault in Fault:
            if not issubclass(case, AgencyConformance):
                yield Cell(adapter, transport, fault, None, BY_SFTP if transport == "sftp" else BY_FILE)
                continue
            reason = case.reason_without(fault)
            yield Cell(adapter, transport, fault, None if reason else case.meaning_of(fault).__name__, reason)


HEAD = """\
# When something goes wrong

What each adapter raises when its hand-over meets a fault, and so what becomes of the claim. Made from the table that the tests run: for
every cell that names an error the stand-in counted the requests that hand the claim over, and there was never a second one. Where a
fault cannot happen, the cell says why. [Conformance](../conformance.md) tells how it is checked.

| error | the claim |
| --- | --- |
| `TemporarilyUnavailable` | certainly not processed: stays *running*, is tried again |
| `OutcomeUnknown` | *unclear*: is looked up before anything else happens |
| `AuthenticationFailed`, `ConfigurationError` | stays *running*; the account stops, with one task |

A request that only reads (a status, a feed) raises `TemporarilyUnavailable` where a hand-over leaves the outcome unknown: asking again
changes nothing.
"""


def page() -> str:
    """The page of the documentation."""
    found = list(cells())
    adapters = dict.fromkeys(adapter for adapter, _ in CASES)
    return HEAD + "".join(_section(adapter, [cell for cell in found if cell.adapter == adapter]) for adapter in adapters)


def _section(adapter: str, found: list[Cell]) -> str:
    by_transport = {cell.transport: [one for one in found if one.transport == cell.transport] for cell in found}
    spared = {name: row[0].reason for name, row in by_transport.items() if len({one.reason for one in row}) == 1 and row[0].reason}
    lines = [f"\n## {adapter}\n\n"]
    lines += [f"{f'By `{name}` none' if name else 'None'} of them can happen: {reason}.\n\n" for name, reason in spared.items()]
    meeting = [name for name in by_transport if name not in spared]
    if meeting:
        rows = [[fault.value, *(_shown(cell) for name in meeting for cell in by_transport[name] if cell.fault is fault)] for fault in Fault]
        heads = ["fault", *(name or "what it raises" for name in meeting)]
        lines += [f"| {' | '.join(row)} |\n" for row in (heads, ["---"] * len(heads), *rows)]
    return "".join(lines).rstrip("\n") + "\n"


def _shown(cell: Cell) -> str:
    return f"`{cell.raises}`" if cell.raises else f"– ({cell.reason})"
