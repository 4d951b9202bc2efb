"""Log lines as JSON objects, one a line, on stderr."""

import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from typing import Final

FIELDS: Final = (
    "request",
    "method",
    "route",
    "status",
    "ms",
    "sent",
    "caller",
    "incident",
    "job",
    "kind",
)
"""What a line may say beside its message. Anything else that code attaches is left out."""


class JsonLines(logging.Formatter):
    """Formats records as JSON, in ASCII so that no stranger's text can forge a line."""

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        item: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        item.update((name, getattr(record, name)) for name in FIELDS if hasattr(record, name))
        if record.exc_info and record.exc_info[1] is not None:
            item["error"] = _places(record.exc_info[1])
        return json.dumps(item, default=str)


def log_to_stderr(level: int = logging.INFO) -> None:
    """Let this process's log come out on stderr as JSON lines."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    for name in ("tocsin", "uvicorn"):
        logger = logging.getLogger(name)
        logger.handlers[:] = [handler]
        logger.setLevel(level)
        logger.propagate = False
    logging.getLogger("uvicorn").setLevel(max(level, logging.WARNING))


def _places(error: BaseException) -> list[str]:
    """What was raised, and the lines of code it came through.

    Without what the error says and without values: those can hold content, hashes or a password.
    """
    found = [
        f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)
    ]
    cause = error.__cause__ or error.__context__
    return [
        f"{type(error).__module__}.{type(error).__qualname__}",
        *found,
        *(_places(cause) if cause else []),
    ]
