"""The way in: tokens that processes share, limits that are kept, and what answers mean."""

import datetime as dt
import json
import threading
from decimal import Decimal
from subprocess import PIPE

import pytest
from pydantic import ValidationError

from inkasso_core import Answer, AuthenticationFailed, ConfigurationError, OutcomeUnknown, TemporarilyUnavailable
from inkasso_shop_plugins.plentymarkets import PlentySettings, pages, rights
from inkasso_shop_plugins.plentymarkets.client import Client
from inkasso_shop_plugins.plentymarkets.record import Node

from .invented import order
from .town import settings as given
from .town import start

ASKED = "/webstores"


def _ask(client):
    return client.get(ASKED, right=rights.READ_CLIENTS)


# Addresses and credentials


@pytest.mark.parametrize("tail", ["", "/", "/rest", "/rest/"])
def test_the_address_may_end_in_rest(context, shop, url, tail):
    assert _ask(Client(context(base_url=url + tail))) == shop.webstores


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"base_url": "shop.example"}, "address"),
        ({"base_url": "https://user:secret@shop.example"}, "address"),
        ({"base_url": "https://shop.example?token=1"}, "address"),
        ({"password": None}, "credentials"),
        ({"base_url": None}, "credentials"),
        ({"client_id": "c"}, "credentials"),
        ({"client_id": "c", "client_secret": "s", "token_url": "https://shop.example/token"}, "credentials"),
        ({"hook_secret": "too short"}, "hook_secret"),
        ({"hook_secret": "long enough but with blanks"}, "hook_secret"),
        ({"documents": ["invoice"]}, "documents"),
        ({"status_after": {"paid": "8"}}, "status_after"),
        ({"status_after": {"paid": "7-8"}}, "status_one"),
        ({"status_after": {"ready": "7"}}, "literal_error"),
    ],
)
def test_settings_that_cannot_work_are_refused(changes, code):
    with pytest.raises(ValidationError) as caught:
        PlentySettings.model_validate(given("https://shop.example", **changes))
    assert code in {error["type"] for error in caught.value.errors()}
    assert "secret@" not in str(caught.value)


def test_the_secrets_are_not_shown():
    settings = PlentySettings.model_validate(given("https://shop.example", hook_secret="abcdefghijklmnop"))
    assert "geheim" not in repr(settings)
    assert "abcdefghijklmnop" not in repr(settings)


# Tokens


@pytest.mark.parametrize("spelling", ["both", "snake", "camel"])
def test_the_token_is_read_in_either_spelling(context, shop, spelling):
    shop.spelling = spelling
    client = Client(context())
    _ask(client)
    _ask(client)
    assert shop.routes() == {"POST /login": 1, "GET /webstores": 2}


def test_an_app_client_logs_in_at_its_own_address(context, shop, url):
    way = {"client_id": "client-7", "client_secret": "client-secret-7", "token_url": f"{url}/oauth/token"}
    assert _ask(Client(context(username=None, password=None, **way))) == shop.webstores
    assert shop.routes()["POST /oauth/token"] == 1


def test_the_token_is_shared_by_all_who_open_the_installation(context, shop):
    first, second = context(), context()
    _ask(Client(first))
    _ask(Client(second))
    assert shop.routes()["POST /login"] == 1


def test_a_token_is_renewed_before_its_end(context, shop, clock):
    client = Client(context())
    _ask(client)
    clock.sleep(shop.token_seconds - 30)
    _ask(client)
    assert shop.routes()["POST /login"] == 2
    assert shop.counted(status=401) == []


def test_an_expired_token_means_one_login(context, shop):
    client = Client(context())
    _ask(client)
    shop.sessions.clear()
    _ask(client)
    assert [call.status for call in shop.log] == [200, 200, 401, 200, 200]


def test_the_token_that_somebody_else_renewed_is_taken(context, shop):
    """Our token was refused, and meanwhile another worker has brought a new one: nobody logs in again."""
    ours = context()
    client = Client(ours)
    _ask(client)
    old = client._tokens.current()
    shop.sessions.clear()
    _ask(Client(context()))  # the other worker
    logins = shop.routes()["POST /login"]
    client._tokens.current = lambda: old  # what we had in our hands when the other one renewed it
    assert _ask(client) == shop.webstores
    assert shop.routes()["POST /login"] == logins


def test_a_token_that_is_refused_again_and_again_is_no_way_in(context, shop):
    shop.before = lambda _call: shop.sessions.clear()
    with pytest.raises(AuthenticationFailed):
        _ask(Client(context()))
    assert shop.routes()["POST /login"] == 2


def test_too_many_users_are_waited_for(context, shop):
    shop.most_sessions = 0
    with pytest.raises(TemporarilyUnavailable, match="Too many users") as caught:
        _ask(Client(context()))
    assert caught.value.retry_after == 300
    assert shop.routes() == {"POST /login": 1}


