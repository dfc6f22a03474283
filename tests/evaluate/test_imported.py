"""Results of lm-eval and Inspect; the files are written here by hand, after both tools' sources.

lm-evaluation-harness: lm_eval/loggers/evaluation_tracker.py. Inspect: src/inspect_ai/log/_log.py
and its tests/log/test_eval_log/log_read_sample.json.
"""

import json
from pathlib import Path

import pytest

from core.data.dataset import Example
from core.errors import BadInput, NotFound
from core.evaluate.answers import read_answers
from core.evaluate.foreign import Foreign, Sample
from core.evaluate.imported import read_import
from core.evaluate.imports import answers_for, keep, list_imports
from core.workspace import Workspace

RESULTS = {
    "results": {
        "support": {"alias": "support", "exact_match,strict": 0.6,
                    "exact_match_stderr,strict": 0.05, "acc,none": 0.5, "acc_stderr,none": "N/A",
                    "bleu,none": float("nan")},
        "old": {"acc": 1, "acc_stderr": 0.0},
    },
    "group_subtasks": {}, "configs": {"support": {"num_fewshot": 2}},
    "versions": {"support": 1.0}, "n-shot": {"support": 2},
    "higher_is_better": {"support": {"exact_match": True, "acc": True}},
    "n-samples": {"support": {"original": 200, "effective": 100}},
    "config": {"model": "hf", "model_args": "pretrained=org/tiny"},
    "lm_eval_version": "0.4.9", "model_name": "org/tiny", "date": 1731655933.0,
}  # fmt: skip


def line(number: int, filter_: str = "strict", **more: object) -> str:
    fields = {
        "doc_id": number, "doc": {"id": f"s{number}", "question": "q"}, "target": f"a{number}",
        "arguments": {"gen_args_0": {"arg_0": "q"}}, "resps": [[f"a{number} !"]],
        "filtered_resps": [f"a{number}" if filter_ == "strict" else "[invalid]"],
        "filter": filter_, "metrics": ["exact_match"], "doc_hash": "x", "exact_match": 1.0, **more,
    }  # fmt: skip
    return json.dumps(fields)


def sample(id_: object, answer: object, **more: object) -> dict[str, object]:
    choices = [{"message": {"role": "assistant", "content": answer}, "stop_reason": "stop"}]
    return {"id": id_, "epoch": 1, "input": "q", "target": " Yes", "messages": [],
            "output": {"model": "m", "choices": choices}, "scores": {"match": {"value": "C"}},
            **more}  # fmt: skip


def log(**more: object) -> dict[str, object]:
    return {
        "version": 2, "status": "success",
        "eval": {"task": "popularity", "model": "ollama/tiny", "created": "2025-07-05T09:59:40",
                 "dataset": {"samples": 4}, "config": {}, "packages": {"inspect_ai": "0.3.95"}},
        "results": {"total_samples": 4, "completed_samples": 4, "scores": [
            {"name": "match", "scorer": "match", "params": {}, "metrics": {
                "accuracy": {"name": "accuracy", "value": 0.75, "params": {}},
                "stderr": {"name": "stderr", "value": 0.25, "params": {}}}},
            {"name": "grade", "scorer": "model", "scored_samples": 3, "metrics": {
                "inspect_ai/median": {"name": "median", "value": 2}, "stderr": {"value": 0.1}}},
        ]},
        "samples": [sample(1, "Yes\n"), sample("b", [{"type": "text", "text": "No"}]),
                    sample(1, "later", epoch=2), sample("c", "", error={"message": "x"})],
        **more,
    }  # fmt: skip


def written(path: Path, document: object) -> Path:
    path.write_text(document if isinstance(document, str) else json.dumps(document))
    return path


def test_results_of_lm_eval_are_read_with_their_intervals(tmp_path: Path) -> None:
    found = read_import(written(tmp_path / "results_2025.json", RESULTS))
    assert (found.tool, found.version, found.model) == ("lm-eval", "0.4.9", "org/tiny")
    strict, plain, old = found.scores
    assert (strict.task, strict.metric, strict.value, strict.n, strict.higher_is_better) == (
        "support", "exact_match (strict)", 0.6, 100, True)  # fmt: skip
    assert (strict.low, strict.high) == pytest.approx((0.502, 0.698), abs=5e-4)
    assert plain == Foreign("support", "acc", 0.5, None, None, 100, True)
    assert (old.task, old.low, old.high, old.n, old.higher_is_better) == ("old", 1, 1, None, None)


