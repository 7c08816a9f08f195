"""Our adapters: what each can do by which transport and how far that was verified, and what their agencies' status codes mean."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib.metadata import entry_points
from typing import Any, NamedTuple

from generators.frame import filled, page, pages, table
from generators.shops import short_table
from inkasso_core import AGENCY_HAS_NONE, NOT_BUILT_YET, NOT_CONFIGURED, NOT_PUBLISHED, Agency, AgencyStatus, FileAgency, Text, Transports
from inkasso_core.agencies.base import OPTIONAL_OPERATIONS
from inkasso_core.agencies.registry import GROUP, Agencies
from inkasso_core.lifecycle import state_label
from inkasso_core.statuses import STATE_OF

OURS = "inkasso_adapters."
YES, FILE = "✔", "file"
CODES_SETTINGS = ("statuses", "status_map")
"""What our adapters call the setting that adds status codes."""
LEVELS = {
    "live": "claims of a real creditor went over it",
    "sandbox": "the agency's own test system answered it",
    "stand-in": "a server of ours answered it, built after what the agency publishes, where it does; the agency itself did not",
    "specification read": "written by what is known of the agency; nobody answered it",
}
"""How an adapter was verified -> what that means, the most first."""
SHORT: Mapping[Text, str] = {
    AGENCY_HAS_NONE: "none",
    NOT_PUBLISHED: "unpublished",
    NOT_BUILT_YET: "not yet",
    NOT_CONFIGURED: "not set",
}
"""Why an operation is missing -> what stands in the table."""
TOPICS: Mapping[str, Mapping[str, str]] = {
    "Handing over": {
        "submit": "a claim is handed over",
        "submit_batch": "several at once, in one request",
        "check": "the agency is asked whether it would take it",
        "rehearse": "what would be sent is shown",
        "find": "a claim whose answer was lost is looked up",
    },
    "Following": {
        "fetch_status": "where one case stands",
        "fetch_feed": "what is new in all cases",
        "acknowledge": "the agency is told that it is stored",
        "receive": "the agency tells it by webhook",
        "portal_url": "the link to the case in its portal",
    },
    "Telling the agency": {
        "amend": "a claim has changed",
        "report_payment": "the debtor paid the creditor",
        "recall": "the case is taken back",
        "pause": "it is halted",
        "resume": "it goes on",
    },
    "Papers and words": {
        "send_document": "a document",
        "send_message": "a message to the clerk, or an answer",
        "fetch_messages": "messages of the clerk",
    },
    "Money": {
        "fetch_ledger": "collected, fees, paid out: of one case",
        "fetch_payouts": "what was paid out to the creditor",
    },
}
"""What an operation belongs to -> operation -> what it does."""


class Way(NamedTuple):
    """One adapter by one transport."""

    name: str
    transport: str
    kind: type[Agency[Any]]

    @property
    def title(self) -> str:
        """What a row begins with."""
        return f"[`{self.name}`]({self.page})" + (f" {self.transport}" if self.transport else "")

    @property
    def page(self) -> str:
        """The page of the adapter, from this one."""
        return self.kind.documentation.removeprefix("docs/agencies/")

    @property
    def codes_setting(self) -> str | None:
        """The setting by which an account adds status codes; None where there is none."""
        return next((name for name in CODES_SETTINGS if name in self.kind.Settings.model_fields), None)

    @property
    def knows_codes(self) -> bool:
        """Whether there is anything to tell of status codes."""
        return bool(self.kind.status_map or self.codes_setting)


def families() -> list[Transports]:
    """Our own adapters, by name."""
    names = sorted(point.name for point in entry_points(group=GROUP) if point.value.startswith(OURS))
    return [Agencies().family(name) for name in names]


def ways() -> list[Way]:
    """Every adapter by every transport. Raises ``ValueError`` for one that does not say how it was verified, or has no page."""
    found = [Way(family.name, transport, kind) for family in families() for transport, kind in family.by_transport.items()]
    for way in found:
        if way.kind.verified not in LEVELS:
            raise ValueError(f"{way.name} {way.transport}: verified is one of {', '.join(LEVELS)}")
        if not way.kind.documentation.startswith("docs/agencies/"):
            raise ValueError(f"{way.name} {way.transport}: documentation is a page below docs/agencies/")
    return found


INDEX_HEAD = """\
# Agencies

Every adapter that comes with `inkasso`, made from the code. `inkasso agencies NAME` shows one with its settings; `inkasso init --agency
NAME` writes an account for it. How to add one is told in [Writing an adapter](../writing-an-adapter.md).

What an adapter does not offer is no error: there is a task for a person instead, with the link to the case in the agency's portal where
there is one.

