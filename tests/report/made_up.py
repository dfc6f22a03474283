"""A plan's document as the engine shapes it, with numbers that are made up and mean nothing.

Seven options of every kind, so that each way a document can be is in it: measured, entered and
unknown quality, an option that cannot serve, one that loses on quality, long names.
"""

from copy import deepcopy
from typing import Any

Document = dict[str, Any]

MONTHS = 24
RUN = "localise-de-1"
CASH = 1_200_000.0
BURN = 81_000.0
TODAY = 420_000.0
FLOOR = 28.0

RENT = "Rent GPT-4.1 mini"
TUNE = "Tune a 1.5 B model and host it"
HOST = "Host Mistral 7B as it is"
STAGED = "Rent now, host from 300,000 requests a day"
OWN = "Pretrain our own 1.3 B model from scratch on 26 billion tokens of product text"
DEVICES = "Compressed model on customers’ devices"
TOO_LARGE = "Host Llama 70B"

ROWS = (
    # name, kind, month (p5, p50, p95), once, lead, quality, measured, holds, answer seconds
    (TUNE, "tuned", (2600.0, 3150.0, 3900.0), 24_000.0, 1, 29.4, True, 0.71, 1.4),
    (STAGED, "staged", (3050.0, 3500.0, 4300.0), 14_000.0, 3, 29.0, False, 0.18, 1.9),
    (RENT, "api", (3900.0, 4250.0, 4700.0), 2_000.0, 0, 29.0, False, 0.09, 0.9),
    (OWN, "pretrained", (9600.0, 14_000.0, 19_500.0), 160_000.0, 9, 28.3, False, 0.02, 1.1),
    (HOST, "host", (5300.0, 6400.0, 8000.0), 10_000.0, 1, 27.1, False, 0.0, 2.6),
    (DEVICES, "compressed", (1500.0, 1900.0, 2600.0), 46_000.0, 4, None, False, 0.0, None),
)
PARTS = {
    # share of a month: api_tokens, gpu, devices, team, retraining, one_time
    "tuned": (0.0, 0.42, 0.0, 0.22, 0.04, 0.32),
    "staged": (0.41, 0.28, 0.0, 0.14, 0.0, 0.17),
    "api": (0.93, 0.0, 0.0, 0.05, 0.0, 0.02),
    "pretrained": (0.0, 0.22, 0.0, 0.24, 0.06, 0.48),
    "host": (0.0, 0.78, 0.0, 0.15, 0.0, 0.07),
    "compressed": (0.0, 0.0, 0.19, 0.0, 0.0, 0.81),
}
LABELS = {
    "requests": "strategy.control.requests", "growth_per_month": "strategy.field.growth_per_month",
    "gpu_price": "strategy.field.usd_per_gpu_hour",
}  # fmt: skip
PART_NAMES = ("api_tokens", "gpu", "devices", "team", "retraining", "one_time")


def _ends(value: float, down: float, up: float) -> dict[str, float]:
    return {"p5": value * down, "p50": value, "p95": value * up}


def _cash(month: float, once: float, t: int, faster: float = 1.0) -> float:
    income = sum(21_000 * 1.035**step for step in range(t))
    return CASH - once - t * BURN * faster - t * month + income / faster


def _runway(month: float, once: float, faster: float) -> float | None:
    return next((t - 0.4 for t in range(MONTHS + 1) if _cash(month, once, t, faster) < 0), None)


