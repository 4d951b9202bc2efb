"""What both pages have in common: the template engine, the policy, and writing all of a page or nothing."""

import base64
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

from tocsin import __version__
from tocsin.errors import Error
from tocsin.names import shown
from tocsin.replacing import GENERATOR, check_target, replacing

if TYPE_CHECKING:
    import jinja2

HERE: Final = "<!-- here -->"
"""Stands in a template where what was spooled goes. A stranger's text cannot hold it: `<` comes escaped."""


class PageError(Error):
    """The page cannot be written."""

    code = "provenance.page"
    advice = "Name a file in a folder that may be written and run the command again."


def check_page(target: Path) -> None:
    """Look beforehand, so that nobody waits for hours for what cannot be written.

    Raises:
        PageError: `target` cannot be written.
        TargetError: a file is there that is no page of Tocsin.
    """
    check_target(target)
    if not os.access(target.parent, os.W_OK | os.X_OK):
        message = f"the page cannot be written into the folder {target.parent}"
        raise PageError(message)


@contextmanager
def page_file(target: Path) -> Iterator[BinaryIO]:
    """A file that becomes `target` at once when all is written. Raises as `check_page` does."""
    check_target(target)  # again: it may be there only since
    try:
        with replacing(target) as file:
            yield file
    except OSError as error:
        message = f"the page cannot be written: {error.strerror}"
        raise PageError(message) from error


def template(name: str) -> "jinja2.Template":
    """The template in the package's file `name`."""
    return _environment().get_template(name)


@cache
def _environment() -> "jinja2.Environment":
    import jinja2  # noqa: PLC0415  # only for pages

    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(_text),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_safe,
    )
    style = _text("page.css")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    environment.globals.update(
        style=style,
        policy=f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'",
        version=__version__,
        generator=GENERATOR,
        now=lambda: datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        here=HERE,
    )
    environment.filters["count"] = "{:,}".format
    return environment


def _safe(value: object) -> object:
    """Text as `shown` spells it, so that no name can turn around what stands beside it."""
    return shown(value) if type(value) is str else value


def _text(name: str) -> str:
    return resources.files("tocsin.provenance.pages").joinpath(name).read_text("utf-8")
