"""Gauges, read from the database on each scrape, so that any process can be asked."""

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily

from bot.clock import queue_now
from bot.engine.context import Context
from store.flags import HELD, is_set
from store.queues import beats, leases


def exposition(context: Context) -> bytes:
    """This process's counters and the installation's gauges, in Prometheus's text format."""
    gauges = CollectorRegistry()
    gauges.register(_Gauges(context))
    return generate_latest(context.metrics.registry) + generate_latest(gauges)


class _Gauges:
    def __init__(self, context: Context) -> None:
        self._context = context

    def describe(self) -> list[GaugeMetricFamily]:
        return []

    def collect(self) -> Iterator[GaugeMetricFamily]:
        now = queue_now()
        with self._context.database.reading() as session:
            oldest = leases.oldest(session.connection())
            failed = leases.count_buried(session.connection())
            beating = beats.all_beats(session.connection())
            held = is_set(session, HELD)
        age = GaugeMetricFamily(
            "trialbot_oldest_seconds",
            "How long the oldest row of a queue has been due.",
            labels=["queue"],
        )
        for name, due in oldest.items():
            age.add_metric([name], max((now - due).total_seconds(), 0.0) if due else 0.0)
        buried = GaugeMetricFamily(
            "trialbot_buried",
            "Events and messages that failed for good and wait for you.",
            labels=["queue"],
        )
        for name, count in failed.items():
            buried.add_metric([name], count)
        beat = GaugeMetricFamily(
            "trialbot_beat_seconds",
            "How long a process is overdue with its heartbeat; negative while it lives.",
            labels=["process"],
        )
        for name, until in beating.items():
            beat.add_metric([name], (now - until).total_seconds())
        kept_back = GaugeMetricFamily(
            "trialbot_held",
            "1 while nothing is sent until `trialbot release`, else 0.",
            value=float(held),
        )
        yield from (age, buried, beat, kept_back)
