import json
from pathlib import Path

import pytest

from core.cli.main import main
from core.data.dataset import open_dataset, read
from core.workspace import Workspace


@pytest.fixture
def assay(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("ASSAY_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)

    def run(*arguments, code=0):
        with pytest.raises(SystemExit) as ended:
            main([*arguments])
        output = capsys.readouterr()
        assert ended.value.code == code, output.err
        return json.loads(output.out) if "--json" in arguments and not code else output

    return run


@pytest.fixture
def shop(assay):
    """Forty rows, three of which contradict each other, and an official test with a leak."""
    lines = [f"{n} parcels are late,{'ab'[n % 2]},customer {n % 8}" for n in range(40)]
    lines += ["same text,a,x", "Same text,b,x", "same text!,b,x"]
    Path("shop.csv").write_text("\n".join(["text,label,who", *lines]))
    Path("test.csv").write_text("text,label\nwho pays,a\nwho sends a bill for all of this,b\n"
                                "who sends a bill for all this,a\n")  # fmt: skip
    return ("data", "import", "shop.csv", "--task", "text-classification", "--test", "test.csv")


def workspace(tmp_path):
    return Workspace.open(tmp_path / "home")


def test_check_fix_and_check_again(assay, shop):
    made = assay(*shop, "--json")
    checked = assay("data", "check", "shop", "--json")
    found = {one["name"]: one for one in checked["findings"]}
    conflict = found["conflicts"]
    assert (conflict["count"], conflict["total"], conflict["drops"]) == (3, 46, 1)
    assert (conflict["severity"], conflict["remedy"]) == ("risk", "drop")
    assert conflict["share"] == pytest.approx(3 / 46, abs=1e-6)
    assert {row["id"] for row in conflict["examples"]} == {"41", "42", "43"}
    assert "pulls both ways" in conflict["explanation"]
    assert (checked["base"], checked["max_input_tokens"]) == ("starter-encode", 256)
    assert checked["tokens"]["parts"][0]["rows"] == 46
    severities = [one["severity"] for one in checked["findings"]]
    assert severities == sorted(severities, key=["blocks", "risk", "note"].index)
    said = assay("data", "check", "shop").out
    assert f"mend it: assay data fix shop@{made['version']} --finding conflicts (1 rows)" in said

    fixed = assay("data", "fix", "shop", "--finding", "conflicts", "--json")
    assert fixed["parent"] == made["version"]
    assert fixed["dropped"] == {"conflicts": 1}
    again = assay("data", "check", "shop", "--json")
    assert again["version"] == fixed["version"]
    assert "conflicts" not in {one["name"] for one in again["findings"]}
    assert "made from" in assay("data", "split", "shop", "--seed", "4").out


def test_limits_of_length_are_those_of_training(assay, shop):
    assay(*shop)
    cut = assay("data", "check", "shop", "--max-input-tokens", "16", "--json")
    plain = assay("data", "check", "shop", "--json")
    names = [{one["name"] for one in document["findings"]} for document in (cut, plain)]
    assert cut["max_input_tokens"] == 16
    assert names[0] - names[1] <= {"cut_inputs"}


def test_shares_seed_and_groups_are_recorded(assay, shop, tmp_path):
    made = assay(*shop, "--group-column", "who", "--validation-share", "0.25", "--seed", "7",
                 "--json")  # fmt: skip
    data = open_dataset(workspace(tmp_path), "shop")
    how = data.report["split"]
    assert (how["group_column"], how["grouped_by"], how["seed"]) == ("who", "column", 7)
    assert (how["validation_share"], how["kept"]) == (0.25, ["test"])
    groups = [{row.group for row in read(workspace(tmp_path), data, s)}
              for s in ("train", "validation")]  # fmt: skip
    assert groups[1]
    assert not groups[0] & groups[1]
    assert data.columns["group"] == "who"
    assert made["splits"]["test"] == 3
    again = assay("data", "split", "shop", "--seed", "1", "--json")
    assert again["split"]["group_column"] == "who"


def test_the_test_split_is_locked_and_looks_are_counted(assay, shop):
    assay(*shop)
    Path("c.csv").write_text("id,label,target\ntest-1,,b\n")
    said = assay("data", "edit", "shop", "--file", "c.csv", code=2).err
    assert "is locked" in said
    assert said.count("\n") == 1
    assert assay("data", "show", "shop", "--json")["looks"]["show_count"] == 0
    assay("data", "show", "shop", "--split", "test")
    looks = assay("data", "show", "shop", "--split", "all", "--examples", "100", "--json")["looks"]
    assert looks["show_count"] == 2
    assert "shown 2×" in assay("data", "check", "shop").out
    made = assay("data", "edit", "shop", "--file", "c.csv", "--unlock", "a wrong label", "--json")
    assert made["change"]["unlocked"] == "a wrong label"
    assert "the last reason: a wrong label" in assay("data", "show", "shop").out


def test_rows_are_edited_by_a_file(assay, shop):
    assay(*shop)
    Path("c.csv").write_text("id,input,target,delete\n1,,b,\n2,,,yes\n,a new one,a,\n")
    made = assay("data", "edit", "shop", "--file", "c.csv", "--json")
    assert made["change"] == {"kind": "edit", "changed": 1, "added": 1, "removed": 1}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("data", "fix", "shop"), "Say what to mend: --finding KIND"),
        (("data", "fix", "shop", "--finding", "typo"), "'typo' is not a finding"),
        (("data", "split", "shop", "--test-share", "0.9"), "expected 0 to 0.5"),
        (("data", "split", "shop"), "no new version was made"),
        (("data", "check", "shop", "--base", "nobody"), "no model called 'nobody'"),
        (("data", "uncertain", "shop"), "No classifier was tuned on 'shop' yet"),
        (("data", "edit", "shop", "--file", "gone.csv"), "no file 'gone.csv'"),
    ],
)
def test_a_wrong_request_is_one_line_and_exit_2(arguments, message, assay, shop):
    assay(*shop)
    output = assay(*arguments, "--json", code=2)
    assert output.out == ""
    assert message in output.err
    assert output.err.count("\n") == 1


def test_a_group_column_with_one_value_is_refused(assay, shop, tmp_path):
    Path("one.csv").write_text("text,label,who\n" + "\n".join(f"t {n},a,me" for n in range(9)))
    said = assay("data", "import", "one.csv", "--task", "text-classification", "--group-column",
                 "who", code=2).err  # fmt: skip
    assert "'who' has one value in all 9 rows" in said
    assert not list((tmp_path / "home").rglob("record.json"))
