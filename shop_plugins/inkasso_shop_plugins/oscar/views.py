"""The pages in Oscar's dashboard: the queue, what was transmitted, one order, and the two things that are done here.

All of them are for staff (the app's ``default_permissions``). Where our store is away, the page says so, and the shop goes on.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from oscar.core.loading import get_model

from inkasso_core import Actor, Filter, InvalidInput, NotFound, State, state_label
from inkasso_shop_plugins.django.conf import options
from inkasso_shop_plugins.django.installation import installation
from inkasso_shop_plugins.django.relay import pending
from inkasso_shop_plugins.oscar.rows import at_agency, numbers_of, row_of, shown
from inkasso_shop_plugins.oscar.words import language, word, words

logger = logging.getLogger("inkasso.oscar")

_QUEUE = (State.READY, State.WAITING, State.RUNNING, State.FAILED)
_TRANSMITTED = (State.EXPORTED, State.HANDED_OVER, State.UNCLEAR, State.PAUSED, State.PAID, State.CLOSED, State.CANCELLED)
View = Callable[..., HttpResponse]


def _page(view: View) -> View:
    """Make a page that stands also without our store."""

    @functools.wraps(view)
    def safe(request: HttpRequest, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, **kwargs)
        except PermissionDenied:
            raise
        except Exception as exc:  # noqa: BLE001  (our store is away or misconfigured: no reason to break the shop's dashboard)
            logger.error("inkasso: the page %s is not available (%s)", view.__name__, type(exc).__name__)
            return render(request, "inkasso_oscar/away.html", {"words": words()}, status=503)

    return safe


@_page
def queue(request: HttpRequest) -> HttpResponse:
    """Show what waits for a release, by state, with how many there are."""
    return _list(request, "inkasso_oscar/queue.html", _QUEUE, State.READY)


@_page
def transmitted(request: HttpRequest) -> HttpResponse:
    """Show what went to an agency, where it stands there, and the link to its portal."""
    return _list(request, "inkasso_oscar/transmitted.html", _TRANSMITTED, None, cases=True)


def _list(request: HttpRequest, template: str, states: tuple[State, ...], first: State | None, *, cases: bool = False) -> HttpResponse:
    ink, actor, shop = installation(), _actor(request), options().shop
    asked = request.GET.get("state", first.value if first else "")
    chosen = tuple(state for state in states if state.value == asked) or states
    counts = ink.count(Filter(shop=shop, states=states), actor=actor)
    tabs = [("all" if state is None else state.value, _label(state), _counted(counts, state, states)) for state in (*states, None)]
    page = shown(ink, Filter(shop=shop, states=chosen), actor, _number(request.GET.get("page")), cases=cases)
    given = {"words": words(), "tabs": tabs, "chosen": asked or "all", "page": page, "here": request.get_full_path()}
    return render(request, template, given)


def _label(state: State | None) -> str:
    return word("all") if state is None else state_label(state).read(language())


def _counted(counts: dict[State, int], state: State | None, states: tuple[State, ...]) -> int:
    return sum(counts.get(one, 0) for one in (states if state is None else (state,)))


@_page
def act(request: HttpRequest) -> HttpResponse:
    """Release or remove the chosen claims. The same form sent twice does it once: the second time says that it is done already."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    try:
        _act(request, _ours(request.POST.getlist("ref")), request.POST.get("reason", "").strip())
    except (InvalidInput, NotFound) as exc:
        messages.warning(request, exc.read(language()))
    return redirect(_back(request))


def _act(request: HttpRequest, refs: list[str], reason: str) -> None:
    action, actor = request.POST.get("action"), _actor(request)
    if not refs:
        messages.warning(request, word("none_chosen"))
    elif action == "release":
        _tell(request, "done_release", installation().release(refs, actor=actor))
    elif action == "remove" and not reason:
        messages.warning(request, word("reason_needed"))
    elif action == "remove":
        _tell(request, "done_remove", installation().remove(refs, actor=actor, reason=reason))


def _ours(refs: list[str]) -> list[str]:
    """The claims of this shop alone, whatever a form says."""
    mine = [ref for ref in refs if ref.startswith(f"{options().shop}:")]
    if len(mine) != len(refs):
        raise PermissionDenied
    return list(dict.fromkeys(mine))


def _tell(request: HttpRequest, name: str, handled: list[Any]) -> None:
    done = [one for one in handled if one.ok]
    if done:
        messages.success(request, word(name, count=len(done)))
    numbers = numbers_of(one.ref.partition(":")[2] for one in handled)
    for one in handled:
        if one.problem is not None:
            key = one.ref.partition(":")[2]
            messages.warning(request, f"{numbers.get(key, key)}: {one.problem.read(language())}")


def _back(request: HttpRequest) -> str:
    """Where the form was, if that is here: never another site."""
    wanted = request.POST.get("next", "")
    here = url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure())
    return wanted if here else reverse("inkasso:inkasso-queue")


@_page
def find(request: HttpRequest) -> HttpResponse:
    """Find an order by its number, to say why it stands in the queue or not."""
    found = get_model("order", "Order").objects.filter(number=request.GET.get("number", "").strip()).first()
    if found is None:
        messages.warning(request, word("no_order"))
        return redirect("inkasso:inkasso-queue")
    return redirect("inkasso:inkasso-order", order=found.pk)


@_page
def order(request: HttpRequest, order: int) -> HttpResponse:
    """Show why an order may or may not go, and what happened to its claim."""
    ink, actor, key = installation(), _actor(request), str(order)
    given: dict[str, Any] = {"words": words(), "number": numbers_of([key]).get(key, key), "waits": pending().filter(order=key).exists()}
    try:
        details = ink.show(key, shop=options().shop, actor=actor)
    except NotFound:
        failed = ink.trace(key, shop=options().shop, actor=actor).failed
        given["failed"] = [_message(one.message) for one in failed]
        return render(request, "inkasso_oscar/order.html", given)
    diagnosis, said = ink.diagnose(details.stored.id, actor=actor), language()
    given |= {
        "row": row_of(details.stored, numbers_of([key]))._replace(placed=at_agency(details.placements)),
        "findings": [(one.level.value, one.message.read(said), one.remedy.read(said), one.expected_on) for one in diagnosis.findings],
        "is_ready": diagnosis.is_ready,
        "history": [(one.at, one.actor, one.what, one.reason or "") for one in reversed(details.history)],
        "error": details.error.read(said) if details.error else "",
    }
    return render(request, "inkasso_oscar/order.html", given)


def _message(stored: Any) -> str:
    """What a failed event says, in the language of this request."""
    return str(stored.get(language(), "")) if isinstance(stored, dict) else ""


def _actor(request: HttpRequest) -> Actor:
    """Who is signed in, as the history names him."""
    return Actor(f"shop:{request.user.get_username()}"[:100])


def _number(text: str | None) -> int:
    return int(text) if text and text.isdecimal() and 0 < len(text) < 6 and int(text) else 1
