"""The environments of NCMEC's hash sharing, as data.

`exploitative` lists hold what does not meet the definition of 18 USC 2256 (8): no list is ever merged with
another. The names are ours; the URLs are NCMEC's, as its documentation and python-threatexchange give them.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from tocsin.exchange.services.model import Environment

_LIVE: Final = {
    "industry-csam": "https://report.cybertip.org/hashsharing",
    "industry-exploitative": "https://report.cybertip.org/exploitative-hashsharing",
    "law-enforcement-csam": "https://lesp.ncmec.org/csam-hashsharing",
    "npo-csam": "https://hashsharing.ncmec.org/npo",
    "npo-exploitative": "https://hashsharing.ncmec.org/exploitative",
    "npo-generative-ai-csam": "https://hashsharing.ncmec.org/generative-ai-csam",
    "npo-generative-ai-exploitative": "https://hashsharing.ncmec.org/generative-ai-exploitative",
}
_TEST: Final = {
    "test-industry-csam": "https://exttest.cybertip.org/hashsharing",
    "test-industry-exploitative": "https://exttest.cybertip.org/exploitative-hashsharing",
    "test-law-enforcement-csam": "https://betalesp.ncmec.org/csam-hashsharing",
    "test-npo-csam": "https://hashsharing-test.ncmec.org/npo",
    "test-npo-exploitative": "https://hashsharing-test.ncmec.org/exploitative",
    "test-npo-generative-ai-csam": "https://hashsharing-test.ncmec.org/generative-ai-csam",
    "test-npo-generative-ai-exploitative": "https://hashsharing-test.ncmec.org/generative-ai-exploitative",
}
ENVIRONMENTS: Final[Mapping[str, Environment]] = MappingProxyType(
    {name: Environment(url, production=True) for name, url in _LIVE.items()}
    | {name: Environment(url) for name, url in _TEST.items()}
)
