"""Where the CyberTipline is (documentation of 2025-06-11): constants, because no setting may say otherwise.

What is meant for a test must never reach production by a slip, and what is meant for production must not
reach somebody else. So a URL is compared with its one spelling here, and not taken apart and understood:
case, dots, ports, user names and every other way of writing a host differ from it and are refused.
"""

import re
from typing import Final

from tocsin.errors import Error
from tocsin.filing.model import Environment

PRODUCTION_URL: Final = "https://report.cybertip.org/ispws"
TEST_URL: Final = "https://exttest.cybertip.org/ispws"
_SIMULATOR: Final = re.compile(r"http://(?:127\.0\.0\.1|\[::1\]):([1-9][0-9]{0,4})/ispws", re.ASCII)
_HIGHEST_PORT: Final = 65_535
_FIXED: Final = {Environment.PRODUCTION: PRODUCTION_URL, Environment.TEST: TEST_URL}


class UnfitUrlError(Error):
    """That is not where this environment of the authority is."""

    code = "filing.unfit_url"
    advice = (
        "Production and test have one URL each, which is not given: leave it out. A simulator's is written "
        "http://127.0.0.1:PORT/ispws, as `tocsin simulate cybertip` prints it."
    )


def url_of(environment: Environment) -> str:
    """The URL of production or of the system for tests. Raises UnfitUrlError for a simulator: it has none."""
    if environment not in _FIXED:
        message = "a simulator needs its URL"
        raise UnfitUrlError(message)
    return _FIXED[environment]


def checked_url(environment: Environment, url: str) -> str:
    """`url`, if it is the environment's, to the letter. Raises UnfitUrlError."""
    if environment in _FIXED:
        fit = url == _FIXED[environment]
    else:
        written = _SIMULATOR.fullmatch(url)
        fit = written is not None and int(written[1]) <= _HIGHEST_PORT
    if not fit:
        # The URL itself is not repeated: somebody may have written a password into it.
        message = f"that is not a URL of the CyberTipline's environment {environment.value!r}"
        raise UnfitUrlError(message)
    return url


def host_of(environment: Environment) -> str:
    """The name of the host of production or of the system for tests, as it is typed to confirm."""
    return url_of(environment).split("/")[2]
