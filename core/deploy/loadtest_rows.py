"""A load test in rows, for the page and the command line alike."""

from core.deploy.loadtest_predicted import Compared
from core.deploy.loadtest_quantile import Quantile
from core.deploy.loadtest_store import LoadTest
from core.deploy.loadtest_summary import Summary
from core.deploy.loadtest_words import ms
from core.text.catalog import t
from core.text.format import number
from core.units import KILO


def stage_rows(made: LoadTest, language: str = "en") -> list[dict[str, str]]:
    """A row for each stage; columns that no stage has are left out."""
    found = [_row(made, place, stage, language) for place, stage in enumerate(made.stages)]
    used = [key for key in (found[0] if found else {}) if any(row[key] for row in found)]
    return [{t(f"loadtest.table.{key}", language): row[key] for key in used} for row in found]


def _row(made: LoadTest, place: int, stage: Summary, language: str) -> dict[str, str]:
    def time(found: Quantile) -> str:
        if found.beyond:
            return f"> {number(KILO * made.plan.timeout_seconds)}"
        if found.value is None:
            return t("common.not_known", language)
        ends = ""
        if found.low is not None and found.high is not None:
            ends = f" ({number(KILO * found.low)}–{number(KILO * found.high)})"
        return f"{number(KILO * found.value)}{ends}"

    alone = place == made.alone
    return {
        "rate": t("loadtest.table.one", language) if alone
        else number(stage.offered) if stage.rate is not None else "",
        "clients": "" if alone or stage.clients is None else f"{stage.clients:,}",
        "sent": f"{stage.sent:,}",
        "p50": time(stage.total.p50),
        "p95": time(stage.total.p95),
        "p99": time(stage.total.p99),
        "first": time(stage.first.p50) if stage.first else "",
        "token": time(stage.token.p50) if stage.token else "",
        "throughput": number(stage.throughput),
        "tokens": "" if stage.output_tokens_per_second is None
        else number(stage.output_tokens_per_second),
        "busy": f"{stage.counts['busy']:,}" if stage.counts.get("busy") else "",
        "errors": f"{n:,}" if (n := round(stage.error_share * stage.sent)) else "",
        "lag": "" if stage.lag is None else number(KILO * stage.lag, 2),
    }  # fmt: skip


def error_rows(made: LoadTest, language: str = "en") -> list[dict[str, str]]:
    """A row for each kind of request that was not answered, and the first one's words."""
    counts: dict[str, int] = {}
    for stage in made.stages:
        for name, n in stage.counts.items():
            counts[name] = counts.get(name, 0) + n
    return [
        {t("loadtest.table.outcome", language): t(f"loadtest.outcome.{name}", language),
         t("loadtest.table.count", language): f"{n:,}",
         t("loadtest.table.said", language): made.sayings.get(name, "")}
        for name, n in counts.items() if name != "ok"
    ]  # fmt: skip


def compared_rows(made: LoadTest, language: str = "en") -> list[dict[str, str]]:
    """Measured beside estimated, with the error."""
    return [
        {
            t("loadtest.predicted.what", language): t(f"loadtest.predicted.{one.regime}", language),
            t("loadtest.predicted.measured", language): unit(one, one.measured, language),
            t("loadtest.predicted.estimated", language):
                f"≈ {unit(one, one.predicted.value, language)}",
            t("loadtest.predicted.range", language):
                f"{unit(one, one.predicted.low, language)} – "
                f"{unit(one, one.predicted.high, language)}",
            t("loadtest.predicted.error", language):
                f"{number(100 * one.error, 2, language, sign=True)} %",
        }
        for one in (made.predicted.compared if made.predicted else ())
    ]  # fmt: skip


def unit(one: Compared, value: float, language: str = "en") -> str:
    """A compared number with its unit."""
    shown = ms(value, language) if one.unit == "s" else number(value)
    return t(f"loadtest.predicted.unit_{one.regime}", language, value=shown)
