"""The public names."""

from __future__ import annotations

import inspect
import re

import inkasso_core
from generators.frame import page, prose, table

API_HEAD = """\
# Public names

Everything that `inkasso_core` exports, made from the code: `from inkasso_core import Claim`. Everything else is private and may change
without notice.
"""
ROOMS = {
    "app": "The facade",
    "settings": "Configuration",
    "web": "The intake",
    "workers.worker": "Workers",
    "model.claim": "A claim",
    "model.circumstances": "What surrounds a claim",
    "model.party": "Debtor and creditor",
    "model.codes": "Codes",
    "model.words": "Texts",
    "lifecycle": "States and roles",
    "model.diagnosis": "Diagnosis",
    "model.statement": "Default, interest, limitation",
    "model.events": "Events",
    "plugins.base": "Shop plugins",
    "plugins.spec": "Hooks",
    "plugins.context": "What a shop plugin works with",
    "model.shop": "What a shop plugin polls and receives",
    "readers": "Reading exported files",
    "agencies.base": "Agency adapters",
    "agencies.http": "Agencies with an HTTP interface",
    "agencies.soap": "Agencies with a SOAP interface",
    "agencies.soap_answer": "Reading SOAP answers",
    "agencies.wire": "Answers as they arrive",
    "agencies.file": "Agencies that take files",
    "agencies.sftp_drop": "Agencies that take files by SFTP",
    "agencies.sftp": "SFTP",
    "agencies.inbox": "Files that an agency answers with",
    "agencies.table": "Writing tables",
    "agencies.mail": "Agencies that take mail",
    "agencies.attachments": "Documents that go along",
    "agencies.family": "Agencies with several transports",
    "agencies.webhooks": "Webhooks",
    "agencies.digest": "Entries without an id",
    "model.agency": "Between us and an agency",
    "model.instructions": "What an agency is told of a case",
    "model.feed": "What comes back from an agency",
    "errors": "Errors",
}
"""Where public names are at home -> what they are about, in the order of the page."""
SAID = {
    "Cell": "What a column reads from an item: text, an amount, a date, or nothing.",
    "Language": "The languages of texts: `de` or `en`.",
    "hookimpl": "Marks a function or method as the implementation of a hook.",
}
"""Names that bear no docstring of their own."""


@page("api.md")
def api_page() -> str:
    """Every public name with the first words of its docstring, by what it is about."""
    homes = inkasso_core._HOMES
    if homes.keys() != ROOMS.keys():
        raise ValueError(f"say what these are about: {sorted(homes.keys() ^ ROOMS.keys())}")
    heads = ("name", "what it is")
    parts = [f"**{title}**\n\n{table(heads, [_public(name) for name in sorted(homes[room])])}" for room, title in ROOMS.items()]
    return "\n".join([API_HEAD, *parts])


def _public(name: str) -> tuple[str, str]:
    words = SAID.get(name) or (inspect.getdoc(getattr(inkasso_core, name)) or "").partition("\n\n")[0]
    return f"`{name}`", prose(re.sub(r",? ?\(?``reference: [^`]*``(?: section [\d.]+)?\)?", "", words))
