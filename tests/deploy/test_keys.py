"""Keys: shown once, kept as hashes, refused when revoked."""

import hashlib
import hmac
import json

import pytest

from core.cli.main import main
from core.deploy import keys
from core.errors import BadInput, NotFound
from core.workspace import Workspace
from tests.deploy.fakes import running


@pytest.fixture
def workspace(tmp_path):
    return Workspace.open(tmp_path)


def test_a_key_is_kept_as_its_hash_alone(workspace):
    key = keys.add(workspace, "ada")
    assert len(key) == len("assay-") + 43  # 256 bits in base64
    assert keys.add(workspace, "bob") != key
    held = b"".join(path.read_bytes() for path in workspace.root.iterdir())
    assert key.encode() not in held
    assert hashlib.sha256(key.encode()).hexdigest().encode() in held
    assert [(found.name, found.hint) for found in keys.keys(workspace)][:1] == [("ada", key[-4:])]


def test_names_that_cannot_be_used(workspace):
    keys.add(workspace, "ada")
    keys.revoke(workspace, "ada")
    with pytest.raises(BadInput, match="perhaps a revoked one"):
        keys.add(workspace, "ada")
    for name in ("../ada", "", "a b", "token", "anybody"):
        with pytest.raises(BadInput):
            keys.add(workspace, name)
    with pytest.raises(NotFound, match="Known: ada"):
        keys.revoke(workspace, "eve")


def test_who_may_come_in(workspace, monkeypatch):
    monkeypatch.setattr(keys, "LOOK_SECONDS", 0.0)
    door = keys.Doorkeeper(workspace, None)
    assert door.who("") == keys.NOBODY
    ada = keys.add(workspace, "ada")
    assert door.guarded
    assert door.who(f"Bearer {ada}") == "ada"
    for header in ("", "Bearer", "Bearer ", f"Basic {ada}", ada, f"Bearer {ada}x", "Bearer é"):
        assert door.who(header) is None
    keys.revoke(workspace, "ada")
    assert door.who(f"Bearer {ada}") is None
    # Nobody is left who may come in; that is not the same as everybody.
    assert door.who("") is None


def test_the_token_opens_like_a_key(workspace):
    door = keys.Doorkeeper(workspace, "secret")
    assert door.who("Bearer secret") == keys.TOKEN
    assert door.who("Bearer other") is None
    assert keys.Doorkeeper(None, None).who("") == keys.NOBODY


def test_every_key_is_compared_whichever_is_right(workspace, monkeypatch):
    made = [keys.add(workspace, name) for name in ("a", "b", "c")]
    door = keys.Doorkeeper(workspace, "secret")
    compared, real = [], hmac.compare_digest

    def compare(one, other):
        compared.append(other)
        return real(one, other)

    monkeypatch.setattr(keys.hmac, "compare_digest", compare)
    counts = []
    for given in (*made, "secret", "wrong"):
        compared.clear()
        door.who(f"Bearer {given}")
        counts.append(len(compared))
    assert counts == [4] * 5


def test_a_key_revoked_while_the_server_runs(workspace):
    ada, bob = keys.add(workspace, "ada"), keys.add(workspace, "bob")
    with running(workspace=workspace) as up:
        header = {"authorization": f"Bearer {ada}"}
        assert up.post("/v1/predict", {"inputs": "a"}).status_code == 401
        assert up.post("/v1/predict", {"inputs": "a"}, headers=header).status_code == 200
        line = json.loads(up.log().splitlines()[-1])
        assert line["caller"] == "ada"
        assert ada not in up.log()
        keys.revoke(workspace, "ada")
        up.server.door._looked = float("-inf")
        assert up.post("/v1/predict", {"inputs": "a"}, headers=header).status_code == 401
        other = {"authorization": f"Bearer {bob}"}
        assert up.post("/v1/predict", {"inputs": "a"}, headers=other).status_code == 200


def test_the_command(workspace, capsys):
    def assay(*arguments):
        with pytest.raises(SystemExit) as end:
            main(["keys", *arguments, "--workspace", str(workspace.root)])
        assert end.value.code == 0
        return capsys.readouterr().out

    made = json.loads(assay("add", "ada", "--json"))
    assert keys.Doorkeeper(workspace, None).who(f"Bearer {made['key']}") == "ada"
    assert made["key"][-4:] in assay("list")
    assert made["key"] not in assay("list", "--json")
    assay("revoke", "ada")
    assert json.loads(assay("list", "--json"))["keys"][0]["revoked_at"] is not None