"""
MATRIX_TEXT = """\
{yes} is offered. {file}: claims leave in a file. What is missing says why: *none*, the agency has no such function; *unpublished*, it has
not published whether it has one; *not yet*, nobody has built it; a number stands for another reason, [below](#other-reasons). An account
may offer less than its adapter: where a setting is left out that an operation needs.

What stands under *Telling the agency*, *Papers and words* and *Money* is there for Python programs, and tested: `inkasso` itself does not
call it yet, and raises a task for a person where something has to be told.
"""


@page("agencies/index.md")
def matrix_page() -> str:
    """The adapters, how far each was verified, and what each offers."""
    topics = {operation for topic in TOPICS.values() for operation in topic}
    if topics != {"submit", "submit_batch", *OPTIONAL_OPERATIONS}:
        raise ValueError(f"say what these operations do: {sorted(topics ^ {'submit', 'submit_batch', *OPTIONAL_OPERATIONS})}")
    found, notes = ways(), Notes()
    sections = [
        INDEX_HEAD,
        "## Which there are, and how they were verified\n\n",
        table(("adapter", "agency", "verified", "status codes"), [_row(way) for way in found]),
        "\n" + table(("verified", "means"), list(LEVELS.items())),
        "\n## What they can do\n\n",
        MATRIX_TEXT.format(yes=YES, file=f"*{FILE}*"),
    ]
    for topic, operations in TOPICS.items():
        rows = [(way.title, *(notes.cell(way, operation) for operation in operations)) for way in found]
        meaning = "; ".join(f"`{operation}`: {what}" for operation, what in operations.items())
        sections += [f"\n### {topic}\n\n", f"{meaning}.\n\n", table(("", *(f"`{operation}`" for operation in operations)), rows)]
    sections += ["\n### Other reasons\n\n", notes.text()]
    return "".join([*sections, *_toctree(found)])


class Notes:
    """The reasons that are told below the tables, numbered as they come."""

    def __init__(self) -> None:
        self._numbers: dict[Text, int] = {}

    def cell(self, way: Way, operation: str) -> str:
        """Return what stands in the table for an operation."""
        kind = way.kind
        if operation == "submit":
            return FILE if issubclass(kind, FileAgency) else YES
        if operation == "submit_batch":
            return YES if kind.submit_batch is not Agency.submit_batch else FILE if issubclass(kind, FileAgency) else "one by one"
        why = kind.unoffered().get(operation)
        if why is None:
            return YES
        return SHORT.get(why) or f"({self._numbers.setdefault(why, len(self._numbers) + 1)})"

    def text(self) -> str:
        """Return all reasons."""
        return "".join(f"{number}. {why.en}\n" for why, number in self._numbers.items()) or "There are none.\n"


def _row(way: Way) -> tuple[str, ...]:
    known = [*([f"{len(way.kind.status_map)} known"] if way.kind.status_map else []), *(["settings"] if way.codes_setting else [])]
    statuses = f"[{', '.join(known)}]({_statuses(way.name)})" if known else "–"
    return way.title, way.kind.label, way.kind.verified, statuses


def _statuses(name: str) -> str:
    return f"statuses/{name}.md"


def _toctree(found: list[Way]) -> Iterator[str]:
    names = dict.fromkeys(way.name for way in found if way.knows_codes)
    yield "\n```{toctree}\n:hidden:\n:caption: Status codes\n\n"
    yield "".join(f"statuses/{name}\n" for name in names)
    yield "```\n"


@page("../README.md")
def readme() -> str:
    """The adapters and shop plugins in the README: which there are, by which ways, how verified."""
    rows = []
    for family in families():
        levels = ", ".join(dict.fromkeys(kind.verified for kind in family.by_transport.values()))
        transports = ", ".join(f"`{transport}`" for transport in family.by_transport if transport) or "–"
        documentation = next(iter(family.by_transport.values())).documentation
        rows.append((f"[`{family.name}`]({documentation})", family.label, transports, levels))
    agencies = table(("adapter", "agency", "transports", "verified"), rows)
    return filled("../README.md", {"agencies": agencies, "shops": short_table()})


STATUSES_HEAD = """\
# Status codes of `{name}`

What the codes of {label} mean, and where they lead the claim: the adapter's own table, made from the code. A code that is not in it is
*unknown*: the claim stays as it was, code and answer are kept, and nothing breaks. [The adapter's page]({page}) tells how codes arrive.

"""
TOLD = "Codes that your agency told you are a setting of the account, `{setting}`, and count before these.\n"
ONLY_TOLD = "The agency has published none: those that it told you are a setting of the account, `{setting}`.\n"
BEGIN = "<!-- statuses -->\n"
"""Where a page that includes the table begins to read."""


@pages
def status_pages() -> dict[str, str]:
    """One page for each adapter that knows status codes, or is told them."""
    by_name: dict[str, list[Way]] = {}
    for way in ways():
        if way.knows_codes:
            by_name.setdefault(way.name, []).append(way)
    return {f"agencies/{_statuses(name)}": "".join(_status_page(name, found)) for name, found in by_name.items()}


def _status_page(name: str, found: list[Way]) -> Iterator[str]:
    yield STATUSES_HEAD.format(name=name, label=found[0].kind.label, page=f"../{found[0].page}")
    yield BEGIN
    same: dict[str, list[str]] = {}
    for way in found:
        same.setdefault("".join(_told(way)), []).append(way.transport)
    for text, transports in same.items():
        if len(same) > 1:
            yield f"\n**{', '.join(transports)}**\n\n"
        yield text


def _told(way: Way) -> Iterator[str]:
    """Yield what there is to tell of the codes of one transport."""
    codes = way.kind.status_map
    if way.codes_setting:
        yield (TOLD if codes else ONLY_TOLD).format(setting=way.codes_setting) + ("\n" if codes else "")
    if codes:
        rows = [(f"`{code}`", f"`{status}`", _becomes(status)) for code, status in codes.items()]
        rows.append(("any other", f"`{AgencyStatus.UNKNOWN}`", _becomes(AgencyStatus.UNKNOWN)))
        yield table(("the agency's code", "our status", "the claim"), rows)


def _becomes(status: AgencyStatus) -> str:
    state = STATE_OF[status]
    return "stays as it was" if state is None else f"`{state}` ({state_label(state).en})"