def test_samples_of_lm_eval_go_by_the_documents_own_id(tmp_path: Path) -> None:
    lines = [line(0), line(0, "flexible"), line(1), line(2, doc={"question": "q"})]
    found = read_import(written(tmp_path / "samples_support.jsonl", "\n".join(lines)))
    assert found.samples == (Sample("s0", "a0", "a0"), Sample("s1", "a1", "a1"))
    assert found.unnamed == 1
    pairs = line(3, filtered_resps=[["-3.0", "False"], ["-4.0", "False"]])
    with pytest.raises(BadInput, match="sample 3 was scored by likelihood"):
        read_import(written(tmp_path / "samples_mc.jsonl", pairs))


def test_a_log_of_inspect_is_read(tmp_path: Path) -> None:
    found = read_import(written(tmp_path / "log.json", log()))
    assert (found.tool, found.version, found.model) == ("inspect", "0.3.95", "ollama/tiny")
    accuracy, median = found.scores
    assert (accuracy.metric, accuracy.value, accuracy.n) == ("accuracy (match)", 0.75, 4)
    assert (accuracy.low, accuracy.high) == pytest.approx((0.26, 1.24), abs=1e-3)
    assert (median.n, median.low) == (3, None), "a median's error is not the mean's"
    assert found.samples == (Sample("1", " Yes", "Yes\n"), Sample("b", " Yes", "No"))


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.json", "{", "is no JSON"),
        ("a.json", "[]", "shaped like no version"),
        ("a.json", {"results": {"t": 1}}, "shaped like no version"),
        ("a.json", {"results": {}}, "neither a score nor a sample"),
        ("a.json", log(status="error"), "ended with 'error'"),
        ("a.jsonl", '{"id": 1}', "shaped like no version"),
        ("a.jsonl", "half", "line 1: no JSON"),
        ("a.eval", "PK", "inspect log dump a.eval"),
    ],
)
def test_what_is_none_of_the_two_is_refused(
    tmp_path: Path, name: str, content: object, words: str
) -> None:
    with pytest.raises(BadInput) as error:
        read_import(written(tmp_path / name, content))
    assert words in str(error.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="There is no file"):
        read_import(tmp_path / "none.json")


def test_what_is_brought_in_is_kept_once_and_read_back(tmp_path: Path) -> None:
    workspace = Workspace.open(tmp_path / "home")
    path = written(tmp_path / "log.json", log())
    kept, found = keep(workspace, path)
    assert keep(workspace, path)[0].name == kept.name
    (listed,) = list_imports(workspace)
    assert listed.scores == found.scores
    assert (listed.tool, listed.file, listed.samples) == ("inspect", "log.json", 2)


def test_answers_are_taken_where_id_and_target_are_ours(tmp_path: Path) -> None:
    workspace = Workspace.open(tmp_path / "home")
    kept, found = keep(workspace, written(tmp_path / "log.json", log()))
    ours = [Example("1", "q", "Yes"), Example("z", "q", "No")]
    path = answers_for(workspace, kept, found, ours, "the test split of demo")
    assert {id_: a.text for id_, a in read_answers(path).items()} == {"1": "Yes\n"}
    assert path.stem == "tiny-inspect"
    with pytest.raises(BadInput, match=r"1 of the 1 ids .*another target: '1'"):
        answers_for(workspace, kept, found, [Example("1", "q", "No")], "demo")
    with pytest.raises(BadInput, match="None of the 2 samples"):
        answers_for(workspace, kept, found, [Example("9", "q", "No")], "demo")
    nameless = written(tmp_path / "s.jsonl", line(0, doc={}))
    with pytest.raises(BadInput, match="no id but their place in an order"):
        answers_for(workspace, *keep(workspace, nameless), ours, "demo")
