"""The report: one picture of how trials go, and the same numbers as text."""

from collections.abc import Iterable, Iterator, Sequence

from cards.kit.chart import Bar, Chart, Panel, Tint, to_draw
from cards.kit.open_changes import change_name
from cards.kit.words import Md, Words, bold, bullets, dotted, paragraphs, plain, spaced
from store.features.report import Count, Devices, Month, Report, Week
from store.rules.statuses import LIVE, PENDING
from store.say import File
from store.terms import Status

FILE = "trial-report.png"
OVER = (Status.CONVERTED, Status.ENDED, Status.CANCELLED)

_TINTS = {
    **dict.fromkeys(PENDING, Tint.ACCENT),
    Status.ACTIVE: Tint.GOOD,
    Status.GRACE: Tint.ATTENTION,
    Status.UNSURE: Tint.ATTENTION,
    Status.CONVERTED: Tint.GOOD,
}


def report_text(report: Report, partners: Sequence[str], words: Words) -> Md:
    """Write the numbers of a report; `partners`: the names of those it is about."""
    head = words("Trial report of {day} · {partners}", day=report.day, partners=list(partners))
    return paragraphs(
        bold(head),
        bold(words("Trials by status")),
        bullets(_status_lines(report, words)),
        bold(words("Expiring in the next 12 weeks")),
        bullets(_week_lines(report.weeks, words)) or words("Nothing expires."),
        bold(words("Trials with devices due back")),
        bullets(words("{what}: {n}", what=what, n=n) for what, n, _ in _due(report, words)),
        bold(words("Conversion rate by month")),
        bullets(_month_lines(report.months, words)) or words("No trial has finished."),
    )


def summary_text(report: Report, words: Words) -> Md:
    """Write the line that goes with the picture after the weekly digest."""
    live = [_status_line(*each, words) for each in _statuses(report, LIVE)]
    more = words("Type *report* to get all numbers.")
    return paragraphs(dotted(bold(words("This space's trials")), *live), more)


def report_file(report: Report, words: Words, *, small: bool = False) -> File:
    """Describe the picture of a report; it is drawn when it is sent."""
    beside = ((_live(report, words),), (_devices(report, words), _over(report, words)))
    rows = (beside, ((_weeks(report.weeks, words),),), ((_months(report.months, words),),))
    title = plain(words("Trial report of {day}", day=report.day))
    return to_draw(Chart(title=title, rows=rows, small=small), FILE)


# ------------------------------------------------------------------ statuses


def _statuses(report: Report, among: Iterable[Status]) -> Iterator[tuple[Status, Count]]:
    """Yield the statuses that trials have, in their usual order; always the active ones."""
    wanted = set(among)
    for status in Status:
        count = report.statuses.get(status, Count())
        if status in wanted and (count.trials or status is Status.ACTIVE):
            yield status, count


def _status_lines(report: Report, words: Words) -> Iterator[Md]:
    for status, count in _statuses(report, Status):
        yield _status_line(status, count, words)
    if report.changes:
        each = [
            words("{what}: {n}", what=change_name(kind, words), n=n)
            for kind, n in sorted(report.changes.items())
        ]
        yield words("Open changes in Partner Hub: {changes}", changes=dotted(*each))


def _status_line(status: Status, count: Count, words: Words) -> Md:
    line = words("{what}: {n}", what=words.status(status), n=count.trials)
    return spaced(line, words("({what})", what=_open(count, words)) if count.open_ else "")


def _open(count: Count, words: Words) -> Md:
    return words.plural(
        "{n} of them with an open change", "{n} of them with open changes", count.open_
    )


def _live(report: Report, words: Words) -> Panel:
    return Panel(
        title=plain(words("Trials by status")),
        bars=tuple(_status_bar(*each, words) for each in _statuses(report, LIVE)),
        legend=((plain(words("with an open change")), Tint.WARNING),),
    )


def _over(report: Report, words: Words) -> Panel:
    """Draw the finished trials by themselves: there are many more of them."""
    shown = [(status, report.statuses.get(status, Count())) for status in OVER]
    bars = tuple(_status_bar(*each, words) for each in shown)
    return Panel(title=plain(words("Finished trials")), bars=bars)


