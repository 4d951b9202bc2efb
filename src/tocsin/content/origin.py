"""Looking for signs of origin in a sandbox child, sharing the decode that views are made from."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final, cast

from tocsin.errors import Error
from tocsin.media.errors import MediaError
from tocsin.media.limits import PictureLimits
from tocsin.provenance.explain import DECODER, ENDED, FindingsSoFar, Tier, Wanted, look
from tocsin.provenance.model import Failed, Finding, NotChecked
from tocsin.provenance.opened import Opened, Stored
from tocsin.provenance.trust import Trust

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from tocsin.media.identify import FileType
    from tocsin.media.sandbox import JsonValue

MOST_KEPT: Final = 64_000_000
"""Pixels of a picture that is kept for looking into while its views are hashed: 256 MB with transparency."""


class TooManyToKeepError(MediaError):
    """The picture has more pixels than are looked into for marks."""

    code = "media.too_many_to_keep"
    advice = "Marks hide in pictures as generators make them, which are smaller. Look at a reduced copy."


@dataclass(frozen=True, slots=True)
class Looking:
    """How signs of origin are looked for."""

    wanted: Wanted
    trust: Trust | None = None
    detectors: Path | None = None
    """The folder of plugged-in detectors."""


def looking(options: "Mapping[str, JsonValue]") -> Looking:
    """Read the options of a sandbox job: `origin` names the tier, `trust` is `Trust` as JSON text.

    `skipped` has the families that ended a child before, with the reasons.
    """
    skipped = cast("Mapping[str, str]", options.get("skipped") or {})
    trust = options.get("trust")
    return Looking(
        Wanted(Tier(str(options["origin"])), tuple(skipped.items())),
        _trust(str(trust)) if trust else None,
        Path(str(options["detectors"])) if options.get("detectors") else None,
    )


@cache
def _trust(text: str) -> Trust:
    """Read once in a child, though it comes with every job."""
    return Trust.from_json(json.loads(text))


class Origin:
    """The signs of one file's origin."""

    def __init__(self, source: BinaryIO, file_type: "FileType", how: Looking, limits: PictureLimits) -> None:
        """Nothing is read yet."""
        self._source = source
        self._type = file_type
        self._how = how
        self._limits = limits
        self._kept: Stored | None = None
        self._too_many = False

    def keep(self, pixels: "NDArray[np.uint8]", exact: bool) -> None:  # noqa: FBT001  # `views` calls it so
        """Take the picture as it is stored, from the decode that its views are made from."""
        if self._how.wanted.tier is Tier.PIXELS:
            height, width = pixels.shape[:2]
            if width * height <= MOST_KEPT:
                self._kept = Stored(pixels, exact)
            else:
                self._too_many = True

    def not_yet(self) -> tuple[Finding, ...]:
        """What is true if this process ends while views are decoded, before signs are looked for."""
        return (
            Failed(DECODER.name, ENDED, "it ended the sandbox child that it ran in"),
            NotChecked("signs of origin", "the sandbox child ended before they were looked for"),
        )

    def look(self, so_far: FindingsSoFar) -> tuple[Finding, ...]:
        """All findings."""
        if not self._source.seekable():
            return (NotChecked("signs of origin", "the file is too large to be held in memory"),)
        file = Opened(
            self._source,
            self._type,
            trust=self._how.trust,
            detectors=self._how.detectors,
            decode=self._decode,
        )
        return look(file, self._how.wanted, so_far)

    def _decode(self) -> Stored:
        """The picture that was kept, or decode it now. Raises an error of `tocsin.media.errors`."""
        if self._kept is None and not self._too_many:
            from tocsin.media.views import views  # noqa: PLC0415  # NumPy, only once pixels are asked for

            self._source.seek(0)
            try:
                next(iter(views(self._source, self._limits, self.keep)), None)
            except Error:
                if self._kept is None:
                    raise
        if self._kept is None:
            raise TooManyToKeepError
        return self._kept
