# ruff: noqa: RUF012  (class attributes are how a conformance is declared)
"""PNO over HTTP, SOAP, SFTP and by file, in a shape that the settings of :mod:`conformance.configured` invent."""

from conformance import configured

from inkasso_adapters.pno import PNOFile, PNOHttp, PNOSftp, PNOSoap
from inkasso_core.testing import FileConformance


class TestPNOHttp(configured.ConfiguredHttpCase):
    agency_class = PNOHttp
    entry_point = "pno"


class TestPNOFeed(configured.ConfiguredFeedCase):
    agency_class = PNOHttp


class TestPNOBatch(configured.ConfiguredBatchCase):
    agency_class = PNOHttp


class TestPNOSoap(configured.ConfiguredSoapCase):
    agency_class = PNOSoap
    entry_point = "pno"


class TestPNOFile(FileConformance):
    agency_class = PNOFile
    entry_point = "pno"
    settings = {"transport": "file", "client_id": "mandant-1"}


class TestPNOSftp(FileConformance):
    agency_class = PNOSftp
    entry_point = "pno"
    settings = {"transport": "sftp", "client_id": "mandant-1", **configured.SFTP}
