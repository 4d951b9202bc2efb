"""`tocsin check`: what is installed here, which formats, kernels and limits are in force; does it work."""

from typing import TYPE_CHECKING

import click

from tocsin.cli.exits import FAILED
from tocsin.cli.output import home_option, json_option, put, put_json

if TYPE_CHECKING:
    from tocsin.media.sandbox import JsonObject

PACKAGES = (
    "numpy",
    "numba",
    "pillow",
    "pillow-heif",
    "pillow-jxl-plugin",
    "simplejpeg",
    "av",
    "click",
    "rich",
    "jinja2",
)


@click.command()
@json_option
@home_option
@click.pass_obj
def check(home: str | None, *, as_json: bool) -> int:
    """Say what is installed, which formats, kernels and limits are in force, and try the sandbox.

    Also says which database, vault, keys and settings the home folder has, and reads back every checksum of
    its search index.
    """
    from tocsin.cli.check_home import home_facts  # noqa: PLC0415  # not on --help

    found: JsonObject = {
        "system": _system(),
        "packages": _packages(),
        "formats": _formats(),
        "kernels": _kernels(),
        "limits": _limits(),
        "sandbox": _sandbox(),
        "home": home_facts(home),
    }
    if as_json:
        put_json(found)
    else:
        for topic, facts in found.items():
            put(topic)
            for name, value in facts.items() if isinstance(facts, dict) else ():
                put(f"  {name:24} {value}")
    return FAILED if any(isinstance(part, dict) and part.get("error") for part in found.values()) else 0


def _system() -> "JsonObject":
    import os  # noqa: PLC0415  # not on --help
    import platform  # noqa: PLC0415
    import sqlite3  # noqa: PLC0415

    from tocsin import __version__  # noqa: PLC0415

    return {
        "tocsin": __version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "sqlite": sqlite3.sqlite_version,
        "cores": len(os.sched_getaffinity(0)),
    }


def _packages() -> "JsonObject":
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415  # not on --help

    def installed(name: str) -> str:
        try:
            return version(name)
        except PackageNotFoundError:
            return "not installed"

    return {name: installed(name) for name in PACKAGES}


def _formats() -> "JsonObject":
    """Whether the formats whose decoders may be missing can be decoded; the others always can."""
    from importlib.util import find_spec  # noqa: PLC0415  # not on --help

    from PIL import features  # noqa: PLC0415

    always = dict.fromkeys(("bmp", "gif", "png", "tiff"), True)
    here = {
        **always,
        "jpeg": features.check("jpg"),
        "webp": features.check("webp"),
        "avif": features.check("avif"),
        "heic": find_spec("pillow_heif") is not None,
        "jxl": find_spec("pillow_jxl") is not None,
        "video": find_spec("av") is not None,
    }
    return {name: "yes" if works else "no decoder" for name, works in here.items()}


def _kernels() -> "JsonObject":
    """Both kernels on one picture: they must agree."""
    import numpy as np  # noqa: PLC0415  # not on --help

    from tocsin.hashing import pdq  # noqa: PLC0415

    pixels = np.add.outer(np.arange(300) % 251, np.arange(400) * 7 % 241).astype(np.uint8)
    facts = {"pdq, numpy": pdq.hash_pixels(pixels, compiled=False).full.hex[:16] + "..."}
    try:
        compiled = pdq.hash_pixels(pixels).full
    except ImportError as error:
        return {**facts, "pdq, compiled": "not available", "error": str(error)}
    facts["pdq, compiled"] = f"{compiled.hex[:16]}..."
    if compiled.hex[:16] not in facts["pdq, numpy"]:
        return {**facts, "error": "the two kernels disagree"}
    return facts


def _limits() -> "JsonObject":
    from dataclasses import asdict  # noqa: PLC0415  # not on --help

    from tocsin.media.limits import ArchiveLimits, ChildLimits, PictureLimits  # noqa: PLC0415

    groups = {
        "picture": asdict(PictureLimits()),
        "child": asdict(ChildLimits()),
        "archive": asdict(ArchiveLimits()),
    }
    return {f"{group} {name}": value for group, limits in groups.items() for name, value in limits.items()}


def _sandbox() -> "JsonObject":
    import time  # noqa: PLC0415  # not on --help

    from tocsin.content.examine import TASK  # noqa: PLC0415
    from tocsin.errors import Error  # noqa: PLC0415
    from tocsin.matching.examine import PLAIN  # noqa: PLC0415
    from tocsin.media.sandbox import Job, Pool  # noqa: PLC0415

    started = time.monotonic()
    try:
        with Pool(TASK, workers=1, preload=PLAIN) as pool:
            (outcome,) = pool.run([Job.of_bytes("probe", b"nothing special")])
    except Error as error:
        return {"error": f"{error.message} {error.advice}"}
    answered = "works" if outcome.refusal is None else outcome.refusal.message
    return {"a child": answered, "started in ms": round((time.monotonic() - started) * 1000)}
