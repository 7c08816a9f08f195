"""Shop plugins that ship with inkasso: one module per shop system, found by entry point, never imported by the core."""
