"""Whatever a child does or suffers, every job is answered exactly once and nothing stays behind."""

import os
import random
import signal
import socket
import subprocess
import sys
import textwrap
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from pictures_by_code import file_of

from tocsin.errors import UsageError
from tocsin.media import _crew, _parent
from tocsin.media._landlock import landlock_version
from tocsin.media.errors import SandboxError
from tocsin.media.sandbox import ChildLimits, Job, JsonObject, Outcome, Pool, Reply

pytestmark = pytest.mark.slow  # starts other processes, or syncs often

HERE = str(Path(__file__).parent)
FAST = ChildLimits(memory=256 << 20, cpu_seconds=1, wall_seconds=0.5, reply_bytes=4 << 20)


def pool(task: str, workers: int = 2, limits: ChildLimits | None = None) -> Pool:
    return Pool(f"sandbox_tasks:{task}", workers=workers, limits=limits or ChildLimits(), path=[HERE])


@pytest.fixture(scope="module")
def rough() -> Iterator[Pool]:
    """A pool whose children misbehave, with tight limits."""
    with pool("misbehave", limits=FAST) as opened:
        yield opened


@pytest.fixture(scope="module")
def echo() -> Iterator[Pool]:
    """A pool whose children answer."""
    with pool("echo") as opened:
        yield opened


def alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def wait_until_gone(processes: set[int]) -> None:
    deadline = time.monotonic() + 20
    while (left := {process for process in processes if alive(process)}) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not left


def test_every_job_is_answered_once_with_its_own_answer(echo: Pool, tmp_path: Path) -> None:
    for number in range(40):
        (tmp_path / str(number)).write_text(f"content {number}", encoding="ascii")
    jobs = (Job.of_path(number, tmp_path / str(number), {"number": number}) for number in range(40))
    outcomes = list(echo.run(jobs))
    assert sorted(outcome.key for outcome in outcomes) == list(range(40))
    for outcome in outcomes:
        expected: JsonObject = {"content": f"content {outcome.key}", "options": {"number": outcome.key}}
        assert outcome == Outcome(outcome.key, (expected,), None)


def test_bytes_in_memory_and_odd_text_in_options_arrive(echo: Pool) -> None:
    (outcome,) = echo.run([Job.of_bytes("key", b"abc", {"name": "\udcff\u00e9\n"})])
    assert outcome.items == ({"content": "abc", "options": {"name": "\udcff\u00e9\n"}},)


@pytest.mark.parametrize(
    ("how", "code", "words"),
    [
        ("memory", "media.memory", "memory"),
        pytest.param("sleep", "media.time", "0.5 s", marks=pytest.mark.slow),
        ("crash", "media.killed", "SIGSEGV"),
        ("killed", "media.killed", "killed from outside"),
        ("abort", "media.killed", "SIGABRT"),
        ("exit", "media.killed", "status 7"),
        ("exception", "media.failed", "KeyError: b'abc'"),
        ("refuse", "media.corrupt", "rules"),
        ("recursion", "media.failed", "RecursionError"),
        ("long reply", "media.failed", "over the limit"),
        ("endless replies", "media.killed", "findings passed the limit"),
        ("nonsense", "media.killed", "nonsense"),
        ("half a message", "media.killed", "status 0"),
        pytest.param("replies, then sleep", "media.time", "0.5 s", marks=pytest.mark.slow),
    ],
)
def test_a_job_that_misbehaves_is_refused_and_the_others_are_not(
    rough: Pool, how: str, code: str, words: str
) -> None:
    kinds = ["fine", "fine", how, "fine", "fine", "fine", "fine"]
    outcomes = {
        outcome.key: outcome
        for outcome in rough.run(Job.of_bytes(key, b"abc", {"how": kind}) for key, kind in enumerate(kinds))
    }
    assert sorted(outcomes) == list(range(len(kinds)))
    refusal = outcomes.pop(2).refusal
    assert refusal is not None
    assert (refusal.code, words in refusal.message) == (code, True), refusal
    assert [outcome.items for outcome in outcomes.values()] == [({"fine": True},)] * (len(kinds) - 1)


@pytest.mark.slow
def test_processor_time_is_limited_apart_from_the_clock() -> None:
    with pool("misbehave", limits=ChildLimits(cpu_seconds=1)) as opened:
        (outcome,) = opened.run([Job.of_bytes(1, b"", {"how": "processor"})])
    assert outcome.refusal is not None
    assert outcome.refusal.code == "media.time"
    assert "processor" in outcome.refusal.message


