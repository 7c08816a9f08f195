# ruff: noqa: S101  (what a check asserts is what it says)
"""An example of an operation: what the agency answers, and what the adapter has to make of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import Any

import pytest

from inkasso_core.errors import InkassoError
from inkasso_core.testing.reply import Replies, Reply, replies_of


@dataclass(frozen=True)
class Example:
    """What an author shows of one operation.

    ``expects`` is a mapping of attributes (``report.status`` looks inside), a list of such mappings for several results, None for no
    result, a function that is called with the result, or the result itself. ``raises`` names the error in its place; then ``expects`` is
    about the error. ``given`` is what the operation is called with, where the kit's own will not do.
    """

    replies: Replies
    expects: Any = field(default_factory=dict)
    raises: type[InkassoError] | None = None
    given: Any = None

    def answers(self) -> tuple[Reply, ...]:
        """Return the replies."""
        return replies_of(self.replies)

    def check(self, operation: Callable[..., Any], given: Sequence[Any]) -> Any:
        """Call the operation, compare, and return the result or the error."""
        arguments = given if self.given is None else [self.given]
        if self.raises is None:
            result = operation(*arguments)
            insist(result, self.expects)
            return result
        with pytest.raises(self.raises) as caught:
            operation(*arguments)
        assert type(caught.value) is self.raises, f"raised {type(caught.value).__name__}"
        insist(caught.value, self.expects)
        return caught.value


def insist(result: Any, expects: Any) -> None:
    """Fail unless the result is as expected."""
    if expects is None:
        assert result is None
    elif isinstance(expects, Mapping):
        found = {name: _inside(result, name) for name in expects}
        assert found == dict(expects)
    elif isinstance(expects, list):
        assert len(result) == len(expects)
        for one, expected in zip(result, expects, strict=True):
            insist(one, expected)
    elif callable(expects):
        assert expects(result) is not False
    else:
        assert result == expects


def _inside(result: Any, path: str) -> Any:
    def step(value: Any, name: str) -> Any:
        return value[int(name)] if name.isdigit() else getattr(value, name)

    return reduce(step, path.split("."), result)


def examples_of(given: Example | Sequence[Example] | None) -> tuple[Example, ...]:
    """Return the examples that an author gave: none, one, or several."""
    if given is None:
        return ()
    return (given,) if isinstance(given, Example) else tuple(given)
