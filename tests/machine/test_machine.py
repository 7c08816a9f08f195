"""500 examples of the state machine in the suite, the same each time; others, and as many as wanted, with ``INKASSO_MACHINE_EXAMPLES``.

Without a guard of the core the machine finds what it was there for.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from chaos import sabotage
from hypothesis.stateful import run_state_machine_as_test
from machine.town import EXAMPLES, IN_SUITE, effort, town_in

BITES = {
    "attempt before sending": "no try of it is under way",
    "look-up before sending again": "was submitted again|no try of it is under way",
    "look before telling again": "told twice|no try of it is under way",
    "told before it is noted": "events were never told",
}
"""Guard -> what the machine says without it."""
MOST = 400
"""Examples after which a guard that is missed by nobody would have to go."""


def test_whatever_happens_in_whatever_order_nothing_is_done_twice_and_nothing_is_lost(tmp_path: Path) -> None:
    how = effort(EXAMPLES or IN_SUITE, derandomize=not EXAMPLES, print_blob=bool(EXAMPLES))
    run_state_machine_as_test(town_in(tmp_path), settings=how)


@pytest.mark.parametrize("guard", BITES)
def test_without_a_guard_it_bites(guard: str, tmp_path: Path) -> None:
    with _without(guard), pytest.raises(AssertionError, match=BITES[guard]):
        run_state_machine_as_test(town_in(tmp_path), settings=effort(MOST, derandomize=True, shrinks=False))


@contextmanager
def _without(guard: str) -> Iterator[None]:
    """Take a guard away, and give the core back as it was."""
    core = [module for name, module in list(sys.modules.items()) if name.startswith("inkasso_core")]
    kept = [(module, dict(vars(module))) for module in core]
    sabotage.remove(guard)
    try:
        yield
    finally:
        for module, names in kept:
            vars(module).update(names)
