"""What a workspace gives for a plan: every number is the workspace's own."""

import hashlib
import json

import pytest

from core.evaluate import store as evaluations
from core.evaluate.metrics import metric
from core.interpret import store as captures
from core.report.evidence import KINDS_OF_SAMPLE, gather
from core.report.page import report_html
from core.report.stored import newest
from core.train.runs import open_run
from core.workspace import Workspace
from tests.report import made_up


@pytest.fixture(scope="module")
def document():
    return made_up.document()


@pytest.fixture(scope="module")
def found(seeded, document, tmp_path_factory):
    path = tmp_path_factory.mktemp("scenario") / "my plan.toml"
    path.write_text('title = "mine"\n', encoding="utf-8")
    return gather(seeded, document, path)


def test_the_run_and_its_evaluation(found, seeded):
    run = open_run(seeded, made_up.RUN)
    assert found.run == run
    assert found.evaluation.evaluation == run.evaluations["tuned"]
    assert dict(found.ids)["run"] == made_up.RUN


def test_the_comparison_is_the_one_that_the_run_keeps(found, seeded):
    kept = open_run(seeded, made_up.RUN).comparison
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
    assert found.capture.model == made_up.RUN


def test_the_hashes_are_of_the_file_and_of_the_document(found, document):
    assert found.file == "my plan.toml"  # its folder is nobody's business
    assert found.file_sha256 == hashlib.sha256(b'title = "mine"\n').hexdigest()
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
    from dataclasses import replace

    hostile = replace(found.samples[0], output="</td><script>alert(1)</script>", input="$x$")
    page = report_html(document, replace(found, samples=(hostile,)), "en")
    assert "&lt;/td&gt;&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>alert(1)" not in page


def test_the_newest_stored_plan_with_a_run(tmp_path, document):
    import os

    workspace = Workspace.open(tmp_path)
    folder = workspace.plan("x").parent
    folder.mkdir()
    plans = {"old": document, "new": document, "other": made_up.document(ranking=[]),
             "ancient": {"options": []}}  # fmt: skip
    for age, (name, body) in enumerate(plans.items()):
        path = folder / f"{name}.json"
        text = {"schema": 1, "kind": "plan", **body, "plan": name}
        path.write_text(json.dumps(text), encoding="utf-8")
        os.utime(path, (1000 + age, 1000 + age))
    (folder / "broken.json").write_text("{", encoding="utf-8")
    assert newest(workspace, made_up.RUN)["plan"] == "new"
    assert "schema" not in newest(workspace, made_up.RUN)
    assert newest(workspace, "no-such-run") is None
