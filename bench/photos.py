"""Photographs to measure with: Debian's wallpapers, fetched once into the user's cache and never committed.

    python -m bench.photos [FOLDER]

prints the folder with the pictures. Needs apt-get and dpkg-deb, and an up-to-date package list.
"""

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from PIL import Image
from platformdirs import user_cache_path

PACKAGES: Final = ("mate-backgrounds", "plasma-workspace-wallpapers")
SUFFIXES: Final = {".jpg", ".jpeg", ".png"}
_SHORTEST_SIDE: Final = 600
"""Smaller pictures in the packages are previews of the larger ones."""
_COMPLETE: Final = ".complete"
_WALLPAPER: Final = re.compile(r"wallpapers_(?P<name>.+?)_contents_")
_SIZE: Final = re.compile(r"_\d+x\d+$")
_SHADE: Final = re.compile(r"-(Cold|Dark|Light|Radioactive|Warm)(-no-logo)?$")


def default_folder() -> Path:
    """Where the photographs lie unless said otherwise."""
    return user_cache_path("tocsin-bench") / "photos"


def fetch(folder: Path) -> None:
    """Fill the folder with the packages' pictures, named by their paths; does nothing if that was done."""
    if (folder / _COMPLETE).exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        for package in _download(Path(scratch)):
            _run("dpkg-deb", "-x", str(package), str(Path(scratch, "unpacked")), cwd=Path(scratch))
        root = Path(scratch, "unpacked", "usr", "share")
        for path in _pictures(root):
            shutil.copyfile(path, folder / "_".join(path.relative_to(root).parts))
    (folder / _COMPLETE).touch()


def photographs(folder: Path) -> list[Path]:
    """The pictures in a folder, in order of their names."""
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)


def distinct(paths: Iterable[Path]) -> list[Path]:
    """One picture of each wallpaper, the largest: packages hold several sizes and shades of one picture."""
    largest: dict[str, tuple[int, Path]] = {}
    for path in paths:
        with Image.open(path) as image:
            pixels = image.width * image.height
        name = _wallpaper(path)
        if name not in largest or pixels > largest[name][0]:
            largest[name] = (pixels, path)
    return [path for _, path in largest.values()]


def _wallpaper(path: Path) -> str:
    """The name that the sizes and shades of one wallpaper share."""
    found = _WALLPAPER.match(path.name)
    return found["name"] if found else _SHADE.sub("", _SIZE.sub("", path.stem))


def _download(scratch: Path) -> Iterator[Path]:
    """Let apt fetch the packages as the machine's own sources say, and check, as it always does."""
    _run("apt-get", "download", *PACKAGES, cwd=scratch)
    yield from sorted(scratch.glob("*.deb"))


def _run(program: str, *arguments: str, cwd: Path) -> None:
    found = shutil.which(program)
    if found is None:
        sys.exit(
            f"{program} is not installed; the photographs come from Debian's packages {', '.join(PACKAGES)}"
        )
    subprocess.run([found, *arguments], cwd=cwd, check=True, stdout=sys.stderr)  # noqa: S603 - fixed words


def _pictures(root: Path) -> Iterator[Path]:
    """The pictures below a folder that are files of their own and no previews."""
    for path in sorted(root.rglob("*")):
        if path.is_symlink() or not path.is_file() or path.suffix.lower() not in SUFFIXES:
            continue
        with Image.open(path) as image:
            if min(image.size) >= _SHORTEST_SIDE:
                yield path


def main() -> None:
    """Fetch the photographs and print where they are."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else default_folder()
    fetch(folder)
    print(folder)


if __name__ == "__main__":
    main()
