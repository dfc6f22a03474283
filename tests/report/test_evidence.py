"""What a workspace gives for a plan: every number is the workspace's own."""

import hashlib
import json
import os
from dataclasses import replace

import pytest

from core import record
from core.evaluate import store as evaluations
from core.evaluate.metrics import metric
from core.interpret import store as captures
from core.report.evidence import KINDS_OF_SAMPLE, File, gather
from core.report.page import report_html
from core.report.reproduce import commands
from core.report.stored import newest
from core.strategy.plan import DRAWS
from core.train.runs import open_run
from core.workspace import Workspace
from tests.report import plans


@pytest.fixture(scope="module")
def document(seeded):
    return plans.measured(seeded)


@pytest.fixture(scope="module")
def found(seeded, document):
    return gather(seeded, document, File("my plan.toml", b'title = "mine"\n'))


def test_the_run_and_its_evaluation(found, seeded):
    run = open_run(seeded, plans.RUN)
    assert found.run == run
    assert found.evaluation.evaluation == run.evaluations["tuned"]
    assert dict(found.ids)["run"] == plans.RUN


def test_the_comparison_is_the_one_that_the_run_keeps(found, seeded):
    kept = open_run(seeded, plans.RUN).comparison
    assert found.comparison.n == kept["n"]
    assert [row.difference for row in found.comparison.rows] == [
        row["difference"] for row in kept["metrics"]
    ]


def test_samples_are_the_best_the_middle_and_the_worst(found, seeded):
    name = metric(found.evaluation.headline.metric).example
    rows = evaluations.examples(seeded, found.evaluation.evaluation)
    scores = sorted((row["scores"][name] for row in rows), reverse=True)
    by_kind = {
        kind: [one.score for one in found.samples if one.kind == kind] for kind in KINDS_OF_SAMPLE
    }
    assert by_kind["best"] == scores[:2] and by_kind["worst"] == scores[-2:]
    assert by_kind["typical"] == scores[len(scores) // 2 - 1 : len(scores) // 2 + 1]
    known = {row["id"]: row["prediction"] for row in rows}
    assert all(known[one.id] == one.output for one in found.samples)


def test_the_capture_is_the_newest_of_the_run(found, seeded):
    assert found.capture_key == captures.list_captures(seeded)[0].key
    assert found.capture.model == plans.RUN


def test_the_hashes_are_of_the_file_and_of_the_document(found, document):
    page = report_html(document, found, "en")
    assert hashlib.sha256(b'title = "mine"\n').hexdigest() in page
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert found.document_sha256 == hashlib.sha256(text.encode()).hexdigest()


def test_without_a_workspace_only_the_document_speaks(document):
    alone = gather(None, document)
    assert alone.run is None and alone.samples == () and alone.ids == ()
    assert alone.document_sha256


def test_an_empty_workspace_has_nothing_to_show(document, tmp_path):
    alone = gather(Workspace.open(tmp_path), document)
    assert alone.run is None and alone.evaluation is None and alone.file is None


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_page_shows_the_evidence(found, document, language):
    page = report_html(document, found, language)
    assert found.evaluation.headline.signature in page
    assert "<svg" in page.split('class="picture"')[1]
    assert "'my plan.toml'".replace("'", "&#x27;") in page
    assert found.capture_key in page


def test_outputs_are_literal(found, document):
    hostile = replace(found.samples[0], output="</td><script>alert(1)</script>", input="$x$")
    page = report_html(document, replace(found, samples=(hostile,)), "en")
    assert "&lt;/td&gt;&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>alert(1)" not in page


def test_the_kept_plan_with_a_run_is_the_document_that_the_command_prints(seeded):
    document = newest(seeded, plans.RUN)
    assert plans.RUN in [row["run"] for row in document["ranking"]]
    assert not {"schema", "kind", "basis"} & document.keys()
    kept = json.loads(seeded.plan(document["plan"]).with_suffix(".json").read_text("utf-8"))
    assert {key: kept[key] for key in document} == document
    assert newest(seeded, "no-such-run") is None


def test_of_several_kept_plans_the_newest_counts(tmp_path, document):
    workspace = Workspace.open(tmp_path)
    without = document | {"ranking": [row | {"run": None} for row in document["ranking"]]}
    kept = {"old": document, "new": document, "other": without, "ancient": {"options": []}}
    for age, (name, body) in enumerate(kept.items()):
        path = workspace.plan(name).with_suffix(".json")
        record.write(path, "plan", {**body, "plan": name})
        os.utime(path, (1000 + age, 1000 + age))
    workspace.plan("broken").with_suffix(".json").write_text("{", encoding="utf-8")
    assert newest(workspace, plans.RUN)["plan"] == "new"


def test_the_commands_name_day_seed_and_futures(document):
    said = commands(document | {"seed": 3}, "my plan.toml", "zh")
    drawn = f"--as-of 2026-11-26 --seed 3 --draws {plans.DRAWS}"
    assert said == [
        f"assay plan 'my plan.toml' {drawn} --json",
        f"assay report 'my plan.toml' {drawn} --language zh --out report.html",
    ]
    whole = commands(document | {"draws": DRAWS}, None, "en")
    assert whole[0] == "assay plan translation-desk.toml --as-of 2026-11-26 --json"
