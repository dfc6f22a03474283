"""Records of variants and measurements, and variants as models."""

from dataclasses import replace

import pytest

from core.deploy import measured as kept
from core.deploy.measured import check_stated, joules
from core.deploy.variants import list_variants, newest_of_each, open_variant
from core.errors import BadInput, NotFound
from core.models.resolve import list_models, resolve
from core.workspace import Workspace
from tests.variants import measured, variant


@pytest.fixture
def workspace(tmp_path):
    return Workspace.open(tmp_path)


def test_a_record_comes_back_as_it_was_written(workspace):
    made = variant(workspace=workspace)
    assert open_variant(workspace, made.variant) == made
    assert list_variants(workspace, "shop-1") == [made]
    assert list_variants(workspace, "other-1") == []
    with pytest.raises(NotFound, match="no variant called 'shop-9'"):
        open_variant(workspace, "shop-9")


def test_a_measurement_comes_back_as_it_was_written(workspace):
    one = measured()
    assert kept.find(workspace, one.key) is None
    kept.save(workspace, one)
    assert kept.find(workspace, one.key) == one


def test_of_two_made_in_one_way_the_newest_is_shown_in_the_order_of_the_forms():
    old, new = variant("pruned", variant="a"), variant("pruned", variant="b")
    other = variant("pruned", variant="c", settings={"share": 0.5})
    first, unmeasured = variant("ct2-fp32"), variant("shallow", measured=None)
    found = newest_of_each([new, old, other, unmeasured, first])
    assert [made.variant for made in found] == ["shop-1-ct2-fp32", "b", "c"]


def test_a_variant_is_a_model_by_its_name(workspace):
    made = variant("pruned", engine="transformers", workspace=workspace)
    folder = workspace.variant(made.variant) / "model"
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    with pytest.raises(BadInput, match="no weights"):
        resolve(workspace, made.variant)
    (folder / "model.safetensors").write_bytes(b"")
    ref = resolve(workspace, made.variant)
    assert (ref.kind, ref.engine, ref.path, ref.tuned) == ("variant", "transformers", folder, True)
    assert made.variant in [one.name for one in list_models(workspace)]


def test_ctranslate2_weights_that_are_none_are_refused(workspace):
    made = variant(workspace=workspace)
    folder = workspace.variant(made.variant) / "model"
    folder.mkdir()
    (folder / "model.bin").write_bytes(b"\x80\x04 pickled")
    with pytest.raises(BadInput, match="was not written by CTranslate2"):
        resolve(workspace, made.variant)
    (folder / "model.bin").write_bytes(b"")
    with pytest.raises(BadInput, match="was not written by CTranslate2"):
        resolve(workspace, made.variant)


def test_the_verdict_needs_a_decision_and_a_direction():
    tie, worse = variant(), variant(difference=-2.0, low=-3.0, high=-1.0, decided=True)
    better = variant(difference=2.0, low=1.0, high=3.0, decided=True)
    said = [made.against.verdict for made in (tie, worse, better)]
    assert said == ["tie", "worse", "better"]
    assert replace(tie, comparison={}).against is None


def test_energy_is_counted_stated_or_estimated_and_says_which():
    assert joules(10.0, 2, 50.0, 123.0, 10.0) == (123.0, "rapl")
    assert joules(10.0, 2, 50.0, None, 10.0) == (500.0, "watts")
    assert joules(10.0, 2, None, None, 10.0) == (200.0, "estimated")


@pytest.mark.parametrize("stated", [(0, None), (-1, None), (None, 0), (None, 1e9), (1e9, None)])
def test_a_price_or_power_that_cannot_be_is_refused(stated):
    with pytest.raises(BadInput, match="cannot be"):
        check_stated(*stated)


def test_few_requests_have_their_slowest_for_the_slow_end():
    few = measured(milliseconds=(1.0, 2.0, 9.0))
    assert few.slow_milliseconds == 9.0
    with pytest.raises(BadInput, match="No request"):
        _ = measured(milliseconds=()).latency
