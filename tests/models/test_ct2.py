"""How many threads a model of CTranslate2 gets."""

import os

import pytest

from core.models import ct2


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "model.bin").write_bytes(b"x" * 100)
    return tmp_path


def test_a_small_model_gets_one_thread_and_a_large_one_every_core(folder, monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 2})
    assert ct2.threads_for(folder) == 1
    monkeypatch.setattr(ct2, "SMALL_BYTES", 10)
    assert ct2.threads_for(folder) == 3


def test_the_environment_says_otherwise(folder, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    assert ct2.threads_for(folder) == 2
