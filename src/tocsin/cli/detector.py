"""`tocsin detector list|calibrate`: learned detectors that the operator plugged in."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tocsin.cli.exits import REFUSED
from tocsin.cli.lazy import LazyGroup
from tocsin.cli.output import home_option, json_option, put, put_json, refusal_line, say, workers_option
from tocsin.names import shown

if TYPE_CHECKING:
    from tocsin.errors import Refusal
    from tocsin.media.sandbox import JsonObject
    from tocsin.provenance.detectors import Calibration, Detector, Unusable

COMMANDS = {
    "calibrate": "tocsin.cli.detector:calibrate",
    "list": "tocsin.cli.detector:list_detectors",
}
_TOLD = 10

_folder_type = click.Path(exists=True, file_okay=False, path_type=Path)


@click.group(cls=LazyGroup, commands_from=COMMANDS)
def detector() -> None:
    """See and calibrate learned detectors, which are off until you plug one in.

    None is shipped. A detector is a folder in `detectors` of the home folder, with an ONNX model and a
    manifest.json. Whatever one answers is the weakest kind of sign.
    """


@click.command("list")
@json_option
@home_option
@click.pass_obj
def list_detectors(home: str | None, *, as_json: bool) -> int:
    """List the detectors that are plugged in, and say what is wrong with those that cannot be used."""
    from tocsin.provenance.detectors import Detector, load  # noqa: PLC0415  # not on --help

    found = load(_folder(home))
    refused = 0
    for one in found:
        refusal = _refusal(one)
        refused += refusal is not None
        if as_json:
            put_json(detector_to_json(one, refusal))
        elif isinstance(one, Detector):
            _show(one, refusal)
        else:
            put(f"{shown(one.id)}  cannot be used: {refusal_line(one.refusal)}")
    if not found:
        say("No detector is plugged in, so none runs.")
    return REFUSED if refused else 0


@click.command()
@click.argument("detector_id", metavar="ID")
@click.option(
    "--real",
    type=_folder_type,
    required=True,
    help="Folder of pictures known to be real: benign, and your own.",
)
@click.option("--generated", type=_folder_type, help="Folder of benign pictures known to be generated.")
@click.option("--name", help="What answers call these pictures  [default: the name of --real's folder]")
@workers_option
@json_option
@home_option
@click.pass_obj
def calibrate(  # noqa: PLR0913  # one for each option
    home: str | None,
    /,
    detector_id: str,
    *,
    real: Path,
    generated: Path | None,
    name: str | None,
    workers: int | None,
    as_json: bool,
) -> int:
    """Find out what the scores of detector ID are worth, on pictures of known origin.

    Take pictures of the kind that will be examined, at least 30 of each, better thousands. With real pictures
    alone, answers tell only how a score ranks among theirs. Pictures are decoded in a sandbox.
    """
    from tocsin.provenance.detectors import load_one  # noqa: PLC0415
    from tocsin.provenance.detectors.calibrating import calibrate_detector  # noqa: PLC0415  # not on --help

    folder = _detector_folder(home, detector_id)
    done = calibrate_detector(
        folder,
        _files(real),
        _files(generated) if generated else (),
        dataset=name or real.resolve().name,
        workers=workers,
    )
    for path, refusal in done.refused[:_TOLD]:
        say(f"not used: {shown(str(path))}: {refusal_line(refusal)}")
    if done.refused:
        say(f"{len(done.refused):,} pictures could not be used")
    one = load_one(folder)
    if as_json:
        put_json(detector_to_json(one, None))
    else:
        _show(one, None)
    return REFUSED if done.refused else 0


def _folder(home: str | None) -> Path:
    from tocsin.config import detectors_folder, home_folder  # noqa: PLC0415  # not on --help

    return detectors_folder(home_folder(home))


def _detector_folder(home: str | None, detector_id: str) -> Path:
    from tocsin.provenance.detectors import UnknownDetectorError, load  # noqa: PLC0415  # not on --help

    folder = _folder(home)
    if detector_id not in {one.id for one in load(folder)}:
        message = f"there is no detector {shown(detector_id)} in {shown(str(folder))}"
        raise UnknownDetectorError(message)
    return (folder / detector_id).resolve()


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


def _refusal(one: "Detector | Unusable") -> "Refusal | None":
    """Why it cannot be used, its model included."""
    from tocsin.errors import Error, Refusal  # noqa: PLC0415  # not on --help
    from tocsin.provenance.detectors import Unusable, check_model  # noqa: PLC0415

    if isinstance(one, Unusable):
        return one.refusal
    try:
        check_model(one)
    except Error as error:
        return Refusal.of(error)
    return None


def _show(one: "Detector", refusal: "Refusal | None") -> None:
    manifest = one.manifest
    put(f"{shown(one.id)}  {shown(manifest.license)}, from {shown(manifest.source)}")
    put(f"  made for {shown(manifest.valid_for.domain)}")
    put(f"  {_worth(one.calibration)}")
    if refusal:
        put(f"  cannot be used: {refusal_line(refusal)}")


def _worth(calibration: "Calibration | None") -> str:
    if calibration is None:
        return "not calibrated here: its scores mean nothing and are not shown"
    kinds = f"{calibration.real:,} real and {calibration.generated:,} generated pictures"
    told = f"calibrated on {shown(calibration.dataset)}: {kinds}"
    if calibration.reached:
        real, generated = calibration.reached
        told += f"; {real:,} and {generated:,} of them reach the ratio that counts"
    return told


def detector_to_json(one: "Detector | Unusable", refusal: "Refusal | None") -> "JsonObject":
    """The documented shape."""
    from tocsin.provenance.detectors import Unusable  # noqa: PLC0415  # not on --help

    refused = None if refusal is None else {**refusal.to_json()}
    nothing = dict.fromkeys(("license", "source", "domain", "sha256", "calibration"))
    if isinstance(one, Unusable):
        return {"id": one.id, **nothing, "refused": refused}
    manifest, calibration = one.manifest, one.calibration
    return {
        "id": one.id,
        "license": manifest.license,
        "source": manifest.source,
        "domain": manifest.valid_for.domain,
        "sha256": manifest.sha256,
        "calibration": None
        if calibration is None
        else {
            "method": calibration.method.value,
            "dataset": calibration.dataset,
            "n_real": calibration.real,
            "n_ai": calibration.generated,
            "reached_real": calibration.reached[0] if calibration.reached else None,
            "reached_ai": calibration.reached[1] if calibration.reached else None,
        },
        "refused": refused,
    }
