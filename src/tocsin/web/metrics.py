"""What Prometheus is told: requests by route, and the state of the node when it is asked for."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily

if TYPE_CHECKING:
    from prometheus_client.core import Metric

MEDIA_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_METHODS = frozenset("GET HEAD POST PUT PATCH DELETE OPTIONS".split())  # noqa: SIM905  # reads better
Gauge = tuple[str, str, dict[str, float]]
"""Name, help, and values by state; a value without a state stands under ''."""


class Metrics:
    """The metrics of one node; a registry of its own, so that two nodes in a process do not mix."""

    def __init__(self, state: Callable[[], Iterator[Gauge]]) -> None:
        """`state` tells the gauges whenever somebody asks."""
        self._registry = CollectorRegistry()
        self._state = state
        self._requests = Histogram(
            "tocsin_request_seconds",
            "Requests by method, route and status.",
            ("method", "route", "status"),
            buckets=_BUCKETS,
            registry=self._registry,
        )
        self._submissions = Counter(
            "tocsin_submissions", "Submissions by what became of them.", ("outcome",), registry=self._registry
        )
        self._lookups = Counter(
            "tocsin_lookups",
            "Contents and hashes looked up, by outcome.",
            ("outcome",),
            registry=self._registry,
        )
        self._registry.register(self)

    def served(self, method: str, route: str, status: int, seconds: float) -> None:
        """A request was answered. An unknown method is a stranger's word, and not worth a series."""
        self._requests.labels(method if method in _METHODS else "other", route, str(status)).observe(seconds)

    def submitted(self, outcome: str) -> None:
        """A submission was taken: new, again, matched, refused, waiting."""
        self._submissions.labels(outcome).inc()

    def looked_up(self, outcome: str, count: int = 1) -> None:
        """So many contents or hashes were looked up: matched or unmatched."""
        if count:
            self._lookups.labels(outcome).inc(count)

    def collect(self) -> "Iterator[Metric]":
        """The gauges, as the registry asks for them."""
        for name, text, values in self._state():
            family = GaugeMetricFamily(name, text, labels=["state"] if "" not in values else None)
            for state, value in values.items():
                family.add_metric([state] if state else [], value)
            yield family

    def text(self) -> bytes:
        """All of it in Prometheus's text format."""
        return generate_latest(self._registry)
