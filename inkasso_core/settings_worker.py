"""``[worker]``: how often `inkasso worker` does what time brings, and which queue engine is told of what is to be handed over."""

from __future__ import annotations

from pydantic import Field

from inkasso_core.settings_serve import Part


class WorkerSettings(Part):
    """``[worker]``: for ``inkasso worker``, and for queue engines."""

    every: int = Field(default=300, ge=1, le=86_400)
    """How long each part of what time brings rests, in seconds: polling a shop, diagnosing, asking an agency. What is released, and what an
    agency is to be told, waits for nothing."""
    export_hour: int = Field(default=6, ge=0, le=23)
    """The hour (creditor's zone) from which on workers write, once a day, the files of accounts that take files. `inkasso transmit` writes
    them at any time."""
    engine: str = "none"
    """`procrastinate`: whatever queues something for an agency defers a job of that engine in the same transaction (PostgreSQL and
    `inkasso[procrastinate]` only). `none`: nobody is told, and workers look by themselves."""
