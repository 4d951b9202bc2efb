"""Codes of classification schemes, and why none is turned into another."""

from tocsin.law.errors import NoCrosswalkError, UnknownSchemeError
from tocsin.law.model import Crosswalk, Scheme, Verdict
from tocsin.law.packs import Packs, shipped


def code_of(written: str, packs: Packs | None = None) -> tuple[Scheme, str]:
    """The scheme and the code that `name:version:code` writes, as in `iwf:2024:A`.

    A scheme that is not complete takes any code. Raises UnknownSchemeError.
    """
    scheme_id, _, code = written.rpartition(":")
    packs = packs or shipped()
    scheme = packs.scheme(scheme_id)
    if not code or not knows(scheme_id, code, packs):
        message = f"the scheme {scheme_id} has no code {code!r}"
        raise UnknownSchemeError(message)
    return scheme, code


def knows(scheme_id: str, code: str, packs: Packs | None = None) -> bool:
    """Whether a code may be recorded in a scheme: it lists it, or is not complete. Without code: any."""
    scheme = (packs or shipped()).schemes.get(scheme_id)
    return scheme is not None and (not code or not scheme.complete or scheme.has(code))


def crosswalk(source: str, target: str, packs: Packs | None = None) -> Crosswalk:
    """The step from a code (`name:version:code`) to a scheme (`name:version`), which is mostly refused.

    What comes back is no code either: a person records it, and the code it came from stays.

    Raises NoCrosswalkError with the reason, UnknownSchemeError.
    """
    packs = packs or shipped()
    scheme, code = code_of(source, packs)
    wanted = packs.scheme(target)
    if scheme.id == wanted.id:
        message = f"{source} is a code of {target} already"
        raise NoCrosswalkError(message)
    sources = {scheme.name, scheme.id, f"{scheme.name}:{code}", source}
    for known in packs.crosswalks:
        if known.source in sources and known.target in {wanted.name, wanted.id}:
            if known.verdict is Verdict.SAME:
                return known
            message = f"{source} is not turned into a code of {target}: {known.reason}"
            raise NoCrosswalkError(message)
    message = f"{source} is not turned into a code of {target}: a code means something within its scheme only"
    raise NoCrosswalkError(message)
