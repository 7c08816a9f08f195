"""How the agency is spoken to: host, key, idempotency keys, pages of lists."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterator, Mapping
from typing import Any, ClassVar
from urllib.parse import quote

from inkasso_adapters.paywise.reading import obj, rows, text
from inkasso_adapters.paywise.refusals import read_refusal
from inkasso_adapters.paywise.settings import HOSTS, PaywiseSettings
from inkasso_core import HttpAgency, Refusal

PAGE = 100
"""Rows of a list in one answer, at most."""
MOST_PAGES = 1000
LONGEST_ADDRESS = 4000
_KEYS = uuid.uuid5(uuid.NAMESPACE_URL, "https://api.paywise.de/v2/")


class PaywiseHttp(HttpAgency[PaywiseSettings]):
    """The requests. ``reference: agency-apis.md`` 7.1, 7.3 and 7.7."""

    name: ClassVar[str] = "paywise"
    label: ClassVar[str] = "paywise"
    Settings = PaywiseSettings

    def __init__(self, settings: PaywiseSettings) -> None:
        super().__init__(settings)
        self.base_url = (settings.base_url or HOSTS[settings.environment]).rstrip("/") + "/"

    def headers(self) -> dict[str, str]:
        """The key, and for a partner's key the company."""
        company = self.settings.on_behalf_of_company
        key = {"Authorization": f"Bearer {self.settings.token.get_secret_value()}"}
        return {**key, "X-On-Behalf-Of-Company": company} if company else key

    def read_refusal(self, status: int, data: Any) -> Refusal:
        """Name all fields that an answer complains about, in our words."""
        return read_refusal(data)

    def get(self, path: str, *, params: Mapping[str, str] | None = None, absent: Collection[int] = ()) -> Any:
        """Read."""
        return self.call("GET", path, params=params, absent=absent)

    def post(self, path: str, key: str, *step: str, json: Any = None, commits: bool = True, absent: Collection[int] = ()) -> dict[str, Any]:
        """Send a command; the same ``key`` and ``step`` make the same idempotency key, and so the same answer, without a second effect."""
        headers = {"Idempotency-Key": command_key(key, *step)}
        return obj(self.call("POST", path, json=json, headers=headers, commits=commits, absent=absent))

    def pages(self, path: str, params: Mapping[str, str]) -> Iterator[dict[str, Any]]:
        """Yield the rows of a list, page by page. Only the query of ``next`` is followed: the key goes to no other host.

        An answer without a list is no empty list: from that would follow that a case is not there.
        """
        answer = self.get(path, params={**params, "limit": str(PAGE)})
        for _ in range(MOST_PAGES):
            page = obj(answer)
            listed = page.get("results")
            if not isinstance(listed, list) or (listed and not rows(listed)):
                raise self.wire.lost(changing=False, raw=answer)
            yield from rows(listed)
            query = _query(page.get("next"))
            if not query:
                return
            answer = self.get(f"{path}?{query}")


def _query(address: Any) -> str:
    return (text(address, LONGEST_ADDRESS) or "").partition("?")[2].partition("#")[0]


def segment(name: str | None) -> str:
    """Return an id, see :func:`~inkasso_adapters.paywise.reading.ref`, as one part of an address, whatever stands in it."""
    return quote(name or "", safe="")


def command_key(key: str, *step: str) -> str:
    """Return the idempotency key of one command: always the same for the same instruction and step, and of a form of its own length."""
    return str(uuid.uuid5(_KEYS, "\n".join((key, *step))))
