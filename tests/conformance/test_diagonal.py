# ruff: noqa: RUF012  (class attributes are how a conformance is declared)
"""Diagonal over HTTPS, SFTP and by file, in a shape that the settings of :mod:`conformance.configured` invent."""

from conformance import configured

from inkasso_adapters.diagonal import DiagonalFile, DiagonalHttp, DiagonalSftp
from inkasso_core.testing import Example, FileConformance, Reply

GUARD = Reply("GET", f"{configured.API}/cases/A-77", {"case": "A-77", "state": "10"})


class TestDiagonalHttp(configured.ConfiguredHttpCase):
    agency_class = DiagonalHttp
    entry_point = "diagonal"
    settings = {**configured.HTTP, "longest_pause": 90}
    examples = {
        **configured.ConfiguredHttpCase.examples,
        "recall": Example((GUARD, Reply("POST", f"{configured.API}/cases/A-77/recall", {"done": "ja"})), {}),
    }


class TestDiagonalFeed(configured.ConfiguredFeedCase):
    agency_class = DiagonalHttp


class TestDiagonalBatch(configured.ConfiguredBatchCase):
    agency_class = DiagonalHttp


class TestDiagonalFile(FileConformance):
    agency_class = DiagonalFile
    entry_point = "diagonal"
    settings = {"transport": "file", "client_number": "4711"}


class TestDiagonalSftp(FileConformance):
    agency_class = DiagonalSftp
    entry_point = "diagonal"
    settings = {"transport": "sftp", "client_number": "4711", **configured.SFTP}
