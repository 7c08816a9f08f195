"""Why a claim may or may not go, in colour: red blocks, yellow wants a person, green is met. Also why an order never became a claim."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from inkasso_core.cli import output, words
from inkasso_core.cli.exits import Exit
from inkasso_core.cli.language import both, say
from inkasso_core.cli.options import AsJson, AsOf, Ref, Shop
from inkasso_core.cli.output import Cell
from inkasso_core.cli.picture import ASSERTED, EXPECTED, READY, is_asserted
from inkasso_core.cli.session import opened, profile_of
from inkasso_core.errors import NotFound
from inkasso_core.model.diagnosis import Diagnosis, Finding
from inkasso_core.model.words import Text

if TYPE_CHECKING:
    from inkasso_core.app import Condition, Inkasso, Stored

app = typer.Typer()
PANEL = both("Bearbeiten", "Working")
_ASSERTED = "ASSERTED"
AllConditions = Annotated[
    bool, typer.Option("--all-conditions", help=both("Auch die erfüllten Bedingungen.", "The conditions that are met, too."))
]


@app.command(
    "diagnose",
    rich_help_panel=PANEL,
    help=both(
        "Sagt, warum eine Forderung gehen darf oder nicht, heute oder zu einem Stichtag. Ändert nichts.",
        "Says why a claim may or may not go, today or as of a date. Changes nothing.",
    ),
)
def diagnose(
    ctx: typer.Context, ref: Ref, shop: Shop = None, as_of: AsOf = None, all_conditions: AllConditions = False, as_json: AsJson = False
) -> None:
    with opened(ctx) as ink:
        try:
            stored = ink.find(ref, shop=shop)
        except NotFound:
            _never_a_claim(ink, ref, shop, as_json)
            raise
        diagnosis = ink.diagnose(stored.ref, as_of=as_of)
        asserted = ink.show(stored.ref).claim.asserted
        met = _met(ink, stored, diagnosis) if all_conditions else []
        if as_json:
            output.document(_document(stored, diagnosis, asserted, met if all_conditions else None))
            return
        _print(ink, stored, diagnosis, asserted)
        if all_conditions:
            _print_met(met)


def _print(ink: Inkasso, stored: Stored, diagnosis: Diagnosis, asserted: Sequence[str]) -> None:
    from inkasso_core.app import group_label

    label = words.state(stored.state, profile_of(ink, stored.shop))
    amount = output.money(stored.total_open, stored.currency)
    output.line(Cell(stored.ref, "bold"), "  ", label, f"  {amount}  ", say(_AS_OF.fill(day=output.day(diagnosis.as_of))))
    if diagnosis.expected_on is not None and not diagnosis.is_ready:
        output.tell(EXPECTED, day=output.day(diagnosis.expected_on))
    for name, blocks in diagnosis.groups:
        output.heading(_GROUP, name=say(group_label(name)), count=say(_points(len(blocks))))
        if not blocks:
            output.line(Cell(f"{words.POINT} ", words.GREEN), say(READY))
        _points_of(blocks, asserted)
    inside = {finding.code for _, blocks in diagnosis.groups for finding in blocks}
    others = [finding for finding in diagnosis.findings if finding.code not in inside]
    if others:
        output.heading(_BESIDES)
        _points_of(others, asserted)
    if asserted and _ASSERTED not in {finding.code for finding in diagnosis.findings}:  # the account's policy may switch that note off
        output.line("")
        output.line(f"{say(ASSERTED)}: ", ", ".join(asserted))


def _points_of(findings: Iterable[Finding], asserted: Sequence[str]) -> None:
    for finding in findings:
        style = words.LEVEL_STYLES[finding.level]
        field = f"  {finding.field}" if finding.field else ""
        mark = f" ({say(ASSERTED)})" if is_asserted(asserted, finding.field) else ""
        output.line(Cell(f"{words.POINT} ", style), Cell(finding.code, style), Cell(field + mark, words.PALE))
        output.indented(say(finding.message))
        output.indented(f"→ {say(finding.remedy)}", words.PALE)
        if finding.expected_on is not None:
            output.indented(say(_MENDED.fill(day=output.day(finding.expected_on))), words.PALE)


def _points(count: int) -> Text:
    return _NO_POINT if count == 0 else _ONE_POINT if count == 1 else _POINTS.fill(count=count)


# The conditions that are met


def _met(ink: Inkasso, stored: Stored, diagnosis: Diagnosis) -> list[tuple[Condition, bool]]:
    """Return the conditions that are met, each with whether it was asked: the account's policy may switch some off."""
    found = {finding.code for finding in diagnosis.findings}
    account = ink.settings.accounts.get(stored.account or "")
    levels = account.policy.levels if account else {}
    asked = {c.code: c for name, _ in diagnosis.groups for c in ink.conditions(name)}
    return [(c, c.level_in(levels) is not None) for c in asked.values() if c.code not in found]


