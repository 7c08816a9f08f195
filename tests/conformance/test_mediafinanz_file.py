"""mediaFinanz by file."""

from inkasso_adapters.mediafinanz_file import MediafinanzFile
from inkasso_core.testing import FileConformance


class TestMediafinanzFile(FileConformance):
    agency_class = MediafinanzFile
    entry_point = "mediafinanz-file"
