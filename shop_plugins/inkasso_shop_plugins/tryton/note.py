"""Notes: what inkasso tells of a receivable, one for each of its events, and where they are shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from trytond.model import ModelSQL, ModelView, Unique, fields
from trytond.pool import Pool
from trytond.transaction import without_check_access

from inkasso_shop_plugins.tryton.words import KINDS, OTHER, STATES

_SHOWN = ("inkasso_state", "inkasso_case", "inkasso_portal_url")


class Note(ModelSQL, ModelView):
    """One event of a claim, written by inkasso: never twice, whatever is told again."""

    __name__ = "inkasso.note"
    _rec_name = "kind"

    line = fields.Many2One("account.move.line", "Line", required=True, readonly=True, ondelete="CASCADE")
    company = fields.Many2One("company.company", "Company", required=True, readonly=True)
    event = fields.Char("Event", required=True, readonly=True)
    at = fields.Timestamp("At", required=True, readonly=True)
    kind = fields.Selection(list(KINDS), "What Happened", required=True, readonly=True, sort=False)
    state = fields.Selection(list(STATES), "State", required=True, readonly=True, sort=False)
    agency = fields.Char("Agency", readonly=True)
    case_reference = fields.Char("Case Reference", readonly=True)
    portal_url = fields.Char("Portal", readonly=True)
    reason = fields.Text("Reason", readonly=True)
    actor = fields.Char("Who", readonly=True)
    party = fields.Function(fields.Many2One("party.party", "Party"), "get_party")

    @classmethod
    def __setup__(cls) -> None:
        super().__setup__()
        table = cls.__table__()
        cls._sql_constraints = [("event_unique", Unique(table, table.event), "inkasso.msg_note_event_unique")]
        cls._order = [("event", "DESC")]  # ids of events are in the order of time

    def get_party(self, name: str) -> int | None:
        """Return the debtor."""
        return self.line.party.id if self.line.party else None

    @classmethod
    def write_once(cls, values: Mapping[str, Any]) -> bool:
        """Write a note, unless this event has one; returns whether it is new."""
        with without_check_access():
            if cls.search([("event", "=", values["event"])], limit=1):
                return False
            known = {"kind": dict(KINDS), "state": dict(STATES)}
            kind = values["kind"] if values["kind"] in known["kind"] else OTHER
            cls.create([{**values, "kind": kind}])
        return True


class NotedMixin:
    """What a record shows of its receivable's claim: state, case, portal, and all notes. Written by nobody but inkasso."""

    __slots__ = ()

    inkasso_state = fields.Function(fields.Selection([(None, ""), *STATES], "Inkasso", sort=False), "get_inkasso")
    inkasso_case = fields.Function(fields.Char("Case Reference"), "get_inkasso")
    inkasso_portal_url = fields.Function(fields.Char("Portal"), "get_inkasso")
    inkasso_log = fields.Function(fields.One2Many("inkasso.note", None, "Inkasso Notes"), "get_inkasso_log")

    @classmethod
    def get_inkasso(cls, records: Sequence[Any], names: Sequence[str]) -> dict[str, dict[int, Any]]:
        """Return what the newest note says of each; case and portal as the last note that names them does."""
        notes = _notes_by_line(records)
        found: dict[str, dict[int, Any]] = {name: {} for name in names}
        sources = dict(zip(_SHOWN, ("state", "case_reference", "portal_url"), strict=True))
        for record in records:
            mine = [note for line in record.inkasso_lines for note in notes.get(line.id, ())]
            for name in names:
                values = (getattr(note, sources[name]) for note in sorted(mine, key=lambda note: note.event, reverse=True))
                found[name][record.id] = next((value for value in values if value), None)
        return found

    @classmethod
    def get_inkasso_log(cls, records: Sequence[Any], name: str) -> dict[int, list[int]]:
        """Return the notes of each, the newest first."""
        notes = _notes_by_line(records)
        return {record.id: [note.id for line in record.inkasso_lines for note in notes.get(line.id, ())] for record in records}


def _notes_by_line(records: Sequence[Any]) -> dict[int, list[Any]]:
    lines = {line.id for record in records for line in record.inkasso_lines}
    found: dict[int, list[Any]] = {}
    for note in Pool().get("inkasso.note").search([("line", "in", list(lines))]):
        found.setdefault(note.line.id, []).append(note)
    return found
