"""Every table of the database."""

from __future__ import annotations

from generators.frame import filled, page, table
from inkasso_core.store import schema

TABLES = {
    "meta": "values of the installation: the secret with which customer numbers become lookups, when the last run ended",
    "tenant": "the businesses that use the installation",
    "shop": "the configured shops, written down when they first appear",
    "vault": "**all personal data**: claims as reported, payloads, requests to agencies, their answers, entries of their feeds",
    "debtor": "a debtor's id, and the keyed digest by which the shop's customer number finds him",
    "claim": "one due item: state, account, amounts, dates, and the id of its body in the vault",
    "revision": "every report of a claim: when, what it changed, and the id of its body",
    "event": "what shops reported; what failed keeps code, field and message, can be replayed, and keeps who settled it, when and why",
    "sighting": "when a record that is no claim was last seen to be none, and with which status, so that an older report starts none",
    "vendor_option": "what vendors of a marketplace let go without a check, or its default: who decided it, when and why",
    "adopted": "what was handed over by hand before: the number of an order or an invoice, or all that was due before a day; who said so",
    "adopted_claim": "which claim was taken as handed over by hand, and by which line of the list",
    "case_ledger": "what the agency last said of the money of a case: collected, fees, paid out",
    "vendor_publication": "the marketplaces, and when each last published to its vendors",
    "vendor_view": "the copy of their claims that vendors are shown, made anew once a day",
    "shop_poll": "how far each shop was polled (its cursor is in the vault), who polls it now, and on what the last poll broke",
    "shop_wanted": "records that a shop said have changed: the next poll reads them",
    "shop_kept": "values that plugins keep between processes, such as access tokens: name, lock, and the id of the value in the vault",
    "shop_whole": "what belongs together of what a shop tells in parts, and of how many parts its plugin was told",
    "shop_part": "every part, once by its own name, with the id of its body",
    "ingest": "how far a file was taken in, so that a killed run continues",
    "placement": "one or more claims at one account: our reference, how it was handed over, case reference, portal link, agency status",
    "placement_claim": "which claim in which revision is in which placement; a claim is in one open placement at most",
    "instruction": "what is to be told to an agency: the queue",
    "progress": "what a try of an instruction reached at the agency before its committing request, for the next try",
    "attempt": "every try of an instruction: owner, lease, key, outcome",
    "pace": "how many requests each account has sent in each minute of the last days, from all processes together",
    "feed_cursor": "how far each account's feed was read",
    "feed_entry": "what agencies reported, each entry once: taken in, still to do, or kept for review because its case is not known",
    "pause_end": "the last day of pauses that end by themselves",
    "inbox": "what agencies wrote, asked and collected, once each: who read it, who answered, and with which instruction",
    "letter_turn": "when the agency is to be asked for the messages of a case at the earliest",
    "batch": "export files: name, number of rows, totals, digest, and how far they got",
    "task": "what only a person can do",
    "rest": "until when nothing is asked of an account's agency: as it wants, or since it does not answer or cannot be reached",
    "turn": "the parts of what time brings: which worker does it now, when it was last done, and on what it broke",
    "hold": "holds (Mahnstopps) on a claim, an order, an invoice or a debtor, with reason and last day",
    "decision": "mandate, live switch, limits and stops of accounts: who decided what, and when",
    "history": "everything that happened to a claim: when, who, what, from, to, why",
    "notice": "who is to be told of which entry of the history, and whether he was",
}


@page("store.md")
def store_page() -> str:
    """Every table of the database."""
    if TABLES.keys() != schema.metadata.tables.keys():
        raise ValueError(f"say what these tables hold: {sorted(TABLES.keys() ^ schema.metadata.tables.keys())}")
    heads = ("table", "holds", "rows", "refers to")
    return filled("store.md", {"tables": table(heads, [_table(name) for name in sorted(schema.metadata.tables)])})


def _table(name: str) -> tuple[str, ...]:
    columns = schema.metadata.tables[name]
    refers = sorted({f"`{key.column.table.name}`" for key in columns.foreign_keys})
    rows = "only added" if name in schema.APPEND_ONLY else "change"
    return f"`{name}`", TABLES[name], rows, ", ".join(refers) or "–"
