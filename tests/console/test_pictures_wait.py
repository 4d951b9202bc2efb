"""Pictures that wait for a sandbox child keep nobody else's pages waiting."""

import io
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

from PIL import Image
from support.case_pages import claimed, open_case, reviewer
from support.console import console

from tocsin.evidence import renditions
from tocsin.simulators.pictures import flat
from tocsin.web.app import Limits


def test_pages_are_answered_while_pictures_wait(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    Image.fromarray(flat(64, 64)).save(buffer, "png")
    with console(tmp_path / "home") as opened, ExitStack() as taken, ThreadPoolExecutor(60) as asking:
        number = open_case(opened, buffer.getvalue())
        anna, bela = reviewer(opened, "anna"), reviewer(opened, "bela")
        claimed(anna, number)
        sha256 = opened.node.review.queue.contents(number)[0].hex()
        case = opened.node.review.queue.case(opened.principal("anna"), number)
        for _ in range(renditions.WORKERS):  # every child is busy
            taken.enter_context(opened.node.renderer._pool())  # as another thread does
        path = f"/console/cases/{number}/contents/{sha256}/renditions/grey?claim={case.claim}"
        waiting = [asking.submit(anna.get, path) for _ in range(Limits().threads + 5)]
        assert bela.get("/console/queue").status_code == 200
        assert bela.get(f"/console/cases/{number}").status_code == 200
        assert not any(one.done() for one in waiting)
        taken.close()
        assert {one.result().status_code for one in waiting} == {200}
