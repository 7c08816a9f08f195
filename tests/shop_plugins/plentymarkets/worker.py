"""A process that does what cron does, for tests that kill it: ``worker FOLDER URL CLOCK SETTINGS``, as a module from the tests' folder."""

import json
import sys
from pathlib import Path

from .standin import SharedClock
from .town import town, work


def main(folder: str, url: str, clock: str, settings: str) -> None:
    """Work until nothing is left to do."""
    shared = SharedClock(Path(clock))
    with town(Path(folder), url, shared, **json.loads(settings)) as ink:
        work(ink, shared)


if __name__ == "__main__":
    main(*sys.argv[1:])
