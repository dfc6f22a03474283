"""What only a GPU can show: run with `pytest -m gpu` on a machine that has one."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from core.interpret import faithfulness
from core.interpret.capture import capture
from core.interpret.lens import has_lens, logit_lens
from core.work.explain import probabilities, scores_of
from tests.interpret import models
from tests.interpret.test_aim import EVERY, ask
from tests.interpret.test_capture import BYPASS, DECODERS, SHAPES, TARGET, TEXT

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="No CUDA device on this machine."),
]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
@pytest.mark.parametrize("name", SHAPES)
def test_attention_on_a_gpu_passes_the_check_of_its_type(name: str, dtype: torch.dtype) -> None:
    causal = name in DECODERS
    model = models.build(name).to("cuda", dtype)
    found = capture(
        model, models.tokenizer(end=not causal), TEXT + (" " if causal else ""), TARGET, name=name
    )
    assert found.parity.dtype == str(dtype).removeprefix("torch.")
    assert found.parity.mask_max_weight == 0
    if name not in BYPASS:
        assert found.parity.attention_max_abs_error <= found.parity.attention_tolerance
    assert found.parity.row_sum_error <= found.parity.attention_tolerance


@pytest.mark.parametrize("name", EVERY)
def test_explanations_on_a_gpu_are_those_of_the_processor(name: str) -> None:
    here, there = ask(name), ask(name, device="cuda")
    assert there.ids.is_cuda and there.following == here.following
    expected, found = scores_of(here)[0], scores_of(there)[0]
    for method, scores in expected.items():
        assert found[method] == pytest.approx(scores, abs=1e-3 * max(1e-3, abs(scores).max()))
    if has_lens(here):
        assert logit_lens(there).chosen == pytest.approx(logit_lens(here).chosen, abs=1e-4)
    curves = [
        faithfulness.measure({"rollout": expected["integrated_gradients"]}, goal.removable,
                             probabilities(goal), pairs=2)
        for goal in (here, there)
    ]  # fmt: skip
    assert curves[1].random_deletion == pytest.approx(curves[0].random_deletion, abs=1e-4)


def assay(home: Path, *arguments: str) -> dict:
    done = subprocess.run(
        [sys.executable, "-c", "from core.cli.main import main; main()", *arguments, "--json",
         "--workspace", str(home)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


def test_a_training_on_a_gpu_computes_in_bfloat16_and_learns(tmp_path: Path) -> None:
    assay(tmp_path, "data", "import", "localise-de")
    run = assay(tmp_path, "train", "localise-de", "--preset", "quick", "--follow")["run"]
    shown = assay(tmp_path, "runs", "show", run)
    assert shown["state"] == "succeeded"
    assert "cpu" not in str(shown["training"]["device"]).casefold()
    assert shown["peak_memory_bytes"] > 0
    before, after = (
        next(score["value"] for score in shown[name] if score["metric"] == "bleu")
        for name in ("base_scores", "scores")
    )
    assert after > before + 5