def _print_met(met: Iterable[tuple[Condition, bool]]) -> None:
    output.heading(_MET)
    for condition, asked in met:
        subject = say(condition.message).partition(":")[0]
        style = words.GREEN if asked else words.PALE
        output.line(Cell(f"{words.POINT} ", style), Cell(condition.code, style), f"  {subject}", "" if asked else f"  {say(_OFF)}")


def _document(
    stored: Stored, diagnosis: Diagnosis, asserted: Sequence[str], met: Iterable[tuple[Condition, bool]] | None
) -> dict[str, Any]:
    groups = [{"group": name, "ready": not blocks, "red": [f.code for f in blocks]} for name, blocks in diagnosis.groups]
    body = {
        "ref": stored.ref,
        "state": stored.state,
        "account": stored.account,
        "as_of": diagnosis.as_of,
        "ready": diagnosis.is_ready,
        "group": diagnosis.group,
        "expected_on": diagnosis.expected_on,
        "red": diagnosis.red,
        "warnings": diagnosis.warnings,
        "findings": [{**f._asdict(), "asserted": is_asserted(asserted, f.field)} for f in diagnosis.findings],
        "groups": groups,
        "asserted": asserted,
    }
    if met is not None:
        body["met"] = [{"code": c.code, "field": c.field, "fixed": c.fixed, "asked": asked} for c, asked in met]
    return body


# An order that never became a claim


def _never_a_claim(ink: Inkasso, ref: str, shop: str | None, as_json: bool) -> None:
    """Look among the reports that failed; end the command with their reasons, or return where there are none."""
    failed = ink.failed_about(ref, shop=shop)
    if not failed:
        return
    if as_json:
        output.document({"ref": ref, "state": None, "failed_reports": [event_document(row) for row in failed]})
    else:
        output.tell(_NO_CLAIM, ref=ref)
        for row in failed:
            print_event(row)
        output.note(_TRY_AGAIN)
    raise typer.Exit(Exit.NOT_FOUND)


def event_document(row: Any) -> dict[str, Any]:
    """Return a failed report for programs."""
    names = ("id", "shop", "kind", "place", "code", "field", "message", "reported_at", "received_at")
    return {name: getattr(row, name) for name in names}


def print_event(row: Any) -> None:
    """Print a failed report with its reason."""
    place = f"{row.shop}  {row.place or ''}".strip()
    output.line(Cell(f"{words.POINT} ", words.RED), Cell(row.code or "", words.RED), f"  {place}", Cell(f"  {row.field or ''}", words.PALE))
    if row.message:
        output.indented(say(Text(**row.message)))


_AS_OF = Text("Stichtag {day}", "as of {day}")
_GROUP = Text("Gruppe „{name}“: {count}", 'Group "{name}": {count}')
_NO_POINT = Text("bereit", "ready")
_ONE_POINT = Text("1 roter Punkt", "1 red point")
_POINTS = Text("{count} rote Punkte", "{count} red points")
_BESIDES = Text("Warnungen und Hinweise", "Warnings and notes")
_MENDED = Text("von selbst erledigt ab {day}", "mends itself by {day}")
_MET = Text("Erfüllt", "Met")
_OFF = Text("(abgeschaltet)", "(switched off)")
_NO_CLAIM = Text(
    "„{ref}“ ist keine Forderung geworden. Gescheiterte Meldungen, in denen diese Nummer steht:",
    '"{ref}" has become no claim. Failed reports in which this number stands:',
)
_TRY_AGAIN = Text("Nach der Abhilfe: `inkasso replay`.", "After the remedy: `inkasso replay`.")
