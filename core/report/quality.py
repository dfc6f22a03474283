"""How good the options are: scores with intervals, answers to read, the comparison, attention."""

from core.charts.attention import colours
from core.evaluate import notation
from core.evaluate.metrics import metric
from core.evaluate.paired import Difference
from core.evaluate.score import Score
from core.interpret import capture_words
from core.interpret import words as attention_words
from core.interpret.attention import sharpest
from core.interpret.attention_picture import draw
from core.interpret.captured import Capture
from core.interpret.picture_svg import svg
from core.interpret.place import Place
from core.report import words
from core.report.evidence import Evidence, Sample
from core.report.markup import Html, advice, badge, listed, table, tag
from core.report.words import DASH, Document
from core.text.catalog import t

MOST_SIGNS = 400
"""Of a text in the table of answers; how many are left out is said."""


def quality(document: Document, evidence: Evidence, language: str) -> Html:
    """Section 3."""
    return tag(
        "section", tag("h2", t("report.head.quality", language)), _rivals(document, language),
        _scores(evidence, language), _compared(evidence, language), _samples(evidence, language),
        _attention(evidence, language), _absent(document, evidence, language),
    )  # fmt: skip


def _absent(document: Document, evidence: Evidence, language: str) -> Html:
    """Which evidence there is not, and how it is had."""
    data, run = document["quality"]["dataset"] or "DATASET", evidence.run
    model = run.run if run else "RUN"
    rows = (
        ("evaluation", evidence.evaluation, f"assay evaluate {data} --model {model}"),
        ("comparison", evidence.comparison, "assay compare EVALUATION EVALUATION"),
        ("samples", evidence.samples or None, None),
        ("attention", evidence.capture, f"assay attention {model} TEXT"),
    )
    said = [advice(t(f"report.missing.{key}", language), command)
            for key, found, command in rows if found is None]  # fmt: skip
    if not said:
        return Html("")
    return tag(
        "div", tag("h3", t("report.head.absent", language)), listed(said), class_="absent whole"
    )


def _rivals(document: Document, language: str) -> Html:
    """Every option's score under the scenario's metric, the best known first."""
    names = ("option", "quality", "n", "known", "reaches", "source")
    last = len(document["ranking"]) + 1
    rows = sorted(document["ranking"],
                  key=lambda row: (row["quality"] is None, row["rank"] or last))  # fmt: skip
    cells = [
        (
            row["option"], words.quality(document, row, language),
            DASH if row["quality_n"] is None else f"{row['quality_n']:,}",
            t(f"report.known.{row['quality_kind'] or 'unknown'}", language),
            words.share(row["probability_meets_floor"], language),
            row["quality_source"] or DASH,
        )
        for row in rows
    ]  # fmt: skip
    return tag(
        "div", tag("p", t("report.plotted.rivals", language), class_="plotted"),
        table([t(f"report.column.{name}", language) for name in names], cells,
              numbers=(1, 2, 4), texts=(0, 5), class_="small"),
    )  # fmt: skip


def _scores(evidence: Evidence, language: str) -> Html:
    """Everything that was measured of the model, each with its interval, n and signature."""
    found = evidence.evaluation
    head = tag("h3", t("report.head.scores", language), " ", badge("measured", language))
    if found is None:
        return Html("")
    about = t("report.plotted.scores", language, evaluation=found.evaluation, model=found.model,
              dataset=f"{found.dataset}@{found.data_version}", split=found.split, n=f"{found.n:,}",
              date=found.created_at[:10])  # fmt: skip
    rows = [_score(score, language) for score in found.scores if score.value is not None]
    names = ("metric", "value", "interval", "n", "signature")
    return tag("div", head, tag("p", about, class_="plotted"),
               table([t(f"report.column.{name}", language) for name in names], rows,
                     numbers=(1, 2, 3), texts=(4,), class_="small"))  # fmt: skip


