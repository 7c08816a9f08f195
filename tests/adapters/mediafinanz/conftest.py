"""The stand-ins, started once: each test finds them empty."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from peers.mediafinanz import RestPeer, SoapPeer, rest_peer, soap_peer

from inkasso_adapters.mediafinanz import MediafinanzRest, MediafinanzSoap


@pytest.fixture(scope="session")
def running_soap(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SoapPeer]:
    with soap_peer(tmp_path_factory.mktemp("mediafinanz")) as peer:
        yield peer


@pytest.fixture
def soap(running_soap: SoapPeer) -> SoapPeer:
    running_soap.reset()
    return running_soap


@pytest.fixture
def rest() -> Iterator[RestPeer]:
    with rest_peer() as peer:
        yield peer


@pytest.fixture(params=["array", "item"])
def over_soap(soap: SoapPeer, request: pytest.FixtureRequest) -> Callable[..., MediafinanzSoap]:
    """Make an adapter; everything is tested with lists as typed arrays and as ``item`` elements."""

    def made(**changes: Any) -> MediafinanzSoap:
        return MediafinanzSoap(MediafinanzSoap.Settings.model_validate(soap.settings(lists=request.param, **changes)))

    return made


@pytest.fixture
def over_rest(rest: RestPeer) -> Callable[..., MediafinanzRest]:
    """Make an adapter."""

    def made(**changes: Any) -> MediafinanzRest:
        return MediafinanzRest(MediafinanzRest.Settings.model_validate(rest.settings(**changes)))

    return made