def _ranked(row: tuple[Any, ...], rank: int) -> Document:
    name, kind, (p5, p50, p95), once, lead, quality, measured, holds, seconds = row
    eligible = quality is not None and quality >= FLOOR
    hosted = kind not in ("api", "compressed")
    return {
        "option": name, "kind": kind, "rank": rank if eligible else None, "eligible": eligible,
        "feasible": True, "problem": None, "probability_best": holds,
        "cost_total_usd": {"p5": p5 * MONTHS, "p50": p50 * MONTHS, "p95": p95 * MONTHS},
        "cost_month_usd": {"p5": p5, "p50": p50, "p95": p95},
        "cash_end_usd": {"p5": _cash(p95, once, MONTHS, 1.12), "p50": _cash(p50, once, MONTHS),
                         "p95": _cash(p5, once, MONTHS, 0.9)},
        "cash_low_point_usd": _cash(p50, once, MONTHS),
        "cash_low_point_range_usd": {"p5": _cash(p95, once, MONTHS, 1.12),
                                     "p50": _cash(p50, once, MONTHS),
                                     "p95": _cash(p5, once, MONTHS, 0.9)},
        "runway_months": {"p5": _runway(p95, once, 1.12), "p50": _runway(p50, once, 1.0),
                          "p95": _runway(p5, once, 0.9)},
        "survives": 0.27,
        "quality": quality,
        "quality_low": 28.1 if measured else None, "quality_high": 30.8 if measured else None,
        "quality_n": 1000 if measured else None,
        "quality_kind": None if quality is None else "measured" if measured else "entered",
        "quality_source": f"{RUN}, localise-de@v1" if measured else "our pilot, 40 answers",
        "meets_floor": None if quality is None else quality >= FLOOR,
        "probability_meets_floor": None if quality is None else 0.97 if quality >= 28.5 else 0.4,
        "answer_seconds": seconds and {"value": seconds, "low": 0.8 * seconds,
                                       "high": 1.4 * seconds,
                                       "kind": "entered" if kind == "api" else "estimated"},
        "one_time_usd": _ends(once, 0.85, 1.3), "lead_months": lead,
        "parts_month_usd": {name: share * p50 for name, share in
                            zip(PART_NAMES, PARTS[kind], strict=True)},
        "replicas": 2 if hosted else None, "utilisation": 0.46 if hosted else None,
        "break_even_utilisation": 0.31 if hosted else None,
        "requests_per_day_per_replica": 390_000.0 if hosted else None,
        "training": {"gpu_hours": 31.0, "usd": 56.0, "days": 0.2} if kind == "tuned" else None,
        "run": RUN if kind == "tuned" else None, "notes": [],
    }  # fmt: skip


def _impossible() -> Document:
    row = _ranked((TOO_LARGE, "host", (0.0, 0.0, 0.0), 0.0, 1, 31.0, False, 0.0, None), 9)
    ends = {"p5": None, "p50": None, "p95": None}
    unknown = ("cost_total_usd", "cost_month_usd", "cash_end_usd", "cash_low_point_range_usd",
               "runway_months", "one_time_usd")  # fmt: skip
    return row | dict.fromkeys(unknown, ends) | {
        "feasible": False, "eligible": False, "rank": None, "parts_month_usd": None,
        "cash_low_point_usd": None, "survives": None, "replicas": None, "utilisation": None,
        "break_even_utilisation": None, "requests_per_day_per_replica": None,
        "problem": {"key": "reason.no_fit", "option": TOO_LARGE, "gpus": 1, "gpu": "A100-80-SXM",
                    "precision": "fp16",
                    "text": f"{TOO_LARGE} does not fit on 1 × A100-80-SXM in fp16."},
    }  # fmt: skip


def _date(month: int) -> str:
    return f"{2026 + (10 + month) // 12}-{(10 + month) % 12 + 1:02d}"


def _monthly(row: tuple[Any, ...]) -> list[Document]:
    name, kind, (p5, p50, p95), once, *_ = row
    found = []
    for t in range(1, MONTHS + 1):
        parts = zip(PART_NAMES, PARTS[kind], strict=True)
        found.append({
            "option": name, "month": t, "date": _date(t),
            "requests_per_day": TODAY * 1.04 ** (t - 1),
            "revenue_usd": 21_000 * 1.035 ** (t - 1), "cost_usd": BURN + p50, "model_usd": p50,
            "parts_usd": {part: share * p50 for part, share in parts},
            "gross_margin": 0.8, "cash_usd": _cash(p50, once, t),
            "cash_p5_usd": _cash(p95, once, t, 1.12), "cash_p50_usd": _cash(p50, once, t),
            "cash_p95_usd": _cash(p5, once, t, 0.9),
        })  # fmt: skip
    return found


