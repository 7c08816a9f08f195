"""The words of Tryton for what inkasso tells; ``locale`` holds the German ones."""

from __future__ import annotations

STATES = (
    ("waiting", "Waiting"),
    ("ready", "Ready to Hand Over"),
    ("running", "Running"),
    ("exported", "Sent"),
    ("handed_over", "Handed Over to Agency"),
    ("failed", "Failed"),
    ("unclear", "Unclear"),
    ("paused", "Blocked"),
    ("removed", "Removed"),
    ("cancelled", "Cancelled"),
    ("paid", "Paid"),
    ("closed", "Closed"),
)
"""The states of a claim, as people read them in Tryton."""
OTHER = "other"
KINDS = (
    ("registered", "Registered"),
    ("revised", "Changed in Tryton"),
    ("queued", "Ready to hand over"),
    ("waiting", "Waiting"),
    ("released", "Released"),
    ("exported", "Sent to the agency"),
    ("handed_over", "Handed over to the agency"),
    ("failed", "Refused"),
    ("unclear", "Outcome unclear"),
    ("paused", "Blocked"),
    ("removed", "Removed"),
    ("cancelled", "Cancelled"),
    ("paid", "Paid"),
    ("closed", "Closed"),
    ("status", "New status at the agency"),
    ("payment", "Payment at the agency"),
    ("message", "Message"),
    ("ledger", "Account of the agency"),
    ("told", "Agency was told"),
    ("task", "Something to do"),
    ("hold", "Hold"),
    (OTHER, "Other"),
)
"""What happened. A kind that a newer library tells of is ``other`` here."""
