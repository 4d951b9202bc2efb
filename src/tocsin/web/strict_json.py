"""JSON that strangers send, read strictly: an object, not too deep, of texts that any database can store."""

from typing import TYPE_CHECKING, Final, TypeVar

from pydantic import BaseModel, ValidationError

from tocsin.banks.batch import InvalidTextError, check_texts
from tocsin.media.answers import strictly_read
from tocsin.web.errors import BadRequestError, InvalidRequestError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tocsin.media.sandbox import JsonObject, JsonValue

DEEPEST: Final = 16
"""How many objects and arrays may stand in each other."""
M = TypeVar("M", bound=BaseModel)


def object_of(text: bytes, what: str) -> "JsonObject":
    """The object that `text` writes; `what` names it. Raises BadRequestError, InvalidRequestError."""
    try:
        found = strictly_read(text)
    except (ValueError, RecursionError) as error:
        message = f"{what} is not JSON: {error}"
        raise BadRequestError(message) from error
    if not isinstance(found, dict):
        message = f"{what} is not an object"
        raise InvalidRequestError(message)
    try:
        check_texts(_texts(found, DEEPEST))
    except InvalidTextError as error:
        message = f"{what}: {error.message}"
        raise InvalidRequestError(message) from error
    return found


def model_of(model: type[M], item: "JsonObject", what: str) -> M:
    """`item` as a model has it. Raises InvalidRequestError, which repeats nothing of what was sent."""
    try:
        return model.model_validate(item)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = ".".join(str(step) for step in first["loc"])
        message = f"{what}: {where}: {first['msg']}"
        raise InvalidRequestError(message) from error


def _texts(value: "JsonValue", depth: int) -> "Iterator[str]":
    """Every text in `value`, names included. Raises InvalidRequestError where it goes too deep."""
    if depth < 0:
        message = f"more than {DEEPEST} objects or arrays stand in each other"
        raise InvalidRequestError(message)
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from value
        for one in value.values():
            yield from _texts(one, depth - 1)
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one, depth - 1)
