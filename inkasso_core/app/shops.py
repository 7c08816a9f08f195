"""The part of the facade for shops that are looked at from outside, or that send requests: polls, and what their routes receive."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from inkasso_core import errands, polling, receiving, shopside, wholes
from inkasso_core.app.base import Part, Result, result_of
from inkasso_core.errands import Errand
from inkasso_core.errors import InkassoError, NotFound
from inkasso_core.lifecycle import Actor
from inkasso_core.model.diagnosis import Finding
from inkasso_core.model.shop import Received, Reported, ShopRequest
from inkasso_core.model.words import Text
from inkasso_core.polling import OnGlance
from inkasso_core.store import claims, records, shops
from inkasso_core.store.records import Task
from inkasso_core.store.shops import Polled


class Polling(NamedTuple):
    """What a poll of one shop brought."""

    shop: str
    pages: int
    results: list[Result]
    """What became of its reports; of very many, the first ten thousand."""
    counts: Mapping[str, int]
    """What became of all of them: outcome -> how many."""
    problem: InkassoError | None
    """Why it ended before its end: the next one goes on from the last page that was stored."""


class Taker(NamedTuple):
    """A shop or an account that takes requests from outside."""

    kind: Literal["shop", "account"]
    name: str
    problem: InkassoError | None = None
    """Why it cannot, and then nobody knows whether it would."""


class Shops(Part):
    """What is brought from shops, and what they bring by themselves."""

    def poll(self, shop: str | None = None, *, on_glance: OnGlance | None = None) -> list[Polling]:
        """Ask one shop, or every shop whose plugin polls, what is new; one that breaks stops none of the others.

        A poll goes on where the last one came to, also where that was killed. Raises :class:`NotFound` for a shop whose plugin does not.
        """
        if shop is None:
            found = polling.poll_all(self._context, on_glance=on_glance)
        else:
            found = [polling.poll(self._context, shop, on_glance=on_glance)]
        return [Polling(one.shop, one.pages, [result_of(taken) for taken in one.taken], one.counts, one.problem) for one in found]

    def polls(self) -> list[Polled]:
        """Return when each shop was last polled to the end, and on what its last poll broke."""
        with self._context.database.read() as connection:
            return shops.polls(connection)

    def receive(self, shop: str, request: ShopRequest) -> tuple[Received, list[Result]]:
        """Take a request that a shop sent to its route; what its plugin reads from it is stored before this returns.

        Returns how it is to be answered. Raises :class:`DeliveryRefused` for one that is not the shop's (401), :class:`InvalidInput` for
        one that cannot be read (400), :class:`NotFound` where nothing takes it (404); after anything else (500) it is to come again.
        """
        received, taken = receiving.receive(self._context, shop, request)
        return received, [result_of(one) for one in taken]

    def report(self, shop: str, reports: Sequence[Reported]) -> list[Result]:
        """Take many reports of a shop in one commit; returns what became of each that is whole, in their order.

        A bad report raises nothing; parts are stored, and told later by :meth:`tell_parts`. Raises :class:`NotFound`,
        :class:`PluginError` or :class:`ConfigurationError` for a shop that cannot be served.
        """
        return [result_of(taken) for taken in receiving.store(self._context, shop, Received(reports=tuple(reports)))]

    def takers(self) -> list[Taker]:
        """Return the shops and accounts that take requests from outside, and those that cannot be asked whether they do."""
        asked: list[tuple[Literal["shop", "account"], str, Callable[[str], bool]]] = [
            *(("shop", name, self._shop_takes) for name in sorted(self.settings.shops)),
            *(("account", name, self._account_takes) for name in sorted(self.settings.accounts)),
        ]
        found = []
        for kind, name, takes in asked:
            try:
                if takes(name):
                    found.append(Taker(kind, name))
            except InkassoError as exc:
                found.append(Taker(kind, name, exc))
        return found

    def _shop_takes(self, name: str) -> bool:
        if "receive" not in self._context.plugins.shop_plugin(self._context.shop(name).plugin).operations:
            return False
        self._context.shop_settings(name)  # raises where they do not do
        return True

    def _account_takes(self, name: str) -> bool:
        return "receive" in self._context.adapter(name).operations

    def tell_parts(self, shop: str | None = None) -> list[Result]:
        """Tell plugins what arrived in parts since they were last told; :meth:`run_due` does so, too."""
        taken = wholes.tell_all(self._context) if shop is None else wholes.tell(self._context, shop)
        return [result_of(one) for one in taken]

    def errands(self, shop: str | None = None, *, actor: Actor | None = None) -> list[Errand]:
        """Return what is still to be entered in a shop, or in all, by hand: the open tasks of that kind, oldest first."""
        return errands.errands(self._errand_tasks(shop, actor), self.settings.inkasso.language, self.settings.zone)

    def export_errands(self, path: str | Path, shop: str | None = None, *, actor: Actor | None = None) -> int:
        """Write them as CSV for a spreadsheet: order number, new status, date, text; return the number of rows."""
        return errands.write_csv(Path(path), self.errands(shop, actor=actor), self.settings.inkasso.language)

    def _errand_tasks(self, shop: str | None, actor: Actor | None) -> list[Task]:
        with self._context.database.read() as connection:
            found = records.tasks(connection, self._actor(actor))
            mine = {task.claim_id for task in found if task.claim_id is not None}
            shops_of = {stored.id: stored.shop for stored in claims.by_ids(connection, sorted(mine))}
        return [task for task in found if shop is None or shops_of.get(task.claim_id or "") == shop]

    def retell_parts(self, shop: str) -> list[Result]:
        """Tell a plugin everything anew that arrived in parts, for example after its settings were changed. Raises :class:`NotFound`."""
        self._context.shop(shop)
        with self._context.database.write() as connection:
            shops.forget_told(connection, shop)
        return self.tell_parts(shop)

    def examine(self, shop: str) -> Iterator[Finding]:
        """Ask a shop itself whether it lets us in and has what the settings name. Raises :class:`NotFound` where its plugin cannot."""
        plugin = self._context.plugins.shop_plugin(self._context.shop(shop).plugin)
        if "examine" not in plugin.operations:
            raise NotFound(_CANNOT.fill(shop=shop, plugin=plugin.name), field="shop")
        yield from plugin.examine(shopside.shop_context(self._context, shop))


_CANNOT = Text(
    "Den Shop „{shop}“ kann sein Plugin {plugin} nicht von außen prüfen.",
    'The plugin {plugin} cannot examine the shop "{shop}" from outside.',
)
