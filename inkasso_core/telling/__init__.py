"""Telling agencies: what they must hear of a case that they have, queued as instructions, or raised as tasks for a person."""
