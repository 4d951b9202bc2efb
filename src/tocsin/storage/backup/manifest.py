"""The manifest of a backup: what belongs to it. Written last, so that what has one is whole."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from tocsin.evidence.files import write_durably
from tocsin.media.answers import list_in, number_in, object_in, text_in
from tocsin.storage import schema
from tocsin.storage.backup.errors import BackupDamagedError, FutureBackupError, NoBackupError
from tocsin.storage.backup.parts import Part, damage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tocsin.media.sandbox import JsonObject, JsonValue

NAME: Final = "manifest.json"
FORMAT: Final = "tocsin backup"
VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class TablePart:
    """The rows of one table."""

    name: str
    columns: tuple[str, ...]
    last_number: int
    """The last id that was handed out; 0 in a table whose ids are not handed out."""
    part: Part


@dataclass(frozen=True, slots=True)
class Manifest:
    """What belongs to a backup."""

    made: str
    """When, in ISO 8601."""
    tocsin: str
    """The version that made it."""
    identity: str
    """Of the home."""
    keys: bool
    """Whether the node's keys are in it."""
    tables: tuple[TablePart, ...]
    files: Part
    """The list of files."""
    contents: int
    missing: int
    """Contents that the database names and the vault did not have."""

    @classmethod
    def read(cls, folder: Path) -> Self:
        """The manifest in a folder. Raises NoBackupError, FutureBackupError, BackupDamagedError."""
        try:
            text = (folder / NAME).read_bytes()
        except (FileNotFoundError, NotADirectoryError) as error:
            message = f"there is no whole backup in {folder}"
            raise NoBackupError(message) from error
        with damage(NAME):
            found = object_in(json.loads(text))
            if found.pop("digest", None) != _digest(found):
                message = f"{NAME} is not as it was written"
                raise BackupDamagedError(message)
            return cls._of(found)

    @classmethod
    def _of(cls, found: "dict[str, JsonValue]") -> Self:
        if found.get("format") != FORMAT:
            message = f"{NAME} is not that of a backup"
            raise BackupDamagedError(message)
        versions = (number_in(found["version"]), number_in(found["schema"]))
        if versions != (VERSION, schema.NEWEST):
            message = (
                f"the backup has format {versions[0]} and schema {versions[1]} (made by Tocsin "
                f"{found.get('tocsin')}); this version knows format {VERSION} and schema {schema.NEWEST}"
            )
            raise FutureBackupError(message)
        return cls(
            made=text_in(found["made"]),
            tocsin=text_in(found["tocsin"]),
            identity=text_in(found["identity"]),
            keys=bool(found["keys"]),
            tables=tuple(_table(object_in(one)) for one in list_in(found["tables"])),
            files=_part(object_in(found["files"])),
            contents=number_in(found["contents"]),
            missing=number_in(found["missing"]),
        )

    def write(self, folder: Path) -> None:
        """Make the folder a whole backup of these parts. Raises OSError."""
        fields = self.to_json()
        whole = {**fields, "digest": _digest(fields)}
        write_durably(folder / NAME, json.dumps(whole, indent=1).encode() + b"\n")

    def to_json(self) -> "JsonObject":
        """The documented shape."""
        return {
            "format": FORMAT,
            "version": VERSION,
            "schema": schema.NEWEST,
            "tocsin": self.tocsin,
            "made": self.made,
            "identity": self.identity,
            "keys": self.keys,
            "tables": [
                {
                    "name": one.name,
                    "columns": list(one.columns),
                    "last_number": one.last_number,
                    **one.part.to_json(),
                }
                for one in self.tables
            ],
            "files": self.files.to_json(),
            "contents": self.contents,
            "missing": self.missing,
        }


def _digest(fields: "Mapping[str, JsonValue]") -> str:
    """The SHA-256 of the manifest's own fields, sorted and without spaces."""
    text = json.dumps(fields, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _table(found: "dict[str, JsonValue]") -> TablePart:
    columns = tuple(text_in(one) for one in list_in(found["columns"]))
    return TablePart(text_in(found["name"]), columns, number_in(found["last_number"]), _part(found))


def _part(found: "dict[str, JsonValue]") -> Part:
    return Part(
        text_in(found["path"]), text_in(found["sha256"]), number_in(found["size"]), number_in(found["lines"])
    )
