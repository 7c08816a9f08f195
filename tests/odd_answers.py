"""Answers that an agency should not give: a good one, with a member of it replaced by whatever JSON can hold."""

import copy
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import simplejson
from hypothesis import strategies as st

ODD_TEXTS = (
    "",
    " ",
    "\u200b",
    "\0",
    "\ud800",
    "..",
    "/",
    "A/../B?x=1#y",
    "x" * 5000,
    "\u0958" * 300,
    "1E+999999",
    "-0",
    "0000-00-00",
    "2026-02-30",
    "0001-01-01T00:00:00+14:00",
    "https://[x/?a",
)
ODD_VALUES: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    -1,
    10**30,
    Decimal("1E+30"),
    Decimal("0E+999999"),
    Decimal("-0.00001"),
    [],
    {},
    [None],
    [[]],
    {"x": 1},
    [{"x": []}],
    *ODD_TEXTS,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield where values stand in an answer."""
    yield path
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in entries:
        yield from places(inner, (*path, key))


def with_odd(value: Any, path: tuple[Any, ...], odd: Any) -> Any:
    """Return the answer with another value at a place."""
    if not path:
        return odd
    changed = copy.deepcopy(value)
    node = changed
    for key in path[:-1]:
        node = node[key]
    node[path[-1]] = odd
    return changed


def odd_answers(good: Any) -> st.SearchStrategy[Any]:
    """Draw answers that differ from a good one in one place."""
    values = st.one_of(st.sampled_from(ODD_VALUES), st.text(st.characters(), max_size=20))
    return st.tuples(st.sampled_from(list(places(good))), values).map(lambda drawn: with_odd(good, *drawn))


def written(answer: Any) -> bytes:
    """Write an answer as an agency could: half characters, which UTF-8 has not, as escapes."""
    return bytes(simplejson.dumps(answer, use_decimal=True).encode("ascii"))