@pytest.mark.parametrize(("status", "words"), [(401, "refuses the credentials"), (403, "locked")])
def test_refused_credentials_are_not_tried_again_at_once(context, shop, clock, status, words):
    ours = context(password="something else") if status == 401 else context()
    shop.login_status = 403 if status == 403 else 200
    with pytest.raises(AuthenticationFailed, match=words) as caught:
        _ask(Client(ours))
    assert "something else" not in str(caught.value.text)
    with pytest.raises(AuthenticationFailed, match="a short time ago"):
        _ask(Client(ours))
    assert shop.routes()["POST /login"] == 1
    clock.forward(hours=1)
    with pytest.raises(AuthenticationFailed, match=words):
        _ask(Client(ours))


def test_corrected_credentials_are_tried_at_once(context, shop):
    with pytest.raises(AuthenticationFailed):
        _ask(Client(context(password="wrong")))
    assert _ask(Client(context())) == shop.webstores


def test_threads_log_in_once(context, shop):
    ours, failures = context(), []

    def work():
        try:
            _ask(Client(ours))
        except Exception as exc:  # noqa: BLE001  (whatever it is, the test's own thread reports it)
            failures.append(exc)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert shop.routes()["POST /login"] == 1


def test_processes_log_in_once(install, tmp_path, shop, url):
    install()
    started = [start("asker", tmp_path / "town", url, tmp_path / "clock", stdin=PIPE, stdout=PIPE) for _ in range(2)]
    assert [process.stdout.readline() for process in started] == [b"ready\n"] * 2
    for process in started:
        process.stdin.write(b"go\n")
        process.stdin.flush()
    for process in started:
        process.communicate(timeout=60)
    assert [process.returncode for process in started] == [0, 0]
    assert shop.routes() == {"POST /login": 1, "GET /webstores": 2}


# Limits


def test_it_waits_where_no_calls_are_left(context, shop, clock):
    shop.reads.limit = 3
    client, began = Client(context()), clock.seconds
    for _ in range(10):
        _ask(client)
    assert shop.counted(status=429) == []
    assert clock.seconds - began >= 3 * 60 - 5


def test_who_uses_up_the_calls_tells_the_others(context, shop):
    shop.reads.limit = 2
    first, second = Client(context()), Client(context())
    for client in (first, first, second, second, first):
        _ask(client)
    assert shop.counted(status=429) == []


def test_the_limit_of_a_day_ends_the_work(context, shop, clock):
    shop.day_reads.limit = 2
    client, began = Client(context()), clock.seconds
    _ask(client)
    _ask(client)
    with pytest.raises(TemporarilyUnavailable, match="minutes") as caught:
        _ask(client)
    assert caught.value.retry_after == pytest.approx(24 * 3600, abs=60)
    assert clock.seconds - began < 60
    assert shop.counted(status=429) == []


def test_a_route_with_a_limit_of_its_own_keeps_nobody_else_waiting(context, shop, clock):
    client, seen = Client(context()), []
    shop_answer = shop.answer

    def answer(method, path, query, headers, body):
        status, more, data = shop_answer(method, path, query, headers, body)
        if path == ASKED:
            seen.append(clock.seconds)
            more = {**more, "X-Plenty-Route-Calls-Left": "0", "X-Plenty-Route-Decay": "120"}
        return status, more, data

    shop.answer = answer
    _ask(client)
    began = clock.seconds
    client.get("/payments/methods", right=rights.READ_PAYMENTS)
    assert clock.seconds - began < 1
    _ask(client)
    assert seen[1] - seen[0] >= 120


@pytest.mark.parametrize("headers", [{}, {"Retry-After": "soon"}, {"Retry-After": "-1"}])
def test_an_answer_429_that_says_nothing_is_waited_for_a_minute(context, shop, clock, headers):
    client, began = Client(context()), clock.seconds
    _ask(client)
    shop.refuse = [headers]
    _ask(client)
    assert 60 <= clock.seconds - began < 70


def test_what_is_refused_for_ever_is_given_up(context, shop):
    shop.refuse = [{"Retry-After": "1"}] * 100
    with pytest.raises(TemporarilyUnavailable):
        _ask(Client(context()))
    assert len(shop.log) < 12


def test_a_wait_of_hours_is_nobodys_patience(context, shop, clock):
    client, began = Client(context()), clock.seconds
    _ask(client)
    shop.refuse = [{"Retry-After": "7200"}]
    with pytest.raises(TemporarilyUnavailable) as caught:
        _ask(client)
    assert caught.value.retry_after == pytest.approx(7201, abs=2)
    assert clock.seconds - began < 10


def test_a_point_in_time_where_seconds_belong_stops_nobody_for_longer_than_a_day(context, shop, clock):
    shop.refuse = [{"Retry-After": "1775210400"}]
    with pytest.raises(TemporarilyUnavailable):
        _ask(Client(context()))
    clock.forward(hours=24, minutes=1)
    assert _ask(Client(context())) == shop.webstores


