"""All modules with pages."""

from typing import Final

from tocsin.web.console import account, queue, signing_in

MODULES: Final = (signing_in.pages, account.pages, queue.pages)