def _score(score: Score, language: str) -> tuple[str, ...]:
    return (
        notation.title(score.metric, language),
        notation.number(score.value, score.unit, language),
        notation.interval(score.low, score.high, score.unit, language), f"{score.n:,}",
        score.signature,
    )  # fmt: skip


def _compared(evidence: Evidence, language: str) -> Html:
    """The run beside its base on the same examples."""
    found, head = evidence.comparison, tag("h3", t("report.head.compared", language))
    if found is None:
        return Html("")
    about = t("report.plotted.compared", language, a=found.base, b=found.tuned, n=f"{found.n:,}")
    names = ("metric", "before", "after", "difference", "p", "finding")
    return tag("div", head, tag("p", about, class_="plotted"),
               table([t(f"report.column.{name}", language) for name in names],
                     [_difference(row, language) for row in found.rows], numbers=(1, 2, 3, 4),
                     class_="small"))  # fmt: skip


def _difference(row: Difference, language: str) -> tuple[str, ...]:
    unit = _unit(row.metric)
    change = notation.change(row.difference, unit, language)
    if row.low is not None and row.high is not None:
        change += f" ({notation.interval(row.low, row.high, unit, language, sign=True)})"
    return (
        notation.title(row.metric, language), notation.number(row.a, unit, language),
        notation.number(row.b, unit, language), change, notation.p_value(row.p_value, language),
        t(f"report.compared.{row.verdict}", language),
    )  # fmt: skip


def _unit(name: str) -> str:
    return metric(name).unit


def _samples(evidence: Evidence, language: str) -> Html:
    """Answers to read: the best, the typical and the worst."""
    head = tag("h3", t("report.head.samples", language))
    if not evidence.samples or evidence.sample_metric is None:
        return Html("")
    names = ("which", "input", "reference", "output", "score")
    about = t("report.plotted.samples", language,
              metric=notation.title(evidence.sample_metric, language))  # fmt: skip
    rows = [_sample(one, evidence.sample_metric, language) for one in evidence.samples]
    return tag("div", head, tag("p", about, class_="plotted"),
               table([t(f"report.column.{name}", language) for name in names], rows, numbers=(4,),
                     texts=(1, 2, 3), class_="small texts"))  # fmt: skip


def _sample(one: Sample, by: str, language: str) -> tuple[str, ...]:
    texts = (_short(text, language) for text in (one.input, one.reference, one.output))
    return (t(f"report.sample.{one.kind}", language), *texts,
            notation.number(one.score, _unit(by), language))  # fmt: skip


def _short(text: str, language: str) -> str:
    """The beginning of a long text, and how much of it is not shown."""
    if len(text) <= MOST_SIGNS:
        return text
    left_out = t("report.left_out", language, n=f"{len(text) - MOST_SIGNS:,}")
    return f"{text[:MOST_SIGNS]}… {left_out}"


def _attention(evidence: Evidence, language: str) -> Html:
    """What the sharpest head looks at, and how true the picture is."""
    found = evidence.capture
    if found is None or evidence.capture_key is None:
        return Html("")
    said = attention_words.answer(found, found.summary(), language).replace("**", "")
    return tag(
        "figure",
        tag("h3", t("report.head.attention", language), " ", badge("parity", language)),
        tag("p", said, class_="plotted"),
        tag("div", Html(picture(found, evidence.capture_key, language)), class_="picture",
            role="img", aria_label=said),
        tag("figcaption", capture_words.parity(found.parity, language), tag("br"),
            t("attention.caveat.words", language)),
        class_="whole",
    )  # fmt: skip


def picture(capture: Capture, key: str, language: str) -> str:
    """The map of the sharpest head as SVG."""
    start = sharpest(capture.summary())
    place = Place("map", start.kind, start.layer, (start.head,))
    return svg(draw(capture, capture.summary(), place, colours()["light"], mark=key,
                    language=language))  # fmt: skip
