"""The documents against the program: what they promise is there, and what is there is in them."""

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from PIL import Image, ImageOps
from support.detector_models import brightness, plug_in
from support.signed import GENERATED, action, manifest, sign

from tocsin.cli.main import cli
from tocsin.media.sandbox import JsonValue
from tocsin.simulators.authorities import authority, signer
from tocsin.simulators.origins import ORIGINS
from tocsin.simulators.pictures import picture

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])
HOWTO = DOCS / "howto"
PROMPT = re.compile(r"^[$>] ?", re.MULTILINE)


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def blocks(text: str, language: str) -> list[str]:
    """The code blocks of one language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text, flags=re.DOTALL | re.MULTILINE)


def prose(text: str) -> str:
    """A page without its code."""
    return re.sub(r"`[^`\n]+`", "", re.sub(r"^```.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE))


# Links


def anchors(page: Path) -> set[str]:
    """What a `#` may point at: its headings as GitHub names them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_links_resolve(page: Path) -> None:
    text = re.sub(r"^```.*?^```$", "", page.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        if not there.exists() or (anchor and anchor not in anchors(there)):
            broken.append(target)
    assert broken == []


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_a_page_can_be_reached_from_another(page: Path) -> None:
    if page.name == "README.md":
        return
    pointing = [
        other for other in PAGES if other != page and f"{page.name}" in prose(other.read_text("utf-8"))
    ]
    assert pointing


# Commands


def commands(
    command: click.Command, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command by the words that name it."""
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            assert below is not None
            yield from commands(below, (*path, name))


COMMANDS = dict(commands(cli))


def options(words: tuple[str, ...]) -> set[str]:
    """Every option of a command and of those above it, for `--home` may stand before or after."""
    above = [words[:length] for length in range(len(words) + 1)]
    return {"--help", "-h"} | {
        name for path in above for parameter in COMMANDS[path].params for name in parameter.opts
    }


def invocations(text: str) -> list[list[str]]:
    """The words after `tocsin` wherever code calls it, up to whatever ends the command."""
    spans = re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE))
    lines = [line for block in blocks(text, "console") for line in block.splitlines() if PROMPT.match(line)]
    calls = [call for code in (*spans, *lines) for call in re.findall(r"(?:^|[\s/])tocsin ([^|&;<>]+)", code)]
    return [shlex.split(call.replace("'", "").replace('"', "")) for call in calls]


def command_of(words: list[str]) -> tuple[str, ...]:
    """The command that the words name; the empty tuple for the program itself."""
    rest = words[2:] if words[:1] == ["--home"] else words
    name: tuple[str, ...] = ()
    for word in rest:
        if not isinstance(COMMANDS[name], click.Group) or word.startswith("-"):
            break
        name = (*name, word)
        assert name in COMMANDS, f"there is no command `tocsin {' '.join(name)}`"
    return name


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_commands_and_options_named_in_documents_exist(page: Path) -> None:
    for words in invocations(page.read_text("utf-8")):
        if "|" in words[-1] or "COMMAND" in words:
            continue
        name = command_of(words)
        given = {word.partition("=")[0] for word in words if re.match(r"--?[a-zA-Z]", word)}
        assert given <= options(name) | {"--version", "-V"}, words


def test_every_command_is_in_the_reference() -> None:
    headings = re.findall(r"^#+ `tocsin ?([^`]*)`$", (DOCS / "reference/cli.md").read_text(), re.MULTILINE)
    assert sorted(headings) == sorted(" ".join(name) for name in COMMANDS)


@pytest.mark.slow  # imports every module
@pytest.mark.parametrize("columns", ["40", "200"])
def test_generated_documents_have_not_drifted(columns: str) -> None:
    environment = {**os.environ, "COLUMNS": columns, "TOCSIN_HOME": "/somewhere/else"}
    done = subprocess.run(
        [sys.executable, ROOT / "scripts/reference", "--check"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stderr, done.returncode) == ("", 0)


def test_every_error_code_in_the_source_is_documented() -> None:
    sources = "\n".join(path.read_text("utf-8") for path in (ROOT / "src").rglob("*.py"))
    codes = set(re.findall(r'^    code(?:: ClassVar\[str\])? = "([^"]+)"$', sources, flags=re.MULTILINE))
    documented = set(
        re.findall(r"^\| `([^`]+)` \|", (DOCS / "reference/errors.md").read_text(), re.MULTILINE)
    )
    assert codes
    assert codes <= documented


def test_every_decision_is_listed() -> None:
    listed = re.findall(r"\]\((\d{4}-[^)]+)\)", (DOCS / "adr/index.md").read_text("utf-8"))
    assert sorted(listed) == sorted(path.name for path in (DOCS / "adr").glob("[0-9]*.md"))


# JSON


def shapes() -> dict[str, dict[str, str]]:
    """For each object that the reference describes, its fields and their types."""
    found: dict[str, dict[str, str]] = {}
    for section in (DOCS / "reference/json.md").read_text("utf-8").split("\n## ")[1:]:
        title = section.splitlines()[0].strip()
        found[title] = dict(re.findall(r"^\| `([^`]+)` \| ([^|]+?) \|", section, flags=re.MULTILINE))
    return found


SHAPES = shapes()
PLAIN: dict[str, type | tuple[type, ...]] = {
    "text": str,
    "number": (int, float),
    "true": bool,
    "false": bool,
    "null": type(None),
}


def assert_shape(name: str, item: JsonValue, seen: set[str]) -> None:
    """`item` is an object with just the fields documented under the heading `name`, of the types there."""
    assert isinstance(item, dict), name
    seen.add(name)
    fields = SHAPES[name]
    must = {field for field, kind in fields.items() if not kind.endswith(", not always")}
    assert must <= set(item) <= set(fields), f"{name}: {sorted(item)}"
    for field, value in item.items():
        kind = fields[field].removesuffix(", not always")
        assert fits(kind, value, seen), f"{name}.{field} is {value!r}, not {kind}"


def fits(kind: str, value: JsonValue, seen: set[str]) -> bool:
    """Whether `value` is of the type that the reference writes as `kind`."""
    if kind.startswith("list of "):
        return isinstance(value, list) and all(fits(kind[len("list of ") :], item, seen) for item in value)
    if kind.startswith("map of "):
        return isinstance(value, dict) and all(
            fits(kind[len("map of ") :], item, seen) for item in value.values()
        )
    return any(fits_one(one, value, seen) for one in kind.split(" or "))


def fits_one(kind: str, value: JsonValue, seen: set[str]) -> bool:
    """The same for a type that is no list and has no alternative."""
    if (link := re.fullmatch(r"\[([^]]+)\]\(#[^)]+\)", kind)) is None:
        return isinstance(value, PLAIN[kind])
    if not isinstance(value, dict) or set(SHAPES[link[1]]).isdisjoint(value):
        return False
    if not set(value) <= set(SHAPES[link[1]]):
        return False
    assert_shape(link[1], value, seen)
    return True


class Shell:
    """A folder to work in, with a home of its own."""

    def __init__(self, folder: Path) -> None:
        """Work in `folder`."""
        self.folder = folder
        self.environment = {
            **os.environ,
            "TOCSIN_HOME": str(folder / "home"),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        }

    def bash(self, script: str) -> subprocess.CompletedProcess[str]:
        """Run a script; its output holds the messages too."""
        return subprocess.run(
            ["/bin/bash"],
            input=script,
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )

    def tocsin(self, *arguments: str) -> list[JsonValue]:
        """The objects that a command prints."""
        done = subprocess.run(
            [sys.executable, "-m", "tocsin", *arguments],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode in {0, 1, 3}, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


def save(path: Path, seed: int, width: int = 120, height: int = 90) -> None:
    """A picture by code."""
    path.parent.mkdir(exist_ok=True)
    Image.fromarray(picture(seed, width, height)).save(path, quality=92)


@pytest.mark.slow  # starts a dozen commands
def test_printed_objects_are_as_documented(shell: Shell) -> None:
    save(shell.folder / "known.jpg", 1)
    save(shell.folder / "inbox/spared.jpg", 2)
    ImageOps.mirror(Image.open(shell.folder / "known.jpg")).save(shell.folder / "inbox/mirrored.png")
    (shell.folder / "inbox/empty.png").write_bytes(b"")
    Image.new("L", (64, 64), 128).save(shell.folder / "inbox/plain.png")
    (shell.folder / "list.csv").write_text(f"md5,colour\n{'0' * 32},red\nno hash,red\n")
    add = ("bank", "add", "known", "--label", "scheme:1:code", "--json")
    printed = [
        ("bank", shell.tocsin("bank", "create", "known", "--json")),
        ("bank", shell.tocsin("bank", "create", "spared", "--kind", "allow", "--json")),
        ("bank", shell.tocsin("bank", "list", "--json")),
        ("bank", shell.tocsin("bank", "show", "known", "--json")),
        ("bank", shell.tocsin("bank", "set", "known", "--radius", "30", "--json")),
        (
            "added entry",
            shell.tocsin(*add, "known.jpg", "inbox/spared.jpg", "inbox/empty.png", "missing.jpg"),
        ),
        ("added entry", shell.tocsin(*add, "--hash", f"md5:{'1' * 32}")),
        ("added entry", shell.tocsin("bank", "add", "spared", "inbox/spared.jpg", "--json")),
        ("imported list", shell.tocsin("bank", "import", "known", "list.csv", "--json")),
        ("hashed file", shell.tocsin("hash", "inbox/mirrored.png", "inbox/empty.png", "--json")),
        (
            "matched file",
            shell.tocsin("match", "known.jpg", "inbox/empty.png", "--hash", f"md5:{'1' * 32}", "--json"),
        ),
        ("check", shell.tocsin("check", "--json")),
    ]
    *contents, counts = shell.tocsin("scan", "inbox", "--json")
    printed += [("scanned content", contents), ("scan result", [counts]), *printed_on_origin(shell)]
    assert_documented(printed)


def printed_on_origin(shell: Shell) -> list[tuple[str, list[JsonValue]]]:
    """What the commands about origin print."""
    for number, sample in enumerate(ORIGINS):
        made = sample.make(Image.fromarray(picture(number, 320, 240)))
        (shell.folder / "inbox" / f"{sample.name}{sample.suffix}").write_bytes(made)
    root = authority()
    (shell.folder / "roots.pem").write_text(root.pem)
    (shell.folder / "signed.jpg").write_bytes(sign(signer(root), manifest(action(source=GENERATED))))
    (shell.folder / "copy.jpg").write_bytes((shell.folder / "signed.jpg").read_bytes())
    (shell.folder / "inbox" / "cut.png").write_bytes((shell.folder / "inbox/mirrored.png").read_bytes()[:-50])
    plug_in(shell.folder / "home/detectors", brightness())
    for number in range(30):
        save(shell.folder / f"real/{number}.png", number, 32, 32)
    *contents, counts = shell.tocsin("scan", "inbox", "--pixels", "--json")
    return [
        ("imported trust list", shell.tocsin("trust", "import", "c2pa", "roots.pem", "--json")),
        ("trust list", shell.tocsin("trust", "list", "--json")),
        ("explained file", shell.tocsin("explain", "inbox", "signed.jpg", "missing.jpg", "--json")),
        ("links", shell.tocsin("link", "inbox", "signed.jpg", "copy.jpg", "--json")),
        ("detector", shell.tocsin("detector", "list", "--json")),
        ("detector", shell.tocsin("detector", "calibrate", "bright", "--real", "real", "--json")),
        ("scanned content", contents),
        ("scan result", [counts]),
    ]


def assert_documented(printed: list[tuple[str, list[JsonValue]]]) -> None:
    """Each object has the shape of its name, and each documented shape was seen."""
    seen: set[str] = set()
    for name, items in printed:
        assert items, name
        for item in items:
            assert_shape(name, item, seen)
    assert seen == set(SHAPES), "some documented objects were not printed here"


# Examples


def recorded(text: str) -> list[tuple[str, str]]:
    """The commands of a page's console blocks, each with what it is said to print."""
    found: list[tuple[str, str]] = []
    for line in "".join(blocks(text, "console")).splitlines():
        if line.startswith("$ "):
            found.append((line[2:], ""))
        elif line.startswith("> "):
            found[-1] = (f"{found[-1][0]}\n{line[2:]}", "")
        else:
            found[-1] = (found[-1][0], f"{found[-1][1]}{line}\n")
    return found


def alike(said: str, printed: str) -> bool:
    """Whether the output is as said: `...` stands for anything, and numbers may differ."""
    parts = [re.sub(r"\d+", r"\\d+", re.escape(part)) for part in said.split("...")]
    return re.fullmatch(".*".join(parts), printed, flags=re.DOTALL) is not None


@pytest.mark.slow  # starts a dozen commands
def test_the_tutorial_does_what_it_says(shell: Shell) -> None:
    for seed, name in enumerate(("harbour", "hill", "market")):
        save(shell.folder / f"pictures/{name}.jpg", seed, 800, 600)
    steps = recorded((DOCS / "tutorial/first-match.md").read_text("utf-8"))
    mark = "=== next ==="
    script = "".join(f"{command}\necho '{mark}'\n" for command, _ in steps)
    done = shell.bash(script)
    printed = done.stdout.split(f"{mark}\n")
    assert len(printed) == len(steps) + 1
    for (command, said), out in zip(steps, printed, strict=False):
        assert alike(said, out), f"$ {command}\n{out}"
    assert (shell.folder / "report.html").exists()


@pytest.mark.slow  # compiled kernels and a sandbox
def test_the_examples_in_python_run(shell: Shell) -> None:
    save(shell.folder / "picture.jpg", 1)
    examples = "\n".join(blocks((HOWTO / "call-from-python.md").read_text("utf-8"), "python"))
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", examples],
        cwd=shell.folder,
        env=shell.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "known 1 sha256 0" in done.stdout
    assert "media.unsupported" in done.stdout


@pytest.mark.slow  # starts a dozen commands
def test_a_backup_made_as_described_can_be_restored_as_described(shell: Shell) -> None:
    save(shell.folder / "known.jpg", 1)
    shell.tocsin("bank", "create", "known", "--json")
    shell.tocsin("bank", "add", "known", "known.jpg", "--json")
    steps = recorded((HOWTO / "move-or-back-up.md").read_text("utf-8"))
    script = "set -e\n" + "\n".join(command for command, _ in steps)
    done = shell.bash(script)
    assert done.returncode == 0, done.stdout
    assert "known  1 entries" in done.stdout
    shell.tocsin("--home", "restored", "bank", "create", "another", "--json")
    (found,) = shell.tocsin("--home", "restored", "match", "known.jpg", "--json")
    assert isinstance(found, dict)
    assert found["matches"]


@pytest.mark.slow  # starts a dozen commands
def test_the_picture_of_the_report_is_small_and_says_nothing_of_where_it_was_made() -> None:
    with Image.open(DOCS / "images/report.png") as image:
        assert image.info.keys() <= {"transparency", "gamma", "dpi", "srgb"}
    assert (DOCS / "images/report.png").stat().st_size < 200_000
