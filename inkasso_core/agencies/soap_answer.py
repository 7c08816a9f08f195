"""Read a SOAP answer as it is: into dicts, lists and text, whatever types, wrappers and references its service uses.

An element with children is a dict; a member that comes several times, the ``item`` elements of an array, and a typed array are a list;
everything else is text, empty or ``xsi:nil`` elements None. A list of one may come as the element alone: :func:`as_list` reads both.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from lxml import etree

_ENVELOPES = ("http://schemas.xmlsoap.org/soap/envelope/", "http://www.w3.org/2003/05/soap-envelope")
_XSI = "{http://www.w3.org/2001/XMLSchema-instance}"
_ARRAY_TYPES = (
    "{http://schemas.xmlsoap.org/soap/encoding/}arrayType",
    "{http://www.w3.org/2003/05/soap-encoding}itemType",
    "{http://www.w3.org/2003/05/soap-encoding}arraySize",
)
_CALLERS = frozenset({"Client", "Sender"})
DEEPEST = 60
"""How deep an answer may be nested: references could form a circle."""
MOST_VALUES = 1_000_000
"""More has no answer of the length that is taken; references to references could make any number of them."""


class SoapAnswer(NamedTuple):
    """What an operation returned."""

    value: Any
    """The only part of the answer; a dict of parts where there are several, None where there is none."""
    raw: str
    """The whole answer as text, unchanged."""

    def __repr__(self) -> str:
        return f"SoapAnswer({len(self.raw)} characters)"


class Fault(NamedTuple):
    """A SOAP fault, of version 1.1 or 1.2."""

    code: str
    """Without its prefix."""
    text: str
    detail: Any = None

    @property
    def is_callers(self) -> bool:
        """True where the service says that the request was wrong, and so was not processed."""
        return self.code.partition(".")[0] in _CALLERS

    def __repr__(self) -> str:
        return f"Fault({self.code})"


def read_answer(body: bytes) -> SoapAnswer | Fault | None:
    """Read an envelope; None where it is none (HTML, a notice before the XML, half an answer, a document type)."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError:
        return None
    name, document = etree.QName(root), root.getroottree().docinfo
    if name.localname != "Envelope" or name.namespace not in _ENVELOPES or document.internalDTD is not None:
        return None
    inside = root.find(f"{{{name.namespace}}}Body")
    if inside is None:
        return None
    fault = inside.find(f"{{{name.namespace}}}Fault")
    part = fault if fault is not None else next((child for child in inside if isinstance(child.tag, str)), None)
    try:
        value = None if part is None else _Reader(root).value(part)
    except _TooMany:
        return None
    return _fault(value) if fault is not None else SoapAnswer(_only(value), _decoded(body, document.encoding))


def _decoded(body: bytes, encoding: str | None) -> str:
    try:
        return body.decode(encoding or "utf-8", "replace")
    except LookupError:  # libxml2 knows encodings that Python does not
        return body.decode("utf-8", "replace")


def as_list(value: Any) -> list[Any]:
    """Read a list that may be absent, one element, or many."""
    if value is None:
        return []
    if isinstance(value, dict) and set(value) == {"item"}:
        return as_list(value["item"])
    return list(value) if isinstance(value, list) else [value]


def _only(part: Any) -> Any:
    return next(iter(part.values())) if isinstance(part, dict) and len(part) == 1 else part


def _fault(node: Any) -> Fault:
    members = node if isinstance(node, dict) else {}
    if "faultcode" in members:
        code, text, detail = members["faultcode"], members.get("faultstring"), members.get("detail")
    else:
        outer = members.get("Code")
        code = outer.get("Value") if isinstance(outer, dict) else outer
        reason = members.get("Reason")
        text = as_list(reason.get("Text") if isinstance(reason, dict) else reason)
        text, detail = (text[0] if text else None), members.get("Detail")
    return Fault(str(code or "").rpartition(":")[2].strip(), str(text or ""), detail)


class _Reader:
    """Reads the elements of one envelope, following its references."""

    def __init__(self, root: etree._Element) -> None:
        self._by_id = {node.get("id"): node for node in root.iter() if node.get("id") is not None}
        self._left = MOST_VALUES

    def value(self, node: etree._Element, depth: int = 0) -> Any:
        self._left -= 1
        if self._left < 0:
            raise _TooMany
        node = self._by_id.get((node.get("href") or "").removeprefix("#"), node)
        if depth > DEEPEST or node.get(f"{_XSI}nil") in ("true", "1"):
            return None
        children = [child for child in node if isinstance(child.tag, str)]
        if self._is_array(node, children):
            return [self.value(child, depth + 1) for child in children]
        if not children:
            return (node.text or "").strip() or None
        found: dict[str, Any] = {}
        for child in children:
            name, value = etree.QName(child).localname, self.value(child, depth + 1)
            if name not in found:
                found[name] = value
            elif isinstance(found[name], _Several):
                found[name].append(value)
            else:
                found[name] = _Several([found[name], value])
        return {name: list(value) if isinstance(value, _Several) else value for name, value in found.items()}

    @staticmethod
    def _is_array(node: etree._Element, children: list[etree._Element]) -> bool:
        typed = any(name in node.attrib for name in _ARRAY_TYPES) or (node.get(f"{_XSI}type") or "").rpartition(":")[2] == "Array"
        return typed or (bool(children) and all(etree.QName(child).localname == "item" for child in children))


class _TooMany(Exception):
    """An answer that unfolds into more values than it can honestly hold."""


class _Several(list[Any]):
    """The values of a member that comes several times, apart from one value that is a list."""
