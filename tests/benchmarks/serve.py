"""What the server gives and costs; writes results/serve.md.

    python -m tests.benchmarks.serve [--seconds 8] [--rounds 3] [--minutes 10] [--only NAME]…

On starter-translate, and on T5-small's shape with new weights, which never ends an answer by
itself: 24 tokens each. Server, engine and client are processes of their own on this machine. Arms
take turns, and a figure is the median of its rounds, so that whatever else the machine does hits
all alike. Parts: speed, batching, added, killed, swapped, endurance.
"""

import argparse
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import psutil

from core.data.dataset import read
from core.data.samples import import_sample
from core.deploy.latency import quantile
from core.jobs.launch import environment
from core.workspace import Workspace, assets
from tests.benchmarks import table

STARTER = "starter-translate"
PREFIX = "translate English to German: "
SAMPLE, TEXTS = "general-de", 400
MANY = 16
TOKENS = 24
LOAD = 0.7
PARTS = ("speed", "batching", "added", "killed", "swapped", "endurance")
Row = tuple[str, str, str, str]
"""What, how much, what was wanted, whether that held."""


@dataclass
class Bench:
    """Where it happens, and how long."""

    workspace: Workspace
    texts: Path
    seconds: float
    rounds: int
    minutes: float

    def model(self, name: str) -> str:
        """What `assay serve` is told for a model."""
        return STARTER if name == STARTER else str(self.workspace.root / "t5-small")


class Served:
    """A server, from its start to its end."""

    def __init__(self, bench: Bench, model: str, **fields: Any) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        request = {"workspace": str(bench.workspace.root), "model": model, "host": "127.0.0.1",
                   "port": port, "engine": "ctranslate2", **fields}  # fmt: skip
        self._log = (bench.workspace.root / f"server-{port}.txt").open("w")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.benchmarks.serve_server", json.dumps(request)],
            stdout=subprocess.PIPE, stderr=self._log, text=True, env=environment(),
        )  # fmt: skip
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if json.loads(line)[0] == "ready":
                break
        while not self.is_ready():
            if self.process.poll() is not None:
                raise SystemExit(f"the server ended: {Path(self._log.name).read_text()[-2000:]}")
            time.sleep(0.05)

    def is_ready(self) -> bool:
        """Whether an engine answers."""
        try:
            with urllib.request.urlopen(f"{self.url}/readyz", timeout=5) as reply:  # noqa: S310
                return bool(reply.status == 200)
        except OSError:
            return False

    def engines(self) -> list[psutil.Process]:
        """Processes of its engines."""
        found = psutil.Process(self.process.pid).children()
        return [child for child in found if is_engine(child)]

    def resident(self) -> int:
        """Bytes that server and engine hold."""
        own = psutil.Process(self.process.pid)
        return sum(int(p.memory_info().rss) for p in (own, *self.engines()))

    def __enter__(self) -> "Served":
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.communicate(timeout=60)
        self._log.close()


def is_engine(process: psutil.Process) -> bool:
    """Whether a process holds a model; one that has just ended does not."""
    try:
        return "core.deploy.worker" in process.cmdline()
    except psutil.Error:
        return False


@dataclass
class Load:
    """What a client saw."""

    rows: list[list[float]]

    @property
    def tokens_per_second(self) -> float:
        """Over the time between the first and the last answer."""
        ends = [at + seconds for at, seconds, *_ in self.rows]
        return sum(row[3] for row in self.rows) / (max(ends) - min(row[0] for row in self.rows))

    @property
    def requests_per_second(self) -> float:
        """The same of requests."""
        ends = [at + seconds for at, seconds, *_ in self.rows]
        return len(self.rows) / (max(ends) - min(row[0] for row in self.rows))

    def statuses(self) -> dict[int, int]:
        """How often each status came."""
        found: dict[int, int] = {}
        for row in self.rows:
            found[int(row[2])] = found.get(int(row[2]), 0) + 1
        return found

    def quantile(self, share: float) -> float:
        """Seconds."""
        return quantile(sorted(row[1] for row in self.rows), share)


def start_client(bench: Bench, url: str, **how: Any) -> "subprocess.Popen[str]":
    """A client that has begun."""
    flags = [word for name, value in how.items() for word in (f"--{name}", str(value))]
    return subprocess.Popen(
        [sys.executable, "-m", "tests.benchmarks.serve_client", url, "--texts", str(bench.texts),
         "--tokens", str(TOKENS), *flags],
        stdout=subprocess.PIPE, text=True, env=environment(),
    )  # fmt: skip


