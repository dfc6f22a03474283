"""Small scenarios whose money can be worked out by hand."""

from dataclasses import replace
from datetime import date

from core.strategy.plan import make
from core.strategy.sections import (
    ApiOption,
    Company,
    Demand,
    HostOption,
    Quality,
    Scenario,
    TunedOption,
)
from core.strategy.shocks import Shock
from core.train.runs import Run, write_run
from core.workspace import assets

DAY = date(2026, 11, 26)
DAYS = 30.4375
RENT = ApiOption(
    name="Rent", input_usd_per_mtok=1.0, output_usd_per_mtok=4.0, cached_usd_per_mtok=0.25,
    prompt_tokens=400.0, quality=40.0, quality_source="pilot",
)  # fmt: skip
DEAR = replace(RENT, name="Dear", output_usd_per_mtok=8.0)
HOST = HostOption(
    name="Host", model="llama-3-8b", gpu="A100-80-SXM", usd_per_gpu_hour=2.0,
    quality=35.0, quality_source="pilot",
)  # fmt: skip
TUNED = TunedOption(
    name="Tuned", run="latest", base="starter-translate", train_tokens=1e6, usd_per_gpu_hour=2.0,
    one_time_usd=5000.0,
)  # fmt: skip
MACHINE = 2.0 * 730.5
"""US$ a month of one GPU of HOST."""
REQUEST = (400 + 100) * 1e-6 + 50 * 4e-6
"""US$ of one request of RENT, nothing cached: 700e-6."""


def scene(
    *options, requests=100_000.0, floor=30.0, months=24, shocks=(), ranges=None, company=None,
    **demand,
):  # fmt: skip
    money = {"cash_usd": 100_000.0, "monthly_cost_usd": 2000.0, "person_usd_per_month": 10_000.0}
    return Scenario(
        name="desk", title="A desk", horizon_months=months, start=None,
        company=Company(**(money | (company or {}))),
        demand=Demand(**({"requests_per_day": requests, "input_tokens": 100.0,
                          "output_tokens": 50.0} | demand)),
        quality=Quality(metric="bleu", floor=floor, dataset="desk-de"),
        options=options, shocks=tuple(shocks), ranges=ranges or {}, assumptions={},
    )  # fmt: skip


def planned(*options, workspace=None, draws=64, seed=0, basis=None, **scenario):
    return make(scene(*options, **scenario), workspace, as_of=DAY, draws=draws, seed=seed,
                basis=basis)  # fmt: skip


def shock(name="it", probability=1.0, **effects):
    return Shock(name=name, probability=probability, **effects)


def run(name="tuned-1", value=42.0, dataset="desk-de", state="succeeded", **more):
    score = {"metric": "bleu", "value": value, "low": value - 2, "high": value + 2, "n": 200,
             "unit": "points", "signature": "test"}  # fmt: skip
    return Run(
        run=name, state=state, base="starter-translate", base_hash=None, method="full",
        preset="quick", task="translation", dataset=dataset, data_version="abc", config={}, seed=0,
        job="j", created_at="2026-11-01T00:00:00+00:00", scores=[score], **more,
    )  # fmt: skip


def keep_run(workspace, row):
    """A run and the files that tell the sizes of its model."""
    write_run(workspace, row)
    folder = workspace.run(row.run) / "model"
    folder.mkdir()
    for file in (assets() / "models" / "starter-translate").iterdir():
        (folder / file.name).symlink_to(file)