@pytest.mark.slow
def test_what_was_found_before_the_end_is_kept(rough: Pool) -> None:
    (outcome,) = rough.run([Job.of_bytes(1, b"", {"how": "replies, then sleep"})])
    assert outcome.items == ({"number": 0}, {"number": 1}, {"number": 2})
    assert outcome.refusal is not None


@pytest.mark.slow
def test_a_job_that_is_repeated_has_found_nothing_twice(rough: Pool) -> None:
    (outcome,) = rough.run([Job.of_bytes(1, b"", {"how": "reply, then killed"})])
    assert outcome.items == ({"found": True},)
    assert outcome.refusal is not None
    assert outcome.refusal.code == "media.killed"


def test_the_clock_starts_anew_with_each_finding() -> None:
    with pool("steadily", limits=FAST) as opened:
        events = list(opened.stream([Job.of_bytes("key", b"")]))
    assert events == [*(Reply("key", {"number": number}) for number in range(5)), Outcome("key", (), None)]


def test_files_that_cannot_be_opened_are_refused_between_the_others(echo: Pool, tmp_path: Path) -> None:
    (tmp_path / "good").write_bytes(b"abc")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to("loop")
    bad_name = os.fsencode(tmp_path) + b"/\xff"
    Path(os.fsdecode(bad_name)).write_bytes(b"abc")
    paths: list[Path | bytes] = [
        tmp_path / "good",
        tmp_path / "pipe",
        tmp_path / "loop",
        tmp_path / "none",
        bad_name,
        tmp_path,
    ]
    outcomes = {o.key: o for o in echo.run(Job.of_path(key, path) for key, path in enumerate(paths))}
    refusals = [outcomes[key].refusal for key in range(len(paths))]
    codes = [refusal.code if refusal else None for refusal in refusals]
    unreadable, irregular = "media.unreadable", "media.not_regular"
    assert codes == [None, irregular, unreadable, unreadable, None, irregular]


@pytest.mark.slow
def test_jobs_are_taken_only_as_they_are_needed() -> None:
    taken = 0

    def jobs() -> Iterator[Job[int]]:
        nonlocal taken
        while True:
            taken += 1
            yield Job.of_bytes(taken, b"")

    with pool("echo", workers=2) as opened:
        outcomes = opened.run(jobs())
        for _ in range(10):
            next(outcomes)
        assert taken <= 10 + 2 * 2 + 1
        outcomes.close()
        assert len(list(opened.run([Job.of_bytes(1, b"")]))) == 1


def test_one_run_at_a_time_and_none_after_the_end() -> None:
    opened = pool("echo")
    first = opened.run([Job.of_bytes(1, b""), Job.of_bytes(2, b"")])
    next(first)
    with pytest.raises(UsageError, match="under way"):
        next(opened.run([Job.of_bytes(1, b"")]))
    opened.close()
    opened.close()
    with pytest.raises(UsageError, match="closed"):
        next(opened.run([Job.of_bytes(1, b"")]))


def test_options_beyond_the_limit_are_the_callers_mistake(echo: Pool) -> None:
    with pytest.raises(UsageError, match="options"):
        next(echo.run([Job.of_bytes(1, b"", {"text": "x" * 40_000})]))


@pytest.mark.slow
def test_a_child_is_replaced_after_its_share_of_jobs() -> None:
    with pool("process", workers=1, limits=ChildLimits(jobs=4)) as opened:
        outcomes = list(opened.run(Job.of_bytes(number, b"") for number in range(10)))
    assert [outcome.refusal for outcome in outcomes] == [None] * 10
    workers = Counter(outcome.items[0]["worker"] for outcome in outcomes)
    assert sorted(workers.values()) == [2, 4, 4]


@pytest.mark.slow
def test_a_task_that_cannot_be_loaded_is_an_error_that_says_why() -> None:
    with (
        Pool("sandbox_tasks:no_such_task", path=[HERE]) as opened,
        pytest.raises(SandboxError, match="no_such_task"),
    ):
        list(opened.run([Job.of_bytes(1, b"")]))
    preload = ["sandbox_tasks:broken_start"]
    with (
        Pool("sandbox_tasks:echo", path=[HERE], preload=preload) as opened,
        pytest.raises(SandboxError, match="cannot warm up"),
    ):
        list(opened.run([Job.of_bytes(1, b"")]))