def seen(client: "subprocess.Popen[str]") -> Load:
    """What it saw, when it is done."""
    said, _ = client.communicate()
    return Load(json.loads(said))


def load(bench: Bench, url: str, **how: Any) -> Load:
    """A client's whole work."""
    return seen(start_client(bench, url, **{"seconds": bench.seconds, **how}))


def other(bench: Bench, *arguments: str) -> tuple[float, list[float]]:
    """What serve_plain prints: tokens a second, and the seconds of each batch."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.serve_plain", *arguments, "--texts",
         str(bench.texts), "--seconds", str(bench.seconds), "--tokens", str(TOKENS)],
        capture_output=True, text=True, check=True, env=environment(),
    )  # fmt: skip
    rate, times = json.loads(done.stdout)
    return float(rate), times


def times_row(what: str, ours: float, theirs: float, least: float) -> Row:
    """A figure beside another."""
    held = "yes" if ours >= least * theirs else "NO"
    return (what, f"{ours:,.0f} / {theirs:,.0f} = {ours / theirs:.2f}×", f"≥ {least}×", held)


def rates(bench: Bench, name: str) -> dict[str, float]:
    """Tokens a second of each arm: the median of its rounds."""
    model = bench.model(name)
    folder = str(assets() / "models" / STARTER) if name == STARTER else model
    plain = ("transformers", folder, "--prefix", PREFIX if name == STARTER else "")
    spec = prepared(bench, model)
    found: dict[str, list[float]] = {}
    with (
        Served(bench, model) as fast,
        Served(bench, int8_bundle(bench, name, folder)) as small,
        Served(bench, model, engine="transformers") as slow,
    ):
        arms: dict[str, Callable[[], float]] = {
            "bare 1": lambda: other(bench, "bare", spec)[0],
            "plain 1": lambda: other(bench, *plain)[0],
            "ct2 1": lambda: load(bench, fast.url).tokens_per_second,
            "served 1": lambda: load(bench, slow.url).tokens_per_second,
            "ct2 16": lambda: load(bench, fast.url, clients=MANY).tokens_per_second,
            "int8 1": lambda: load(bench, small.url).tokens_per_second,
            "int8 16": lambda: load(bench, small.url, clients=MANY).tokens_per_second,
            "served 16": lambda: load(bench, slow.url, clients=MANY).tokens_per_second,
            "plain 16": lambda: other(bench, *plain, "--batch", str(MANY))[0],
        }
        for _ in range(bench.rounds):
            for arm, measure in arms.items():
                found.setdefault(arm, []).append(measure())
    return {arm: statistics.median(rates) for arm, rates in found.items()}


def int8_bundle(bench: Bench, name: str, folder: str) -> str:
    """The model with weights of 8 bits, as `assay compress --to ct2-int8` makes them, to serve."""
    from core.deploy.bundle import seal
    from core.models.resolve import ModelRef
    from core.work.convert import convert

    made = bench.workspace.root / f"int8-{Path(folder).name}"
    convert(ModelRef(name, "folder", Path(folder)), "translation", "int8", made)
    prefix = PREFIX if name == STARTER else ""
    seal(made, {
        "model": made.name, "run": made.name, "form": "ct2-int8", "engine": "ctranslate2",
        "task": "translation", "dataset": SAMPLE, "data_version": "0" * 12, "scores": [],
        "evaluated": False, "forced": True, "created_at": "2026-11-26T00:00:00+00:00",
        "ask": {"prefix": prefix, "labels": [], "separator": None, "source_language": "en",
                "target_language": "de", "chat": False, "synthetic": True},
    })  # fmt: skip
    return str(made)


def speed(bench: Bench) -> list[Row]:
    """Tokens a second by CTranslate2 and by plain Transformers, one client and many."""
    rows = []
    for name in (STARTER, "T5-small shape"):
        middle = rates(bench, name)
        rows += [
            times_row(f"{name}, tokens/s, batch 1, no server: CTranslate2 / plain generate",
                      middle["bare 1"], middle["plain 1"], 1.5),
            times_row(f"{name}, tokens/s, 1 client: server with CTranslate2 / with Transformers",
                      middle["ct2 1"], middle["served 1"], 1.5),
            times_row(f"{name}, tokens/s, 16 clients: server with CTranslate2 / with Transformers",
                      middle["ct2 16"], middle["served 16"], 1.3),
            times_row(f"{name}, tokens/s, 1 client: server with CTranslate2 in int8 / with "
                      "Transformers", middle["int8 1"], middle["served 1"], 1.5),
            times_row(f"{name}, tokens/s, 16 clients: server with CTranslate2 in int8 / with "
                      "Transformers", middle["int8 16"], middle["served 16"], 1.3),
            times_row(f"{name}, tokens/s, 16 clients through a server / plain generate in batches "
                      "of 16 without one: CTranslate2", middle["ct2 16"], middle["plain 16"], 1.3),
            times_row(f"{name}, tokens/s, 16 clients through a server / plain generate in batches "
                      "of 16 without one: CTranslate2 in int8", middle["int8 16"],
                      middle["plain 16"], 1.3),
        ]  # fmt: skip
    return rows


def batching(bench: Bench) -> list[Row]:
    """Requests a second with batches, and one by one."""
    rows = []
    for name in (STARTER, "T5-small shape"):
        model = bench.model(name)
        with Served(bench, model) as many, Served(bench, model, max_batch=1) as single:
            both: list[list[float]] = [[], []]
            for _ in range(bench.rounds):
                for rates, served in zip(both, (many, single), strict=True):
                    rates.append(load(bench, served.url, clients=MANY).tokens_per_second)
        rows.append(
            times_row(
                f"{name}, tokens/s, 16 clients: batched / one by one",
                *map(statistics.median, both),
                4,
            )
        )  # type: ignore[arg-type]
    return rows


def added(bench: Bench) -> list[Row]:
    """What the server adds to the engine, one request at a time."""
    spec = prepared(bench, STARTER)
    served_times, bare_times = [], []
    with Served(bench, STARTER) as served:
        for _ in range(bench.rounds):
            _, times = other(bench, "bare", spec)
            bare_times.append(quantile(sorted(times), 0.95))
            served_times.append(load(bench, served.url).quantile(0.95))
    ours, theirs = 1_000 * statistics.median(served_times), 1_000 * statistics.median(bare_times)
    return [(f"{STARTER}, p95 of an answer: through the server − bare engine",
             f"{ours:.1f} − {theirs:.1f} = {ours - theirs:.1f} ms", "≤ 5 ms",
             "yes" if ours - theirs <= 5 else "NO")]  # fmt: skip


def prepared(bench: Bench, model: str) -> str:
    """The specification of a model's engine."""
    code = (
        "import json, sys; from core.work.serving import prepare; "
        "print(json.dumps(prepare(json.loads(sys.argv[1]))['spec']))"
    )
    request = {"workspace": str(bench.workspace.root), "model": model, "engine": "ctranslate2"}
    done = subprocess.run([sys.executable, "-c", code, json.dumps(request)], capture_output=True,
                          text=True, check=True, env=environment())  # fmt: skip
    return done.stdout.strip().splitlines()[-1]


