"""What an agency is told of a case that it has: one small model per instruction, and the agency's word on it.

Every instruction carries its own idempotency key, stored before the request; amounts are in the claim's currency.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar

from pydantic import Field

from inkasso_core.model._base import Amount, Day, Model, Name, Prose, Reference
from inkasso_core.model.agency import Placement, StatusReport
from inkasso_core.model.claim import AppliesTo
from inkasso_core.model.codes import Currency


class Instruction(Model):
    """One thing to tell the agency of a case."""

    shown: ClassVar[frozenset[str]] = frozenset({"agency_reference", "our_reference", "asked_on"})

    agency_reference: Reference
    """The agency's case reference (Aktenzeichen)."""
    our_reference: Reference
    """Ours, as in the placement."""
    idempotency_key: Reference
    """Random per instruction; the same for every try of it."""
    asked_on: dt.date
    """When the creditor asked for it."""


class ReportPayment(Instruction):
    """The debtor paid the creditor directly (Direktzahlung)."""

    amount: Amount
    """What arrived, above zero."""
    currency: Currency
    received_on: Day
    claim_reference: Name = None
    """The invoice number of the claim that it is for, where the case holds several."""
    payment_reference: Name = None
    """The creditor's own reference of the payment."""
    applies_to: AppliesTo | None = None
    """What the shop allocated it to; None leaves it to the law (§ 367 BGB)."""


class Amend(Instruction):
    """What the agency was given has changed: a credit note, a corrected amount, a new address."""

    placement: Placement
    """The case as it stands now."""
    changed: tuple[str, ...]
    """What changed: ``credited``, ``amount``, ``debtor``, ``dispute``, ``ended``, ``paid``."""
    note: Prose = None


class Recall(Instruction):
    """The creditor takes the case back (Rückruf). Costs may arise: the agency's notice is shown before."""

    reason: Prose = None
    costs_accepted: bool = False
    """Whether a person has seen the notice of what a recall costs."""


class Pause(Instruction):
    """The agency shall halt the case for a while (Stundung, Ruhen)."""

    until: Day | None = None
    """The last day of the pause; None where the creditor will ask to resume."""
    reason: Prose = None


class Resume(Instruction):
    """The agency shall go on with a case that was halted."""


class SendMessage(Instruction):
    """A message to the agency's clerk."""

    text: str = Field(min_length=1, max_length=10_000, repr=False)


class SendDocument(Instruction):
    """A document for the case: invoice, reminder, proof of delivery."""

    kind: Reference
    """``invoice``, ``reminder``, ``contract``, ``delivery``, ``title`` or ``other``."""
    file_name: Reference
    media_type: Reference
    content: bytes = Field(repr=False)


class Acknowledgement(Model):
    """The agency's word on an instruction."""

    shown: ClassVar[frozenset[str]] = frozenset({"done", "reference"})

    done: bool = True
    """False where the agency has taken the request and has yet to decide (a cancellation that is only asked for)."""
    report: StatusReport | None = None
    """Where the case stands now, if the agency said so."""
    reference: Name = None
    """The agency's id of what was made: a message, a document, a payment."""
    agency_text: Prose = None
    raw: Any = Field(default=None, repr=False)