@pytest.mark.slow
def test_a_pool_that_cannot_start_says_so_again_when_used_again() -> None:
    with pool("no_such_task") as opened:
        for _ in range(3):
            with pytest.raises(SandboxError, match="no_such_task"):
                list(opened.run([Job.of_bytes(1, b"")]))


@pytest.mark.parametrize("whom", ["workers", pytest.param("zygotes", marks=pytest.mark.slow)])
def test_starts_that_are_killed_from_outside_are_tried_again(
    whom: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More often than starts that fail by themselves, and with a pause, which is left out here."""
    monkeypatch.setattr(_crew, "_PAUSE_SECONDS", 0)
    monkeypatch.setenv("HOME", str(tmp_path))
    preload = [f"sandbox_tasks:kill_first_{whom}"]
    with Pool("sandbox_tasks:echo", workers=4, path=[HERE], preload=preload) as opened:
        outcomes = list(opened.run(Job.of_bytes(number, b"") for number in range(6)))
    assert [outcome.refusal for outcome in outcomes] == [None] * 6


@pytest.mark.timeout(60)
def test_a_pool_that_was_given_nothing_does_not_wait_for_what_it_loads(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(_parent, "_END_SECONDS", 600)
    with Pool("sandbox_tasks:echo", path=[HERE], preload=["sandbox_tasks:load_for_long"]) as opened:
        zygote = opened._crew._zygote.process
    assert not alive(zygote)


def test_a_child_has_little(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET", "told to nobody")
    with pool("surroundings", workers=1) as opened:
        (outcome,) = opened.run([Job.of_bytes(1, b"")])
    (found,) = outcome.items
    assert not {"SECRET", "PATH", "PYTHONPATH"} & set(found["environment"])  # type: ignore[arg-type]  # a list of names
    assert found["descriptors"] == [3]  # its socket
    assert found["threads"] == 1
    assert found["no_new_privs"] is True
    assert found["modules"] == []


@pytest.mark.skipif(landlock_version() < 6, reason="this kernel has no Landlock that covers all of it")
def test_a_child_can_change_reach_and_read_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"secret")
    with socket.create_server(("127.0.0.1", 0)) as server, pool("forbidden", workers=1) as opened:
        port = server.getsockname()[1]
        options = {"folder": str(tmp_path), "port": port, "process": os.getpid()}
        (outcome,) = opened.run([Job.of_bytes(1, b"", options)])
    assert outcome.items == ({"worked": []},), outcome.refusal
    assert [path.name for path in tmp_path.iterdir()] == ["secret"]


@pytest.mark.skipif(landlock_version() < 6, reason="this kernel has no Landlock that covers all of it")
def test_a_child_reads_the_folders_it_is_given_and_only_reads_them(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"secret")
    readable = Pool("sandbox_tasks:forbidden", workers=1, path=[HERE], readable=[str(tmp_path)])
    with socket.create_server(("127.0.0.1", 0)) as server, readable as opened:
        options = {"folder": str(tmp_path), "port": server.getsockname()[1], "process": os.getpid()}
        (outcome,) = opened.run([Job.of_bytes(1, b"", options)])
    assert outcome.items == ({"worked": ["read", "list"]},), outcome.refusal


def test_constants_are_options_of_every_job_unless_the_job_says_otherwise() -> None:
    constants: JsonObject = {"list": "x" * 500_000, "size": 1}
    with Pool("sandbox_tasks:lengths", workers=2, path=[HERE], constants=constants) as opened:
        outcomes = {
            one.key: one.items
            for one in opened.run([Job.of_bytes(1, b""), Job.of_bytes(2, b"", {"size": 22})])
        }
    assert outcomes == {1: ({"list": 500_000, "size": 1},), 2: ({"list": 500_000, "size": 2},)}


def test_constants_that_no_message_holds_are_refused() -> None:
    with pytest.raises(UsageError, match="constants"):
        Pool("sandbox_tasks:echo", constants={"list": "x" * (2 << 20)})


def test_a_child_can_write_to_no_file_however_it_came_by_it() -> None:
    with pool("fill_a_file", workers=1) as opened:
        (outcome,) = opened.run([Job.of_bytes(1, b"")])
    assert outcome.items == ({"error": "File too large"},)


def kill_at_random(seconds: float, seed: int, *, zygotes: bool) -> None:
    """Run jobs while killing their children at random; each job must be answered exactly once."""
    random.seed(seed)
    seen: set[int] = set()
    zygote: set[int] = set()
    done = threading.Event()

    def killer() -> None:
        while not done.wait(random.uniform(0.002, 0.03)):  # noqa: S311  # no secret
            victims = sorted(seen)[-2:] + (sorted(zygote)[-1:] if zygotes else [])
            for victim in random.sample(victims, min(1, len(victims))):
                if alive(victim):
                    os.kill(victim, signal.SIGKILL)

    thread = threading.Thread(target=killer)
    thread.start()
    end = time.monotonic() + seconds
    answered: Counter[int] = Counter()
    sent = 0

    def jobs() -> Iterator[Job[int]]:
        nonlocal sent
        while time.monotonic() < end:
            sent += 1
            yield Job.of_bytes(sent, b"", {"seconds": 0.002})

    try:
        with pool("process", workers=2) as opened:
            for event in opened.stream(jobs()):
                if isinstance(event, Reply):
                    seen.add(int(str(event.item["worker"])))
                    zygote.add(int(str(event.item["zygote"])))
                else:
                    answered[event.key] += 1
                    assert event.refusal is None or event.refusal.code == "media.killed"
    finally:
        done.set()
        thread.join()
    assert answered == dict.fromkeys(range(1, sent + 1), 1)
    assert len(seen) > 2
    wait_until_gone((seen | zygote) - {1})  # whose parent has been killed says that init is its parent


def test_every_job_is_answered_once_while_children_are_killed() -> None:
    kill_at_random(0.3, seed=1, zygotes=False)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_every_job_is_answered_once_while_zygotes_are_killed_too(seed: int) -> None:
    kill_at_random(2, seed, zygotes=True)


def test_no_child_outlives_a_killed_parent(tmp_path: Path) -> None:
    program = textwrap.dedent(
        """
        import sys
        from tocsin.media.sandbox import Job, Pool, Reply
        pool = Pool("sandbox_tasks:process", workers=2, path=[sys.argv[1]])
        jobs = [Job.of_bytes(number, b"", {"seconds": 3600}) for number in range(4)]
        for event in pool.stream(jobs):
            print(event.item["worker"], event.item["zygote"], flush=True)
        """
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", program, HERE], stdout=subprocess.PIPE, text=True, cwd=tmp_path
    )
    with parent:
        assert parent.stdout is not None
        children = {int(word) for _ in range(2) for word in parent.stdout.readline().split()}
        assert all(alive(child) for child in children)
        parent.kill()
    assert len(children) == 3
    wait_until_gone(children)


def test_an_interrupted_run_leaves_no_child_and_a_usable_pool() -> None:
    with pool("process") as opened:
        busy: set[int] = set()
        events = opened.stream(Job.of_bytes(number, b"", {"seconds": 3600}) for number in range(4))
        for event in events:
            assert isinstance(event, Reply)
            busy.add(int(str(event.item["worker"])))
            if len(busy) == 2:
                break
        with pytest.raises(KeyboardInterrupt):
            events.throw(KeyboardInterrupt)
        wait_until_gone(busy)
        (outcome,) = opened.run([Job.of_bytes(1, b"")])
        assert outcome.refusal is None
        last = {int(str(outcome.items[0][name])) for name in ("worker", "zygote")}
    wait_until_gone(last)


def test_a_child_that_dies_when_the_pool_is_gone_leaves_no_complaint() -> None:
    """Python writes to stderr where a signal finds that the descriptor it is told of is closed."""
    script = """
        import os, signal, socket
        from tocsin.media._zygote import _Zygote
        ours, theirs = socket.socketpair()
        ours.close()
        _Zygote(theirs, None).serve()
        os.kill(os.getpid(), signal.SIGCHLD)
    """
    command = [sys.executable, "-c", textwrap.dedent(script)]
    done = subprocess.run(command, capture_output=True, check=True)
    assert done.stderr == b""


@pytest.mark.slow
def test_a_slow_consumer_does_not_make_jobs_late() -> None:
    with pool("echo", limits=FAST) as opened:
        for outcome in opened.run(Job.of_bytes(number, b"") for number in range(6)):
            time.sleep(0.12)
            assert outcome.refusal is None


def test_a_picture_is_looked_at_in_a_child() -> None:
    with pool("look", workers=1) as opened:
        good, bad = opened.run([Job.of_bytes(1, file_of("PNG")), Job.of_bytes(2, file_of("PNG")[:200])])
    assert good.items[0] == {"view": "picture", "shape": [96, 128, 3]}
    assert bad.refusal is not None
    assert bad.refusal.code in {"media.truncated", "media.corrupt"}
