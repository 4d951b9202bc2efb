"""The state of the node in numbers, for whoever watches it."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tocsin.node.node import Node
    from tocsin.web.metrics import Gauge


def gauges(node: "Node") -> "Iterator[Gauge]":
    """Jobs by state."""
    counts = {state.value: float(count) for state, count in node.jobs.counts().items()}
    yield "tocsin_jobs", "Jobs by state.", counts