def killed(bench: Bench) -> list[Row]:
    """The engine killed with signal 9 while 16 clients ask."""
    gone, statuses, longest = [], dict[int, int](), 0.0
    with Served(bench, bench.model("T5-small shape")) as served:
        for _ in range(bench.rounds):
            client = start_client(bench, served.url, clients=MANY, seconds=bench.seconds + 8)
            time.sleep(4)
            at = time.time()
            os.kill(served.engines()[0].pid, signal.SIGKILL)
            found = seen(client)
            back = [row[0] + row[1] for row in found.rows if row[2] == 200 and row[0] + row[1] > at]
            gone.append(min(back) - at)
            longest = max(longest, found.quantile(1.0))
            for status, count in found.statuses().items():
                statuses[status] = statuses.get(status, 0) + count
    held = max(gone) <= 10 and set(statuses) <= {200, 503}
    return [("T5-small shape, engine killed (−9) with 16 clients: until the next answer; statuses; "
             "longest request", f"{max(gone):.1f} s; {statuses}; {longest:.1f} s",
             "≤ 10 s; each answered or refused", "yes" if held else "NO")]  # fmt: skip


def swapped(bench: Bench) -> list[Row]:
    """The champion changed twice while 16 clients ask."""
    champion = bench.workspace.root / "champion.txt"
    champion.write_text(STARTER)
    with Served(bench, STARTER, champion="d") as served:
        client = start_client(bench, served.url, clients=MANY, seconds=4 * bench.seconds)
        for name in (bench.model("T5-small shape"), STARTER):
            time.sleep(2)
            champion.write_text(name)
            assert served.process.stdout is not None
            said = json.loads(served.process.stdout.readline())
            assert (said[0], said[1]["model"]) == ("swapped", name), said
        found = seen(client)
    statuses = found.statuses()
    return [("champion changed twice with 16 clients: statuses", str(statuses), "no failed request",
             "yes" if set(statuses) == {200} else "NO")]  # fmt: skip