def _curve(row: tuple[Any, ...]) -> Document:
    name, kind, (p5, p50, p95), *_ = row
    volumes = [20_000.0 * step for step in range(51)]
    steps = {"api": lambda v: p50 * v / TODAY,
             "staged": lambda v: 4250 * v / TODAY if v < 300_000 else 2300 + 0.0022 * v}.get(
        kind, lambda v: p50 * (0.7 + 0.3 * (1 + v // 390_000))
    )  # fmt: skip
    usd = [steps(volume) for volume in volumes]
    low, high = (1.0, 1.0) if kind == "api" else (p5 / p50, p95 / p50)
    return {"option": name, "requests_per_day": volumes, "usd_month": usd,
            "low": [low * one for one in usd], "high": [high * one for one in usd]}  # fmt: skip


def _tornado() -> list[Document]:
    rows = (
        ("demand.requests_per_day", "requests", "requests", TODAY, 250_000, 700_000, "stated",
         -400.0, 5500.0, 312_000.0),
        (f"option.{RENT}.price", "api_price", "factor", 1.0, 0.5, 1.1, "published", -1000.0, 1500.0,
         0.74),
        (f"option.{TUNE}.gpu_price", "gpu_price", "usd_per_hour", 1.79, 1.2, 2.6, "published",
         1700.0, 200.0, None),
        (f"option.{TUNE}.throughput", "throughput", "factor", 1.0, 0.72, 1.34, "tried", 300.0,
         1600.0, None),
        ("company.person_usd_per_month", "person_usd_per_month", "usd", 9000.0, 7000.0, 12_000.0,
         "stated", 1400.0, 500.0, None),
        ("demand.growth_per_month", "growth_per_month", "share", 0.04, 0.0, 0.09, "stated", 700.0,
         1500.0, None),
    )  # fmt: skip
    names = ("input", "label_key", "unit", "base", "low", "high", "how", "gain_at_low_usd",
             "gain_at_high_usd", "flips_at")  # fmt: skip
    found = [dict(zip(names, row, strict=True)) for row in rows]
    return [
        row | {"label_key": LABELS.get(row["label_key"], f"strategy.input.{row['label_key']}"),
               "flips_to": RENT if row["flips_at"] else None} for row in found
    ]  # fmt: skip


def _regret(shocks: list[Document]) -> list[Document]:
    costs = {TUNE: 0.0, STAGED: 18_000.0, RENT: 34_000.0, OWN: 290_000.0, HOST: 84_000.0}
    found = []
    for number, shock in enumerate([None, *shocks]):
        moved = {name: abs(cost + (9_000.0 * number if name == TUNE else -11_000.0 * number))
                 for name, cost in costs.items()}  # fmt: skip
        least = min(moved.values())
        found += [
            {"shock": shock and shock["name"], "probability": shock and shock["probability"],
             "option": name, "cash_end_usd": -190_000 - cost, "regret_usd": cost - least}
            for name, cost in moved.items()
        ]  # fmt: skip
    return found


SHOCKS = [
    {"name": "API prices halve", "probability": 0.3, "month": 6,
     "effects": {"api_price_factor": [0.4, 0.7]}, "source": "list prices of three providers",
     "assumed": False},
    {"name": "A100s become scarce", "probability": 0.15, "month": 4,
     "effects": {"gpu_price_factor": 1.6, "extra_lead_months": 2}, "source": "assumed",
     "assumed": True},
    {"name": "The round closes late", "probability": None, "month": 9,
     "effects": {"revenue_factor": 0.8}, "source": "assumed", "assumed": True},
]  # fmt: skip


def _sentences() -> Document:
    return {
        "reasons": [
            {"key": "reason.cheapest", "option": TUNE, "second": STAGED, "months": MONTHS,
             "total_usd": 75_600.0, "second_usd": 84_000.0,
             "text": f"Over {MONTHS} months {TUNE} costs US$ 75,600, the next option, {STAGED}, "
                     "US$ 84,000, growth and one-time costs included."},
            {"key": "reason.below", "option": HOST, "metric": "bleu", "quality": 27.1,
             "floor": FLOOR, "text": f"{HOST} scores 27.1 BLEU, short of the floor of 28."},
            {"key": "reason.unknown", "option": DEVICES,
             "text": f"The quality of {DEVICES} is not known, so it cannot win."},
        ],
        "flips": [
            {"key": "flip.fewer", "winner": RENT, "requests_per_day": 312_000.0,
             "today_requests_per_day": TODAY,
             "text": f"Below 312 thousand requests a day, {RENT} wins (today 420 thousand)."},
            {"key": "flip.api_price_down", "option": RENT, "change": 0.26,
             "text": f"If the price of {RENT} fell by 26 %, it would win."},
            {"key": "flip.measure", "option": DEVICES, "metric": "bleu", "floor": FLOOR,
             "quality": None,
             "text": f"Measure {DEVICES}: at 28 BLEU or better (now not known) it can be "
                     "recommended."},
        ],
        "warnings": [
            {"key": "warning.entered", "option": RENT,
             "text": f"The quality of {RENT} was entered, not measured."},
        ],
    }  # fmt: skip


def document(**changes: Any) -> Document:
    """The made-up document; `changes` replace keys of it."""
    ranking = [_ranked(row, rank) for rank, row in enumerate(ROWS, 1)] + [_impossible()]
    found: Document = {
        "plan": "seed", "title": "Product text in German: which model writes it",
        "horizon_months": MONTHS, "start": "2026-12", "prices_as_of": "2026-11-26", "seed": 7,
        "draws": 5000,
        "company": {"cash_usd": CASH, "monthly_cost_usd": 26_000.0, "people": 5.0,
                    "person_usd_per_month": 9000.0, "customers": 210.0,
                    "revenue_per_customer_usd": 100.0, "revenue_per_1000_requests_usd": 0.0,
                    "growth_per_month": 0.035, "churn_per_month": 0.02, "raise_months": 6},
        "demand": {"requests_per_day": TODAY, "growth_per_month": 0.04, "input_tokens": 120,
                   "output_tokens": 60, "cacheable_share": 0.5, "daily_shape": "office-hours",
                   "latency_seconds": 3.0},
        "quality": {"metric": "bleu", "floor": FLOOR, "dataset": "localise-de",
                    "reference": None, "revenue_per_point": 0.0},
        "recommended_option": TUNE, "second_option": STAGED,
        "gain_usd_per_month": {"value": 1100.0, "low": -250.0, "high": 2900.0},
        "probability_none": 0.03,
        "ranking": ranking,
        "monthly": [month for row in ROWS for month in _monthly(row)],
        "curves": [_curve(row) for row in ROWS],
        "break_even": [
            {"a": STAGED, "b": TUNE, "requests_per_day": 288_000.0, "low": 228_000.0,
             "high": 366_000.0, "month": 11, "utilisation": 0.31},
            {"a": RENT, "b": TUNE, "requests_per_day": 312_000.0, "low": 262_000.0,
             "high": 391_000.0, "month": 14, "utilisation": 0.33},
            {"a": RENT, "b": HOST, "requests_per_day": 640_000.0, "low": 520_000.0,
             "high": 830_000.0, "month": None, "utilisation": 0.68},
            {"a": OWN, "b": TUNE, "requests_per_day": 0, "low": None, "high": None, "month": 0,
             "utilisation": None},
        ],
        "tornado": _tornado(), "regret": _regret(SHOCKS), "minimax_option": TUNE,
        "pareto": [
            {"option": row["option"], "quality": row["quality"],
             "cost_month_usd": row["cost_month_usd"]["p50"],
             "answer_seconds": row["answer_seconds"] and row["answer_seconds"]["value"],
             "measured": {"quality": row["quality_kind"] == "measured", "latency": False},
             "on_front": row["option"] == TUNE}
            for row in ranking if row["feasible"]
        ],
        "shocks": deepcopy(SHOCKS), **_sentences(),
        "summary": {
            "en": f"**{TUNE}.** It is cheapest in **71 % of draws**, and pays back above 288 "
                  "thousand requests a day; today there are 420 thousand.",
            "zh": f"**{TUNE}**：在 **71 %** 的抽样中费用最低；"
                  "日请求超过 28.8 万后回本，今天为 42 万。",
        },
        "prices": [
            {"option": RENT, "item": "gpt-4.1-mini, input", "usd": 0.4, "unit": "million tokens",
             "source": "https://openai.com/api/pricing", "date": "2026-11-01"},
            {"option": RENT, "item": "gpt-4.1-mini, output", "usd": 1.6, "unit": "million tokens",
             "source": "https://openai.com/api/pricing", "date": "2026-11-01"},
            {"option": TUNE, "item": "A100-80-SXM, on demand, median of 9", "usd": 1.79,
             "unit": "GPU-hour", "source": "gpu_prices.csv", "date": "2026-10-12"},
            {"option": TUNE, "item": "person, a month", "usd": 9000.0, "unit": "month",
             "source": "stated in the scenario", "date": None},
        ],
        "assumptions": [
            {"field": "demand.requests_per_day", "value": TODAY,
             "text": "Mean of the last four weeks of the pilot, weekends included."},
            {"field": "company.growth_per_month", "value": 0.035,
             "text": "Six months of invoices; nothing is signed beyond March."},
            {"field": f"option.{RENT}.quality", "value": 29.0,
             "text": "Forty answers of the pilot, read by one translator."},
        ],
        "ranges": [
            {"field": "demand.requests_per_day", "low": 250_000, "high": 700_000},
            {"field": "demand.growth_per_month", "low": 0.0, "high": 0.09},
        ],
    }  # fmt: skip
    return deepcopy(found | changes)


def renamed(found: Document, names: dict[str, str]) -> Document:
    """The document with other option names, wherever a name stands."""

    def walk(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: walk(each) for key, each in value.items()}
        if isinstance(value, list):
            return [walk(each) for each in value]
        if isinstance(value, str):
            for old, new in names.items():
                value = value.replace(old, new)
        return value

    return walk(deepcopy(found))
