"""The command ``inkasso`` that dies at a point around a commit, at the request whose number chance says."""

import os
import random
import signal
import sys

from inkasso_core import points
from inkasso_core.cli import main

chance = random.Random(int(os.environ["INKASSO_TEST_SEED"]))  # noqa: S311  (no secret)
left = chance.randint(2, 9)


def die(name: str) -> None:
    """Die where the last commit is, or just before."""
    global left
    if name == os.environ["INKASSO_TEST_POINT"]:
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


points.listener = die
sys.argv[0] = "inkasso"
main()
