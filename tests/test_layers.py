"""The house's walls: imports point down, heavy libraries stay in the worker, core has no screen."""

import ast
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FILES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for package in ("core", "dashboard")
    for path in sorted((ROOT / package).rglob("*.py"))
}

LAYERS = (
    ("core.errors", "core.units", "core.version"),
    ("core.table", "core.record", "core.pipeline", "core.text", "core.hub", "core.chat"),
    ("core.workspace",),
    ("core.data", "core.models", "core.jobs"),
    ("core.cost",),
    ("core.train", "core.evaluate", "core.interpret", "core.deploy"),
    ("core.update", "core.strategy"),
    ("core.charts", "core.run", "core.machine"),
    (
        "core.cycle",
        "core.playground",
        "core.due",
        "core.leaders",
        "core.demo",
        "core.gate",
        "core.uncertainty",
        "core.ready",
        "core.calibration",
        "core.where",
        "core.report",
    ),
    ("core.work", "core.starters", "core.scheduled"),
    ("core.cli", "dashboard"),
)
"""From the floor up. A part imports from rows above its own in this list, and from itself."""

LENT = {("core.cli", "dashboard")}
"""Who may reach beside itself: the command line starts the dashboard's server."""

HEAVY = ("torch", "transformers", "accelerate", "safetensors", "tokenizers", "huggingface_hub",
         "peft", "bitsandbytes", "torchao", "ctranslate2")  # fmt: skip
BANNED_FROM_PAGES = tuple(name for name in HEAVY if name != "huggingface_hub")
"""A page may ask the Hub whether a model is there; it loads none."""
MAY_BE_HEAVY = (
    "core.hub", "core.data.hub",
    "core.data.tokenize", "core.models.load", "core.models.hub",
    "core.models.ct2", "core.models.heads", "core.models.cut",
    "core.train.soft", "core.evaluate.local_ct2", "core.train.loop",
    "core.train.objectives", "core.train.trainer", "core.train.watch", "core.train.methods",
    "core.train.adapters", "core.train.checkpoint", "core.train.cores", "core.train.dropout",
    "core.train.lesson",
    "core.train.packing", "core.train.parts", "core.train.randomness", "core.train.weights",
    "core.evaluate.predict", "core.evaluate.similarity", "core.evaluate.batches",
    "core.evaluate.classify",
    "core.evaluate.extract", "core.evaluate.local", "core.evaluate.surprise", "core.evaluate.write",
    "core.train.meter", "core.train.preview",
    "core.interpret.capture", "core.interpret.tap", "core.interpret.parity",
    "core.interpret.gates", "core.interpret.replicas",
    "core.interpret.layer", "core.interpret.anatomy", "core.interpret.inputs",
    "core.interpret.aim", "core.interpret.aiming", "core.interpret.attribution",
    "core.interpret.lens",
    "core.interpret.read_positions", "core.work.", "core.starters.", "core.deploy.engine",
)  # fmt: skip


@cache
def imports(module: str, everywhere: bool) -> frozenset[str]:
    """Full names that a module imports: at its top, or anywhere in it; not for types alone."""
    tree = ast.parse(FILES[module].read_text(encoding="utf-8"))
    found: set[str] = set()
    todo: list[ast.AST] = list(tree.body)
    while todo:
        node = todo.pop()
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            whole = (f"{node.module}.{name.name}" for name in node.names)
            found |= {name if name in FILES else node.module for name in whole}
        inside = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        if everywhere or not inside:
            todo += ast.iter_child_nodes(node)
    return frozenset(found)


def part(module: str) -> tuple[int, str] | None:
    """The row of LAYERS and the name of the part that a module belongs to."""
    for row, names in enumerate(LAYERS):
        for name in names:
            if module == name or module.startswith(f"{name}."):
                return row, name
    return None


@pytest.mark.parametrize("module", FILES)
def test_imports_point_down(module):
    if module == "core":
        return
    own = part(module)
    assert own, f"{module} belongs to no layer"
    for name in imports(module, True):
        other = part(name)
        if other is None or other[1] == own[1] or (own[1], other[1]) in LENT:
            continue
        assert other[0] < own[0], f"{module} imports {name}, which is not below it"


@pytest.mark.parametrize("module", [name for name in FILES if name.startswith("core")])
def test_core_knows_no_streamlit(module):
    roots = {name.split(".")[0] for name in imports(module, True)}
    assert not roots & {"streamlit"}
    if part(module) != (len(LAYERS) - 1, "core.cli"):
        assert "dashboard" not in roots


@pytest.mark.parametrize("module", FILES)
def test_heavy_libraries_stand_in_few_files(module):
    heavy = {name for name in imports(module, True) if name.split(".")[0] in HEAVY}
    assert not heavy or module.startswith(MAY_BE_HEAVY), f"{module} imports {heavy}"
    late = heavy - imports(module, False)
    assert not late, f"{module} imports {late} inside a function; it belongs at the top"


def reached(start: str) -> dict[str, str]:
    """Every module that importing, and then calling, `start` can load; and who led there."""
    found = {start: ""}
    todo = [start]
    while todo:
        module = todo.pop()
        for name in imports(module, True):
            if name in FILES and name not in found:
                found[name] = module
                todo.append(name)
    return found


@pytest.mark.parametrize("module", [name for name in FILES if name.startswith("dashboard")])
def test_no_page_can_reach_a_heavy_file(module):
    for name, through in reached(module).items():
        heavy = {one for one in imports(name, True) if one.split(".")[0] in BANNED_FROM_PAGES}
        assert not heavy, f"{module} reaches {name} through {through}"


@pytest.mark.parametrize(
    "module", [name for name, path in FILES.items() if path.name == "__init__.py"]
)
def test_a_package_file_holds_only_its_docstring(module):
    body = ast.parse(FILES[module].read_text(encoding="utf-8")).body
    assert len(body) == 1
    assert isinstance(body[0], ast.Expr)


PROBE = """
import sys
from core.cli.main import main
try:
    main(sys.argv[1:])
except SystemExit as end:
    assert not end.code, end.code
print("LOADED", *sorted({name.split(".")[0] for name in sys.modules}))
"""


@pytest.mark.parametrize(
    ("command", "banned"),
    [
        (["--help"], {"torch", "transformers", "pandas", "numpy", "streamlit"}),
        (["runs", "list"], {"torch", "transformers", "pandas", "streamlit"}),
        (["jobs", "list"], {"torch", "transformers", "pandas", "streamlit"}),
        (["data", "list"], {"torch", "transformers", "streamlit"}),
        (["models", "list"], {"torch", "transformers", "streamlit"}),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, list) else "",
)
def test_a_light_command_loads_nothing_heavy(command, banned, tmp_path, monkeypatch):
    monkeypatch.setenv("ASSAY_HOME", str(tmp_path))
    done = subprocess.run(
        [sys.executable, "-c", PROBE, *command], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    loaded = set(done.stdout.rpartition("LOADED")[2].split())
    assert not loaded & banned
