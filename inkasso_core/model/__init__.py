"""The model: claim, debtor, creditor, events, reports. Frozen, and importing nothing else of inkasso."""
