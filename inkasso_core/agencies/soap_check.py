"""Is everything in a SOAP request that should be there? ``zeep`` leaves out, without a word, what its WSDL has no place for.

Given two claims where the WSDL has room for one it writes the first; a structure for an element of any type becomes its ``repr``.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from lxml import etree

_OF_XML = ("{http://www.w3.org/2001/XMLSchema-instance}", "{http://schemas.xmlsoap.org/soap/", "{http://www.w3.org/2003/05/soap-")
_TRUTH = frozenset({"true", "false", "0", "1", "yes", "no"})
"""Texts that a truth value of the WSDL may spell in another way."""


def dropped(body: bytes, values: Any) -> bool:
    """Return whether less stands in an envelope than was given for it: a text is missing, or there are fewer values than given."""
    given, written = (
        list(_leaves(values)),
        Counter(_written(etree.fromstring(body, etree.XMLParser(huge_tree=True, resolve_entities=False)))),
    )
    texts = Counter(text for leaf in given if isinstance(leaf, str) and (text := leaf.strip().casefold()) not in _TRUTH)
    return bool(texts - written) or len(given) > written.total()


def _leaves(node: Any) -> Iterator[Any]:
    match node:
        case Mapping():
            for value in node.values():
                yield from _leaves(value)
        case list() | tuple():
            for value in node:
                yield from _leaves(value)
        case str() | bytes() if not node.strip():
            return
        case str() | bytes() | bool() | int() | Decimal() | dt.date() | dt.time():
            yield node


def _written(root: etree._Element) -> Iterator[str]:
    for node in root.iter():
        if node.text and node.text.strip():
            yield node.text.strip().casefold()
        yield from (str(value).strip().casefold() for name, value in node.attrib.items() if not str(name).startswith(_OF_XML))
