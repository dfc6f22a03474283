"""Counters for Prometheus. Labels come from tables, never from a request: their number is bounded.

assay_requests_total{path,status}     assay_request_seconds{path}      assay_queue_seconds
assay_tokens_total{direction}         assay_first_piece_seconds        assay_waiting, _working
assay_engine_up, _restarts_total, _retries_total, _swaps_total         assay_resident_bytes{…}
"""

import psutil
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from core.deploy.supervise import Supervisor

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
CONTENT_TYPE = CONTENT_TYPE_LATEST


class Metrics:
    """The counters of one server."""

    def __init__(self, supervisor: Supervisor) -> None:
        self._supervisor = supervisor
        self.registry = CollectorRegistry()
        into = self.registry
        self.requests = Counter(
            "assay_requests", "Requests answered or refused.", ("path", "status"), registry=into
        )
        self.seconds = Histogram(
            "assay_request_seconds",
            "From head to last byte.",
            ("path",),
            buckets=SECONDS,
            registry=into,
        )
        self.queued = Histogram(
            "assay_queue_seconds", "A text stood in the queue.", buckets=SECONDS, registry=into
        )
        self.first = Histogram(
            "assay_first_piece_seconds",
            "To a stream's first piece.",
            buckets=SECONDS,
            registry=into,
        )
        self.tokens = Counter(
            "assay_tokens", "As the tokenizer counts.", ("direction",), registry=into
        )
        self._resident = Gauge(
            "assay_resident_bytes", "Memory of a process.", ("process",), registry=into
        )
        for name, words, read in (
            ("assay_waiting", "Texts in the queue.", lambda: supervisor.waiting),
            ("assay_working", "Texts the engine has.", lambda: supervisor.working),
            ("assay_engine_up", "1 where an engine answers.", lambda: int(supervisor.ready)),
        ):
            Gauge(name, words, registry=into).set_function(read)
        counts = supervisor.counts
        for name, words, read in (
            ("assay_engine_restarts", "Starts after it broke.", lambda: counts.restarts),
            ("assay_retries", "Texts asked again after it broke.", lambda: counts.retried),
            ("assay_swaps", "Changes of the model.", lambda: counts.swaps),
        ):
            Gauge(f"{name}_total", words, registry=into).set_function(read)

    def text(self) -> bytes:
        """As Prometheus reads it."""
        for name, pid in (("server", None), ("engine", self._supervisor.pid)):
            if name == "engine" and pid is None:
                continue
            try:
                self._resident.labels(name).set(psutil.Process(pid).memory_info().rss)
            except psutil.NoSuchProcess:
                continue  # it has just broken; the next look sees the next one
        found: bytes = generate_latest(self.registry)
        return found
