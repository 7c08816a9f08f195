"""Envelopes of SOAP 1.1 in the style rpc/encoded: requests read as they come, answers written from the table of records.

A request's members may stand in any order, with or without types, in lists of ``item`` elements or ``soapenc:Array``, or behind references
(``href``), as clients in several languages write them.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, NamedTuple

from lxml import etree

from inkasso_adapters.adu.types import RECORDS, array_name, soap_name
from inkasso_adapters.adu.wsdl import ENCODING, Arrays

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
XSD = "http://www.w3.org/2001/XMLSchema"
DEEPEST = 12
"""How deep a request may be nested: its references could form a circle."""
MOST_VALUES = 100_000
"""How many values a request may hold: references to references could make any number of them, before anybody has logged in."""


class Request(NamedTuple):
    """A request: the call, its only parameter, and the header's token."""

    call: str
    value: Mapping[str, Any]
    token: Mapping[str, Any]

    def __repr__(self) -> str:
        return f"Request({self.call})"


def read_request(body: bytes) -> Request | None:
    """Read an envelope; None for what is none, and for one with a document type."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )
    with suppress(etree.XMLSyntaxError, _TooMany):
        root = etree.fromstring(body, parser)
        inside = root.find(f"{{{SOAP}}}Body")
        if root.tag != f"{{{SOAP}}}Envelope" or root.getroottree().docinfo.internalDTD is not None or inside is None or not len(inside):
            return None
        reader = _Reader(root)
        token = root.find(f"{{{SOAP}}}Header/{{*}}verifyingToken")
        parameter = next(iter(inside[0]), None)
        return Request(etree.QName(inside[0]).localname, reader.members(parameter), reader.members(token))
    return None


def items(value: Any) -> list[Any]:
    """Read a list: of ``item`` elements, of any elements, or a single one that stands for itself."""
    if value is None:
        return []
    if isinstance(value, Mapping) and set(value) == {"item"}:
        return items(value["item"])
    return value if isinstance(value, list) else [value]


class _TooMany(Exception):
    """A request that unfolds into more values than it can honestly hold."""


class _Reader:
    def __init__(self, root: etree._Element) -> None:
        self._by_id = {node.get("id"): node for node in root.iter() if node.get("id")}
        self._left = MOST_VALUES

    def members(self, node: etree._Element | None) -> Mapping[str, Any]:
        value = None if node is None else self._value(node, 0)
        return value if isinstance(value, Mapping) else {}

    def _value(self, node: etree._Element, depth: int) -> Any:
        self._left -= 1
        if self._left < 0:
            raise _TooMany
        node = self._by_id.get((node.get("href") or "#").removeprefix("#"), node)
        if depth > DEEPEST or node.get(f"{{{XSI}}}nil") in ("true", "1"):
            return None
        if not len(node):
            return node.text or None
        if f"{{{ENCODING}}}arrayType" in node.attrib:
            return [self._value(child, depth + 1) for child in node]
        found: dict[str, list[Any]] = {}
        for child in node:
            found.setdefault(etree.QName(child).localname, []).append(self._value(child, depth + 1))
        return {name: values if len(values) > 1 else values[0] for name, values in found.items()}


def answer(call: str, record: str, value: Mapping[str, Any], namespace: str, arrays: Arrays) -> bytes:
    """Write the answer to a call. Members that are None or unknown to the table are left out."""
    envelope, inside = _envelope(namespace)
    response = etree.SubElement(inside, f"{{{namespace}}}{call}Response", {f"{{{SOAP}}}encodingStyle": ENCODING})
    _write(etree.SubElement(response, "return"), record, value, arrays)
    return etree.tostring(envelope, xml_declaration=True, encoding="UTF-8")


def fault(text: str, namespace: str, *, code: str = "Client") -> bytes:
    """Write a fault. Its text says nothing of a debtor."""
    envelope, inside = _envelope(namespace)
    node = etree.SubElement(inside, f"{{{SOAP}}}Fault")
    etree.SubElement(node, "faultcode").text = f"SOAP-ENV:{code}"
    etree.SubElement(node, "faultstring").text = text
    return etree.tostring(envelope, xml_declaration=True, encoding="UTF-8")


def _envelope(namespace: str) -> tuple[etree._Element, etree._Element]:
    spaces = {"SOAP-ENV": SOAP, "SOAP-ENC": ENCODING, "xsi": XSI, "xsd": XSD, "ns1": namespace}
    envelope = etree.Element(f"{{{SOAP}}}Envelope", nsmap=spaces)
    return envelope, etree.SubElement(envelope, f"{{{SOAP}}}Body")


def _write(node: etree._Element, kind: str, value: Any, arrays: Arrays) -> None:
    inner = kind.removesuffix("[]")
    if kind.endswith("[]"):
        if arrays == "soapenc":
            node.set(f"{{{ENCODING}}}arrayType", f"ns1:{soap_name(inner)}[{len(value)}]")
        node.set(f"{{{XSI}}}type", "SOAP-ENC:Array" if arrays == "soapenc" else f"ns1:{array_name(inner)}")
        for one in value:
            _write(etree.SubElement(node, "item"), inner, one, arrays)
    elif kind in RECORDS:
        node.set(f"{{{XSI}}}type", f"ns1:{soap_name(kind)}")
        for member, member_kind in RECORDS[kind].items():
            if value.get(member) is not None:
                _write(etree.SubElement(node, member), member_kind, value[member], arrays)
    else:
        node.set(f"{{{XSI}}}type", f"xsd:{kind}")
        node.text = str(value).lower() if isinstance(value, bool) else _xml(str(value))


def _xml(text: str) -> str:
    """Leave out the control characters that XML cannot hold."""
    return "".join(
        char for char in text if char in "\t\n\r" or " " <= char <= "\ud7ff" or "\ue000" <= char <= "\ufffd" or char >= "\U00010000"
    )
