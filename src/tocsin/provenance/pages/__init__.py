"""Pages for people: one HTML file each that needs nothing else, shows no picture and runs no script."""

from tocsin.provenance.pages._frame import PageError, check_page
from tocsin.provenance.pages.explaining import explain_page
from tocsin.provenance.pages.linked import link_page

__all__ = ["PageError", "check_page", "explain_page", "link_page"]
