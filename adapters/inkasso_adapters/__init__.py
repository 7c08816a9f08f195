"""Agency adapters that ship with inkasso: one module per agency, found by entry point, never imported by the core."""
