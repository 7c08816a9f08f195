"""One full exchange with an agency, as a page shows it: recorded where it happens, compared with what the documentation holds.

A test lets an adapter talk to its peer inside of :func:`recorded` and hands the result to :func:`shown_on`. With
``INKASSO_WRITE_EXCHANGES`` set, the page is written anew; otherwise one that does not show what was said fails the test.
"""

import contextlib
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode

import pytest
from lxml import etree

from inkasso_core.agencies.http import from_json
from inkasso_core.agencies.wire import Answer, Wire

EXCHANGES = Path(__file__).parents[1] / "docs" / "agencies" / "exchanges"
_LEFT_OUT = frozenset({"user-agent", "accept-encoding", "connection", "content-length", "date", "host", "server", "x-powered-by"})
_MASK = "***"


class Said(NamedTuple):
    """One request and its answer."""

    operation: str
    method: str
    url: str
    headers: dict[str, str]
    body: bytes
    answer: Answer


class Recording:
    """What was said, in order. ``during`` names the operation that the next requests belong to."""

    def __init__(self) -> None:
        self.said: list[Said] = []
        self.during = ""


@contextlib.contextmanager
def recorded(monkeypatch: pytest.MonkeyPatch) -> Iterator[Recording]:
    """Record every request of every adapter."""
    recording, send = Recording(), Wire.send

    def sent(self: Wire, method: str, url: str, **more: Any) -> Answer:
        answer = send(self, method, url, **more)
        query = f"?{urlencode(more['params'])}" if more.get("params") else ""
        recording.said.append(Said(recording.during, method, url + query, dict(more.get("headers") or {}), more.get("body") or b"", answer))
        return answer

    with monkeypatch.context() as patch:
        patch.setattr(Wire, "send", sent)
        yield recording


def shown_on(page: str, recording: Recording, *, secrets: Sequence[str], varying: Sequence[str] = ()) -> None:
    """Compare a recording with ``docs/agencies/exchanges/PAGE.md``; ``varying`` are patterns of what differs from run to run."""
    compare(page, _page(recording, secrets, varying))


def compare(page: str, text: str) -> None:
    """Compare a text with ``docs/agencies/exchanges/PAGE.md``."""
    path = EXCHANGES / f"{page}.md"
    if os.environ.get("INKASSO_WRITE_EXCHANGES"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert path.exists(), f"write {path.name} with INKASSO_WRITE_EXCHANGES=1"
    assert path.read_text(encoding="utf-8") == text, f"{path.name} is stale: write it anew with INKASSO_WRITE_EXCHANGES=1"


def _page(recording: Recording, secrets: Sequence[str], varying: Sequence[str]) -> str:
    parts: list[str] = []
    heading = None
    for said in recording.said:
        if said.operation != heading:
            heading = said.operation
            parts.append(f"### `{heading}`\n")
        parts.append(f"Request:\n\n```text\n{_request(said)}\n```\n")
        parts.append(f"Answer:\n\n```text\n{_answer(said.answer)}\n```\n")
    text = "\n".join(parts)
    for secret in secrets:
        text = text.replace(secret, _MASK)
    text = re.sub(r"(127\.0\.0\.1|localhost):\d+", "agency.example", text)
    for pattern in varying:
        text = re.sub(pattern, "…", text)
    return text


def _request(said: Said) -> str:
    headers = [f"{name}: {value}" for name, value in sorted(said.headers.items()) if name.casefold() not in _LEFT_OUT]
    return "\n".join([f"{said.method} {said.url}", *headers, *_body(said.body)])


def _answer(answer: Answer) -> str:
    kind = answer.headers.get("Content-Type")
    return "\n".join([str(answer.status), *([f"Content-Type: {kind}"] if kind else []), *_body(answer.body)])


def _body(body: bytes) -> list[str]:
    return ["", _pretty(body)] if body else []


def _pretty(body: bytes) -> str:
    with contextlib.suppress(ValueError):
        import simplejson

        return str(simplejson.dumps(from_json(body), use_decimal=True, ensure_ascii=False, indent=2))
    with contextlib.suppress(etree.XMLSyntaxError):
        root = etree.fromstring(body, etree.XMLParser(remove_blank_text=True))
        return etree.tostring(root, pretty_print=True, encoding="unicode").rstrip()
    return body.decode("utf-8", "replace")
