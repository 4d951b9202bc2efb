"""Races for a case: threads of one process, and processes, on both databases."""

import json
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from support.cases import Desk, person

from tocsin.access.model import Principal
from tocsin.cases.errors import HoldingError, NotHeldError, TakenError, UnsuitableError
from tocsin.cases.model import Case, State

TESTS = Path(__file__).parents[1]


def race(count: int, one: Callable[[Principal], Case | None]) -> list[Case]:
    """So many people do the same thing at the same moment; what they were given."""
    begin = threading.Barrier(count)
    given: list[Case] = []
    wrong: list[BaseException] = []

    def act(number: int) -> None:
        begin.wait()
        try:
            case = one(person(f"r{number}"))
        except (TakenError, HoldingError, UnsuitableError, NotHeldError):
            return
        except BaseException as error:  # noqa: BLE001  # told below
            wrong.append(error)
            return
        if case is not None:
            given.append(case)

    threads = [threading.Thread(target=act, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    return given


def test_one_of_many_claims_a_case(desk: Desk) -> None:
    number = desk.case()
    (case,) = race(8, lambda who: desk.queue.claim(who, number))
    assert desk.queue.case(person("r0"), number) == case
    assert desk.kinds(number) == ["opened", "claimed"]


def test_each_is_given_another_case(desk: Desk) -> None:
    numbers = desk.several(5)
    given = race(8, desk.queue.next)
    assert sorted(case.number for case in given) == numbers
    assert len({case.holder for case in given}) == len(numbers)


def test_one_person_with_many_tabs_holds_one_case(desk: Desk) -> None:
    desk.several(5)
    anna = person("anna")
    (case,) = race(8, lambda _: desk.queue.next(anna))
    assert desk.queue.held(anna) == [case]


def test_one_claim_is_given_back_once(desk: Desk) -> None:
    number = desk.case()
    held = desk.queue.claim(person("anna"), number)

    def skip(_: Principal) -> Case:
        desk.queue.skip(person("anna"), number, held.claim)
        return held

    assert len(race(8, skip)) == 1
    assert desk.kinds(number) == ["opened", "claimed", "skipped"]


def test_a_lease_that_ran_out_lapses_once(desk: Desk) -> None:
    number = desk.case()
    desk.queue.claim(person("anna"), number)
    desk.lease_passes()
    (case,) = race(8, desk.queue.next)
    assert case.claim == 2
    assert desk.kinds(number) == ["opened", "claimed", "lapsed", "claimed"]


def racers(folder: Path, rounds: int, number: int) -> list[list[str]]:
    """What two processes say that they were given."""
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "support.case_racer", str(folder), name, str(rounds), str(number)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=TESTS,
        )
        for name in ("anna", "bela")
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    told = [process.communicate(timeout=60)[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0]
    return [one.split("\n")[:-1] for one in told]


@pytest.mark.slow
def test_two_processes_race_for_one_case(desk: Desk, home_folder: Path) -> None:
    number = desk.case()
    told = racers(home_folder, 100, number)
    claims = [int(line.split()[2]) for lines in told for line in lines]
    assert len(claims) == len(set(claims))  # no claim was given to both
    assert sorted(claims) == list(range(1, len(claims) + 1))
    kinds = desk.kinds(number)[1:]
    # In the ledger, which has one order: whoever claims does so after the other one has given it back.
    assert kinds == ["claimed", "released"] * len(claims)
    actors = [row.actor for row in desk.events(number)[1:]]
    assert actors[::2] == actors[1::2]
    assert desk.queue.case(person("cleo"), number).state is State.WAITING


@pytest.mark.slow
def test_two_processes_race_for_the_queue(desk: Desk, home_folder: Path) -> None:
    with desk.database.writing():
        numbers = desk.several(20)
    told = racers(home_folder, 100, 0)
    given = [[int(line.split()[1]) for line in lines] for lines in told]
    for cases in given:  # what somebody skipped is not offered to them again while anything else waits
        assert len(cases) == len(set(cases))
    assert {*given[0], *given[1]} == {*numbers}
    for number in numbers:
        rows = desk.events(number)[1:]
        details = [json.loads(row.detail) for row in rows]
        claims, ends = rows[::2], rows[1::2]
        assert {row.kind for row in claims} == {"case.claimed"}
        assert [one["claim"] for one in details] == sorted([*range(1, len(claims) + 1)] * 2)
        assert [row.actor for row in claims] == [row.actor for row in ends]
        skipped = [row.actor for row in ends if row.kind == "case.skipped"]
        assert len(skipped) == len(set(skipped)) == len([one for one in details[::2] if "again" not in one])
