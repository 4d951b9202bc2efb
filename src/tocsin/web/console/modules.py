"""All modules with pages."""

from typing import Final

from tocsin.web.console import queue, signing_in

MODULES: Final = (signing_in.pages, queue.pages)