def _status_bar(status: Status, count: Count, words: Words) -> Bar:
    closed = count.trials - count.open_
    parts = ((closed, _TINTS.get(status, Tint.MUTED)), (count.open_, Tint.WARNING))
    label = plain(words.status(status))
    return Bar(label=label, parts=parts, value=plain(words.number(count.trials)))


# ------------------------------------------------------------------ weeks


def _week_lines(weeks: Iterable[Week], words: Words) -> Iterator[Md]:
    for week in weeks:
        parts = []
        if week.expiring:
            parts.append(words.plural("{n} expires", "{n} expire", week.expiring))
        if week.waiting:
            parts.append(_waiting(week.waiting, words))
        if week.grace:
            parts.append(words.plural("grace ends for {n}", "grace ends for {n}", week.grace))
        if parts:
            first, last = words.short_day(week.first), words.short_day(week.last)
            days = first if week.first == week.last else Md(f"{first} – {last}")
            yield words("{what}: {n}", what=days, n=dotted(*parts))


def _waiting(n: int, words: Words) -> Md:
    return words.plural(
        "{n} of them waits for an extension", "{n} of them wait for an extension", n
    )


def _weeks(weeks: Sequence[Week], words: Words) -> Panel:
    legend = (
        (words("expires"), Tint.ACCENT),
        (words("waiting for an extension"), Tint.WARNING),
        (words("grace ends"), Tint.ATTENTION),
    )
    return Panel(
        title=plain(words("Expiring in the next 12 weeks")),
        bars=tuple(_week(week, words) for week in weeks),
        upright=True,
        legend=tuple((plain(text), tint) for text, tint in legend),
    )


def _week(week: Week, words: Words) -> Bar:
    n = week.expiring + week.grace
    return Bar(
        label=plain(words.short_day(week.first)),
        parts=(
            (week.expiring - week.waiting, Tint.ACCENT),
            (week.waiting, Tint.WARNING),
            (week.grace, Tint.ATTENTION),
        ),
        value=plain(words.number(n)) if n else "",
    )


# ------------------------------------------------------------------ devices


def _due(report: Report, words: Words) -> Iterator[tuple[Md, int, Tint]]:
    devices: Devices = report.devices
    yield words("Overdue"), devices.overdue, Tint.ATTENTION
    yield words("Within 14 days"), devices.soon, Tint.WARNING
    yield words("Later"), devices.later, Tint.ACCENT
    yield words("Date unknown: see the EULA e-mail"), devices.unknown, Tint.MUTED


def _devices(report: Report, words: Words) -> Panel:
    bars = [
        Bar(label=plain(what), parts=((n, tint),), value=plain(words.number(n)))
        for what, n, tint in _due(report, words)
    ]
    return Panel(title=plain(words("Trials with devices due back")), bars=tuple(bars))


# ------------------------------------------------------------------ months


def _month_lines(months: Iterable[Month], words: Words) -> Iterator[Md]:
    for month in months:
        if month.finished:
            yield words(
                "{month}: {converted} of {finished} converted ({rate})",
                month=words.month(month.first),
                converted=month.converted,
                finished=month.finished,
                rate=words.percent(month.converted, month.finished),
            )


def _months(months: Sequence[Month], words: Words) -> Panel:
    legend = ((words("converted to paid"), Tint.GOOD), (words("not converted"), Tint.MUTED))
    return Panel(
        title=plain(words("Conversion rate by month")),
        bars=tuple(_month(month, words) for month in months),
        upright=True,
        legend=tuple((plain(text), tint) for text, tint in legend),
    )


def _month(month: Month, words: Words) -> Bar:
    rate = words.percent(month.converted, month.finished) if month.finished else ""
    share = words("{n} of {all}", n=month.converted, all=month.finished) if month.finished else ""
    rest = (month.finished - month.converted, Tint.MUTED)
    return Bar(
        label=plain(words.month(month.first)),
        parts=((month.converted, Tint.GOOD), rest),
        value=plain(rate),
        note=plain(share),
    )