@pytest.mark.parametrize("access", ["", "tök€n", 7])
def test_a_token_that_is_none_is_not_kept(context, access):
    ours = context()
    answer = Answer(200, {}, json.dumps({"accessToken": access}).encode())
    with ours.shelf.locked("token") as kept, pytest.raises(TemporarilyUnavailable):
        Client(ours)._tokens._taken(kept, answer)
    assert ours.shelf.read("token") is None


# Answers


def test_a_missing_right_is_named(context, shop):
    shop.forbidden = {"GET /webstores"}
    with pytest.raises(AuthenticationFailed, match=r"read clients \(webstores\) \(GET /webstores\)") as caught:
        _ask(Client(context()))
    assert "Mandanten (webstores) lesen" in caught.value.text.de


def test_what_the_shop_does_not_understand_names_the_route_and_no_id(context):
    with pytest.raises(ConfigurationError, match=r"GET /nowhere/\{id\} \(HTTP 404\)"):
        Client(context()).get("/nowhere/4711", right=rights.READ_ORDERS)


@pytest.mark.parametrize(("commits", "error"), [(False, TemporarilyUnavailable), (True, OutcomeUnknown)])
@pytest.mark.parametrize("trouble", ["500", "html"])
def test_trouble_in_the_shop(context, shop, trouble, commits, error):
    shop_answer = shop.answer

    def answer(method, path, *more):
        status, headers, data = shop_answer(method, path, *more)
        return (status, headers, data) if path == "/login" else (500, headers, {}) if trouble == "500" else (200, headers, b"<html>")

    shop.answer = answer
    client = Client(context())
    with pytest.raises(error):
        client.write("POST", "/comments", {}, right=rights.WRITE_NOTES) if commits else _ask(client)


def test_numbers_stay_exact(context, shop):
    shop.orders = {1: order(1, statusId=Decimal("3.6"))}
    found = Client(context()).get("/orders/1", right=rights.READ_ORDERS)
    assert found["statusId"] == Decimal("3.6")


# Pages


def _paged(*answers):
    left = list(answers)
    return [node.text("id") for node in pages.walk(lambda _page: left.pop(0))], len(left)


def _page(number, ids, **more):
    return {"page": number, "entries": [{"id": one} for one in ids], **more}


@pytest.mark.parametrize(
    ("answers", "found", "unasked"),
    [
        ([[{"id": 1}, {"id": 2}]], ["1", "2"], 0),
        ([_page("1", [1, 2], isLastPage=False), _page("2", [3], isLastPage=True), None], ["1", "2", "3"], 1),
        ([_page(1, [1, 2], isLastPage=False), _page("1", [1, 2], isLastPage=False), None], ["1", "2"], 1),
        ([_page(1, [1, 2], isLastPage=False), *(_page(n, [1, 2], isLastPage=False) for n in (2, 3, 4)), None], ["1", "2"], 1),
        ([_page(1, [3, 4], isLastPage=False), _page(2, [3, 4], isLastPage=False), _page(3, [5], isLastPage=True)], ["3", "4", "5"], 0),
        ([_page(1, [1, 2], isLastPage=False), _page(2, [], isLastPage=False), None], ["1", "2"], 1),
        ([_page(1, [], isLastPage=True)], [], 0),
        ([_page(1, [1, 2], lastPageNumber="2"), _page(2, [3], lastPageNumber="2"), None], ["1", "2", "3"], 1),
        ([_page(1, [1, 2], itemsPerPage=2), _page(2, [3], itemsPerPage=2), None], ["1", "2", "3"], 1),
        ([{"entries": [{"id": 1}], "isLastPage": "true"}], ["1"], 0),
    ],
)
def test_lists_are_read_to_their_end_and_no_further(answers, found, unasked):
    assert _paged(*answers) == (found, unasked)


@pytest.mark.parametrize("answer", [None, {}, "text", {"entries": "none"}, {"error": {"message": "no"}}])
def test_what_is_no_list_ends_the_poll_and_not_the_data(answer):
    with pytest.raises(TemporarilyUnavailable):
        list(pages.walk(lambda _page: answer))


def test_an_answer_without_records_has_none():
    assert [pages.entries(answer) for answer in (None, {}, [], {"entries": []})] == [[], [], [], []]
    assert isinstance(pages.entries([{"id": 1}])[0], Node)


def test_the_token_is_kept_where_secrets_are(context, shop, tmp_path):
    ours = context()
    _ask(Client(ours))
    kept = json.loads(ours.shelf.read("token"))
    assert kept["access"] in shop.sessions
    assert dt.datetime.fromisoformat(kept["until"]) > ours.now()
    assert "geheim" not in ours.shelf.read("token")
