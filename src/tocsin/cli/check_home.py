"""What `tocsin check` says of a home folder: which database, vault, keys and settings it has."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from tocsin.media.sandbox import JsonObject, JsonValue
    from tocsin.storage.home import Home


def home_facts(given: str | None) -> "JsonObject":
    """The documented shape; `error` in it says what cannot be used."""
    from tocsin.config import home_folder  # noqa: PLC0415  # not on --help
    from tocsin.errors import Error  # noqa: PLC0415
    from tocsin.storage.errors import NoHomeError  # noqa: PLC0415
    from tocsin.storage.home import INDEX, Home  # noqa: PLC0415

    folder = home_folder(given)
    facts: dict[str, JsonValue] = {"folder": str(folder)}
    try:
        facts |= _settings(folder)
        with Home.open(folder) as store:
            facts["database"] = store.database.engine.place
            facts["banks"] = len(store.banks())
            facts["index"] = _index(folder / INDEX)
            facts |= _keys(store)
    except NoHomeError:
        facts["banks"] = "none yet"
    except Error as error:
        facts["error"] = f"{error.message} {error.advice}"
    return facts


def _settings(folder: "Path") -> "JsonObject":
    """The settings that are not as by default, and the vault that they name."""
    from tocsin.evidence.folder import FOLDER  # noqa: PLC0415  # not on --help
    from tocsin.node.settings import NodeSettings  # noqa: PLC0415

    settings = NodeSettings.read(folder)
    given = settings.model_dump(mode="json", exclude_unset=True)
    told = [
        f"{name} = {_public(value) if isinstance(value, str) else value}" for name, value in given.items()
    ]
    facts: JsonObject = {"settings": "; ".join(told) or "all by default"}
    if settings.vault:
        return {**facts, "vault": _public(settings.vault)}
    return {**facts, "vault": str(folder / FOLDER), "vault_files": _count(folder / FOLDER)}


def _count(vault: "Path") -> int:
    """How many contents the folder holds; only names are read."""
    from tocsin.evidence.vault import SUFFIX  # noqa: PLC0415  # not on --help

    return sum(1 for _ in vault.glob(f"[0-9a-f][0-9a-f]/*{SUFFIX}"))


def _public(url: str) -> str:
    """A setting without what may be secret in it: of a URL, user, password, query and fragment."""
    scheme, separator, rest = url.partition("://")
    if not separator:
        return url
    host, slash, path = rest.partition("#")[0].partition("?")[0].partition("/")
    return f"{scheme}://{host.rpartition('@')[2]}{slash}{path}"


def _keys(store: "Home") -> "JsonObject":
    """The ids of the keys. Raises KeysError, also where the ledger has begun and they are gone."""
    from tocsin.evidence.errors import NoKeysError  # noqa: PLC0415  # not on --help
    from tocsin.evidence.keys import LEDGER, VAULT, Keys  # noqa: PLC0415
    from tocsin.storage.ledger import LedgerStore  # noqa: PLC0415

    try:
        keys = Keys.open(store.folder)
    except NoKeysError:
        if LedgerStore(store.database).count():
            raise
        return {"ledger_key": "none yet", "vault_key": "none yet"}
    ledger, vault = keys.ledger_id, keys.vault_id
    keys.public(ledger)
    keys.identity(vault)
    return {"ledger_key": _ids(ledger, keys.ids(LEDGER)), "vault_key": _ids(vault, keys.ids(VAULT))}


def _ids(current: str, every: list[str]) -> str:
    old = [one for one in every if one != current]
    return current + (f" (before: {', '.join(old)})" if old else "")


def _index(folder: "Path") -> str:
    from tocsin.index import HammingIndex  # noqa: PLC0415  # NumPy

    if not folder.exists():
        return "none yet"
    with HammingIndex.open(folder, readonly=True) as index:
        index.verify()
        return f"{len(index):,} hashes, all checksums right"