def endurance(bench: Bench) -> list[Row]:
    """Minutes at 70 % of what it can do: no error, flat memory."""
    with Served(bench, STARTER) as served:
        capacity = load(bench, served.url, clients=MANY).requests_per_second
        seconds = 60 * bench.minutes
        client = start_client(bench, served.url, rate=LOAD * capacity, seconds=seconds)
        sizes: list[int] = []
        until = time.monotonic() + seconds
        # Until then, not until it has ended: it cannot, before somebody reads what it has to say.
        while time.monotonic() < until:
            time.sleep(min(5.0, seconds / 20))
            sizes.append(served.resident())
        found = seen(client)
    quarter = len(sizes) // 4
    early = statistics.median(sizes[quarter : 2 * quarter])
    late = statistics.median(sizes[-quarter:])
    statuses, growth = found.statuses(), late / early - 1
    held = set(statuses) == {200} and growth < 0.05
    return [(f"{STARTER}, {bench.minutes:g} min at 70 % ({LOAD * capacity:.0f} requests/s): "
             "statuses; p95; memory, second quarter → last",
             f"{statuses}; {1_000 * found.quantile(0.95):.0f} ms; {early / 2**20:.0f} → "
             f"{late / 2**20:.0f} MiB ({growth:+.1%})", "no error; flat (< 5 %)",
             "yes" if held else "NO")]  # fmt: skip


def long_texts(bench: Bench) -> list[str]:
    """Inputs of the sample, three together, that the starter answers with all the tokens it may.

    So every arm writes the same number of tokens, and none waits for a row that is longer.
    """
    from core.deploy import worker
    from core.deploy.engine import EngineRequest, kind_of

    data = import_sample(bench.workspace, SAMPLE)
    rows = [row.input for split in ("test", "train") for row in read(bench.workspace, data, split)]
    joined = [" ".join(rows[at : at + 3]) for at in range(0, 9 * TEXTS, 3)]
    fields = json.loads(prepared(bench, STARTER))
    engine = worker.load(kind_of(fields["engine"]).target, fields)
    answers = engine.answer([
        EngineRequest(str(n), "predict", text, max_tokens=TOKENS) for n, text in enumerate(joined)
    ])  # fmt: skip
    found = zip(joined, answers, strict=True)
    return [text for text, answer in found if answer.finish == "length"][:TEXTS]


def make_t5_small(folder: Path) -> None:
    """T5-small's shape with new weights, and the starter's tokenizer."""
    import torch
    from transformers import AutoTokenizer, T5Config, T5ForConditionalGeneration

    torch.manual_seed(0)
    config = T5Config(
        vocab_size=32_128, d_model=512, d_kv=64, d_ff=2_048, num_layers=6, num_heads=8,
        decoder_start_token_id=0, pad_token_id=0, eos_token_id=1,
    )  # fmt: skip
    T5ForConditionalGeneration(config).save_pretrained(folder)
    AutoTokenizer.from_pretrained(assets() / "models" / STARTER).save_pretrained(folder)


def main() -> None:
    """Run the parts, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--only", choices=PARTS, action="append")
    args = parser.parse_args()
    with ExitStack() as stack:
        place = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        workspace = Workspace.open(place)
        texts = place / "texts.json"
        bench = Bench(workspace, texts, args.seconds, args.rounds, args.minutes)
        rows = long_texts(bench)
        texts.write_text(json.dumps(rows), encoding="utf-8")
        make_t5_small(place / "t5-small")
        before = os.getloadavg()
        found: list[Row] = []
        parts = (speed, batching, added, killed, swapped, endurance)
        for part in parts:
            if args.only and part.__name__ not in args.only:
                continue
            for row in part(bench):
                print(" | ".join(row), flush=True)
                found.append(row)
    libraries = ", ".join(f"{n} {metadata.version(n)}" for n in ("ctranslate2", "uvicorn"))
    notes = (
        f"{libraries}. {args.rounds} rounds of {args.seconds:g} s an arm; {len(rows)} inputs of "
        f"the sample {SAMPLE}, three together, whose answers have all {TOKENS} tokens that are "
        f"asked for. The machine's load was {before[0]:.1f} before."
    )
    if not args.only:
        print(table.write("serve", "Serving", ("what", "figure", "wanted", "held"), found, notes))


if __name__ == "__main__":
    main()
