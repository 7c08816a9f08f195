"""A real Tryton server on PostgreSQL with workers: their tasks relay, and several relays at once do not get into each other's way."""

import contextlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from chaos.servers import Postgres, missing_postgres
from peers.proc import free_port, missing, running
from peers.tryton import INKASSO, Shop, TrytonHost, make_database, write_config

MANY = 12
PATIENCE = 120


@pytest.fixture
def server(tryton: TrytonHost, tmp_path: Path) -> Iterator[tuple[Shop, str]]:
    """A business on PostgreSQL, its server, and the address of it; tasks wait for a worker."""
    if reason := missing_postgres():
        missing(reason, "apt-get install postgresql")
    with Postgres() as postgres:
        address, _, name = postgres.database().rpartition("/")
        port = free_port()
        write_config(
            tmp_path,
            uri=address,
            queue={"worker": True},
            web={"listen": f"127.0.0.1:{port}"},
            inkasso={"config": tmp_path / "inkasso.toml", "shop": "erp"},
        )
        (tmp_path / "inkasso.toml").write_text(INKASSO.format(accounts="", database=name), "utf-8")
        make_database(tryton, tmp_path, name)
        shop = Shop(tryton, tmp_path, name)
        with running(shop.program("trytond.cli"), port, cwd=tmp_path, log=tmp_path / "server.log"):
            yield shop, f"http://127.0.0.1:{port}/{name}/rpc/"


@contextlib.contextmanager
def workers(shop: Shop) -> Iterator[None]:
    """Let two processes work at the queue."""
    with (shop.folder / "worker.log").open("wb") as log:
        command = shop.program("trytond.cli.worker", "-n", "2")
        process = subprocess.Popen(command, cwd=shop.folder, stdout=log, stderr=log, start_new_session=True)
        try:
            yield
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(20)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # its two children outlive it


def test_workers_relay_what_the_server_writes_and_relays_at_once_hand_in_each_row_once(server: tuple[Shop, str]) -> None:
    erp, address = server
    invoices = (
        f"for n in range({MANY}):\n    town.invoice(town.customer(f'Kunde {{n}}'))\n"
        "due = INVOICED + dt.timedelta(days=TERM)\n"
        "town.dun(due + dt.timedelta(days=OVERDUE[0]))\n"
        "town.dun(due + dt.timedelta(days=OVERDUE[1]))\n"
    )
    erp.play(invoices)
    third_run = (
        f"town = open_server({address!r})\n"
        "run = town.Wizard('account.dunning.create')\n"
        "run.form.date = TODAY\n"
        "run.execute('create_')\n"
        "drafts = town.get('account.dunning').find([('state', '=', 'draft')])\n"
        "town.Wizard('account.dunning.process', drafts).execute('process')\n"
        "print(written(town.events('outcome')))"
    )
    assert erp.play(third_run) == [[None]] * MANY  # no worker yet: the rows wait
    with workers(erp):
        outcomes = until(erp, lambda found: all(outcome for (outcome,) in found))
        assert outcomes == [["registered"]] * MANY
        assert len(erp.inkasso("claims").splitlines()) == MANY
        paid = erp.play(
            f"town = open_server({address!r})\n"
            "invoice = town.get('account.invoice').find([('party.name', '=', 'Kunde 3')])[0]\n"
            "wizard = invoice.click('pay')\n"
            "wizard.form.payment_method = town.one('account.invoice.payment.method', ('name', '=', 'Bank'))\n"
            "wizard.form.date = TODAY\n"
            "wizard.execute('choice')\n"
            "print(written([town.get('account.invoice')(invoice.id).number, town.events('key')[-1][0]]))"
        )
        until(erp, lambda found: len(found) > MANY and all(outcome for (outcome,) in found))
    assert erp.claim(f"erp:{paid[1]}")["state"] == "paid"

    again = (
        "def forget(pool):\n"
        "    rows = pool.get('inkasso.event').search([])\n"
        "    pool.get('inkasso.event').write(rows, {'relayed_at': None})\n"
        "    return len(rows)\n"
        "print(town.inside(forget))"
    )
    rows = erp.play(again)
    relay = erp.program("inkasso_shop_plugins.tryton")
    erp.inkasso("run")
    assert len(erp.play("print(written(town.notes()))")) >= MANY
    started = [subprocess.Popen(relay, cwd=erp.folder, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    said = [process.communicate(timeout=PATIENCE)[0] for process in started]
    assert [process.returncode for process in started] == [0, 0, 0], said
    assert sum(int(line.split()[2].rstrip(",")) for line in said) == rows
    assert len(erp.inkasso("claims").splitlines()) == MANY


def until(erp: Shop, is_done: Callable[[list[list[Any]]], bool]) -> list[list[Any]]:
    """Wait until the rows are as wanted; return their outcomes."""
    end = time.monotonic() + PATIENCE
    while True:
        found = erp.play("print(written(town.events('outcome')))")
        if is_done(found):
            return list(found)
        if time.monotonic() > end:
            pytest.fail(json.dumps(found) + (erp.folder / "worker.log").read_text("utf-8", "replace"))
        time.sleep(1)
