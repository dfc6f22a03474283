"""Trainings written straight into a workspace: finished ones, and one that looks alive."""

import fcntl
import math
from contextlib import contextmanager

from core.jobs.store import JobStore
from core.train.config import from_preset
from core.train.runs import Run, write_run

HOSTILE = "<b>7</b> **days** ago $x$ </s>"
STEPS, TOTAL = 60, 240
CHANGE = {"metric": "bleu", "a": 1.5, "b": 41.2, "difference": 39.7, "low": 37.0, "high": 42.0,
          "p_value": 0.0001, "test": "x", "examples_needed": None,
          "higher_is_better": True}  # fmt: skip


def score(value, name="bleu", n=64, spread=3.0):
    return {"metric": name, "value": value, "low": max(0.0, value - spread), "high": value + spread,
            "n": n, "unit": "points", "signature": "nrefs:1|case:mixed"}  # fmt: skip


def tell(store, job_id, *, steps=STEPS, floor=1.0, seed=0):
    """The events of a training that learns: losses fall towards `floor`, BLEU rises."""
    store.add_event(job_id, "start", {"device": "cpu", "threads": 2, "steps": TOTAL,
                                      "energy_source": None})  # fmt: skip
    for step in range(steps + 1):
        done = 1 - math.exp(-step / 20)
        common = {"step": step, "tokens": 900 * step, "seconds": 0.5 * step}
        if step:
            store.add_event(job_id, "step", {
                **common, "loss": floor + 6 * (1 - done) + 0.3 * math.sin(7 * step + seed),
                "energy_joules": None,
                "learning_rate": 3e-3 * (1 - step / TOTAL), "grad_norm": 1 + 4 * (1 - done),
                "epoch": step / 100, "tokens_per_second": 1800.0, "share": step / TOTAL,
                "memory_bytes": 700_000_000, "gpu_memory_bytes": None,
            })  # fmt: skip
        if step % 10 == 0:
            store.add_event(job_id, "evaluation", {
                **common, "loss": floor + 6 * (1 - done),
                "scores": [score(40 * done), score(55 * done, "chrf")] if step % 20 == 0 else [],
            })  # fmt: skip
            for number in range(3):
                store.add_event(job_id, "sample", {
                    "step": step, "input": f"{HOSTILE} {number}", "reference": f"vor {number}",
                    "prediction": "<s>" if step < 30 else f"vor {number}",
                })  # fmt: skip
    store.say(job_id, steps / TOTAL, "train.progress",
              {"step": steps, "loss": f"{floor:.3f}", "left_seconds": 90})  # fmt: skip


def finished(workspace, name="shop-1", *, dataset="shop", told=True, job=True, **fields):
    """A run that succeeded, its job and what it told; fields override the record's."""
    job_id = "j-00000000"
    if job:
        with JobStore(workspace) as store:
            request = {"dataset": f"{dataset}@0", "run": name, "base": "starter-translate"}
            job_id = store.add("train", request)[0].id
            store.claim(job_id, 1)
            if told:
                tell(store, job_id, floor=1.0 + int(name.rpartition("-")[2]) % 3)
            store.finish(job_id, "succeeded", result={})
    config = from_preset("quick", fields.pop("settings", {}))
    known = {
        "run": name, "state": "succeeded", "base": "starter-translate", "base_hash": None,
        "method": "full", "preset": "quick", "task": "translation", "dataset": dataset,
        "data_version": "0" * 12, "config": config.to_json(), "seed": config.seed, "job": job_id,
        "created_at": "2026-11-23T08:30:00+00:00", "finished_at": "2026-11-23T08:31:00+00:00",
        "steps": STEPS, "train_seconds": 30.0, "tokens_per_second": 1800.0,
        "peak_memory_bytes": 700_000_000, "parameters": 2_000_000,
        "training": {"kept_step": STEPS, "cut_inputs": 0, "device": "cpu", "tokens": 54_000},
        "comparison": {"n": 200, "metrics": [CHANGE]},
        "scores": [score(41.2, n=200)], "base_scores": [score(1.5, n=200, spread=1.0)],
    }  # fmt: skip
    run = Run(**{**known, **fields})
    write_run(workspace, run)
    return run


def forgot(base, tuned):
    """The `general` of a run's record: BLEU on everyday sentences, before and after."""
    return {"dataset": "general-de", "data_version": "1" * 12,
            "base_scores": [score(base, n=300)], "tuned_scores": [score(tuned, n=300)]}  # fmt: skip


@contextmanager
def running(workspace, name="shop-9", dataset="shop", version="0" * 12, **story):
    """A training that looks alive: this process holds its lock. Gives the job's id."""
    with JobStore(workspace) as store:
        request = {"dataset": f"{dataset}@{version}", "run": name, "base": "starter-translate",
                   "preset": "quick", "method": "full", "settings": {}, "replay_share": 0.0,
                   "general": None, "test_limit": None}  # fmt: skip
        job_id = store.add("train", request)[0].id
        store.claim(job_id, 1)
        tell(store, job_id, **story)
    folder = workspace.job(job_id)
    folder.mkdir(parents=True)
    (folder / "log.txt").write_text(f"began\n\x1b[31m{HOSTILE}\x1b[0m\n" + "x" * 20_000 + "\nend\n")
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield job_id
