"""Pictures of a case: filtered previews, and looks at originals. For people who have signed in only.

Each is checked, booked on the person's limits and recorded before it is made. A token is refused: it would be
a second budget beside its owner's.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, Final, Self, TypeVar

from fastapi import Path, Query, Request, Response
from pydantic import BaseModel, Field, model_validator

from tocsin.access.model import Permission
from tocsin.cases.viewing import LONGEST_PAGE, LONGEST_REASON, MOST_PARTS
from tocsin.errors import UsageError
from tocsin.evidence.renditions import Region, Rendition
from tocsin.web.api.case_shapes import ByClaim, CaseNumber, Claim, Note, OfContent
from tocsin.web.api.reviewers import AllowanceShape
from tocsin.web.api.shapes import Given, Number, RefusalShape
from tocsin.web.callers import Caller, caller_of, node_of
from tocsin.web.operation import Operations
from tocsin.web.pictures import REVEAL, SECONDS, look_sent, sent

if TYPE_CHECKING:
    from tocsin.web.apart import Apart

T = TypeVar("T")
operations = Operations("pictures of cases")
Still = Annotated[int, Field(ge=0, le=MOST_PARTS)]
Member = Annotated[int, Field(ge=0, le=MOST_PARTS)]
"""The number of a file in an archive; 0 for the content itself."""
_BINARY: Final[dict[str, Any]] = {"schema": {"type": "string", "format": "binary"}}
PREVIEW: Final[dict[str, Any]] = {
    "response_class": Response,
    "responses": {200: {"content": {"image/png": _BINARY}}},
}
LOOK: Final[dict[str, Any]] = {
    "response_class": Response,
    "responses": {
        200: {
            "content": {"image/jpeg": _BINARY},
            "headers": {
                REVEAL: {"description": "The number of the look.", "schema": {"type": "integer"}},
                SECONDS: {"description": "How long it may be shown.", "schema": {"type": "integer"}},
            },
        }
    },
}


class RegionGiven(Given):
    """A part of a picture as it is seen upright, in fractions of its sides."""

    left: float
    top: float
    width: float
    height: float

    @model_validator(mode="after")
    def lies_within(self) -> Self:
        """Raise ValueError unless it lies in the picture and has an area."""
        self.region()
        return self

    def region(self) -> Region:
        """The region. Raises ValueError."""
        try:
            return Region(self.left, self.top, self.width, self.height)
        except UsageError as error:
            raise ValueError(error.message) from error


class RevealGiven(ByClaim):
    """A look at an original, or a part of it."""

    seconds: Annotated[int, Field(ge=1, le=3600)]
    """How long it is wanted for; what is granted is in the header X-Reveal-Seconds."""
    region: RegionGiven | None = None
    still: Still = 0
    member: Member = 0
    page: Annotated[str, Field(max_length=LONGEST_PAGE)] = ""
    """From where it is asked for, as the record is to have it."""
    despite: Annotated[Note, Field(max_length=LONGEST_REASON)] = ""
    """Why content that has been judged is to be shown."""


class ShowAgain(ByClaim):
    """Why content that has been judged is to be shown."""

    reason: Annotated[Note, Field(min_length=1, max_length=LONGEST_REASON)]
    member: Member = 0


class StillsShape(BaseModel):
    """Which stills there are."""

    seconds: list[float | None]
    """When each stands in the content; one null for a picture."""
    cut: RefusalShape | None
    """Why there are none from later on, where that is so."""


class LookEnded(Given):
    """When a look ended."""

    seconds: Annotated[float, Field(ge=0, le=3600)]


class LookCounted(BaseModel):
    """What a look counts for, and what is left."""

    seconds: int
    allowance: AllowanceShape


async def _apart(request: Request, make: Callable[[], T]) -> T:
    """Make a picture in a thread of those for who waits for a sandbox child."""
    apart: Apart = request.app.state.pictures
    return await apart.run(caller_of(request).id, make)


@operations.operation(
    "GET",
    "/v1/cases/{case}/contents/{sha256}/renditions/{rendition}",
    needs=Permission.REVIEW,
    answers=(404, 409),
    **PREVIEW,
)
async def read_rendition(  # noqa: PLR0913  # what a picture is asked for with
    request: Request,
    caller: Caller,
    case: CaseNumber,
    sha256: OfContent,
    rendition: Annotated[Rendition, Path()],
    *,
    claim: Annotated[Claim, Query()],
    still: Annotated[Still, Query()] = 0,
    member: Annotated[Member, Query()] = 0,
) -> Response:
    """Make a filtered preview of a content of a case that the caller holds: small, and grey."""
    viewing, digest = node_of(request).review.viewing, bytes.fromhex(sha256)
    return sent(
        await _apart(
            request,
            lambda: viewing.rendition(caller, case, claim, digest, rendition, still, member=member),
        )
    )


@operations.operation(
    "GET", "/v1/cases/{case}/contents/{sha256}/stills", needs=Permission.REVIEW, answers=(404, 409)
)
async def read_stills(  # noqa: PLR0913, PLR0917  # as read_rendition
    request: Request,
    caller: Caller,
    case: CaseNumber,
    sha256: OfContent,
    claim: Annotated[Claim, Query()],
    member: Annotated[Member, Query()] = 0,
) -> StillsShape:
    """Tell how many stills there are of a content, and when they stand in it; none is shown."""
    viewing, digest = node_of(request).review.viewing, bytes.fromhex(sha256)
    found = await _apart(request, lambda: viewing.stills(caller, case, claim, digest, member=member))
    cut = None if found.cut is None else RefusalShape(**found.cut.to_json())
    return StillsShape(seconds=list(found.seconds), cut=cut)


@operations.operation(
    "POST",
    "/v1/cases/{case}/contents/{sha256}/show-again",
    needs=Permission.REVIEW,
    answers=(404, 409),
    **PREVIEW,
)
async def show_again(
    request: Request, caller: Caller, case: CaseNumber, sha256: OfContent, given: ShowAgain
) -> Response:
    """Make a blurred preview of judged content; the reason is recorded and holds for the claim."""
    viewing, digest = node_of(request).review.viewing, bytes.fromhex(sha256)
    return sent(
        await _apart(
            request,
            lambda: viewing.rendition(
                caller,
                case,
                given.claim,
                digest,
                Rendition.BLUR,
                member=given.member,
                despite=given.reason,
            ),
        )
    )


@operations.operation(
    "POST",
    "/v1/cases/{case}/contents/{sha256}/reveal",
    needs=Permission.REVEAL,
    answers=(404, 409),
    **LOOK,
)
async def reveal(
    request: Request, caller: Caller, case: CaseNumber, sha256: OfContent, given: RevealGiven
) -> Response:
    """Look at an original, or a part of it, for some seconds; the look is on record before it is sent."""
    viewing, digest = node_of(request).review.viewing, bytes.fromhex(sha256)
    look = await _apart(
        request,
        lambda: viewing.reveal(
            caller,
            case,
            given.claim,
            digest,
            None if given.region is None else given.region.region(),
            given.seconds,
            given.page or "/v1",
            given.still,
            given.despite,
            member=given.member,
        ),
    )
    return look_sent(look)


@operations.operation("POST", "/v1/reveals/{reveal}/end", needs=Permission.REVEAL)
def end_reveal(
    request: Request, caller: Caller, reveal: Annotated[Number, Path()], given: LookEnded
) -> LookCounted:
    """Tell that a look ended, so that the seconds that were left are given back."""
    viewing = node_of(request).review.viewing
    counted = viewing.ended(caller, reveal, given.seconds)
    return LookCounted(seconds=counted, allowance=AllowanceShape.of(viewing.allowance(caller)))
