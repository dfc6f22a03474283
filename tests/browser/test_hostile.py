"""What users and models wrote is shown as it is: never markup, never a request, never code."""

import json

import pytest

from core import run
from core.data import dataset as datasets
from core.data.dataset import Example
from core.jobs import runner
from core.strategy.scenario import load, samples
from core.update import feedback
from core.workspace import Workspace
from dashboard.app import PAGES
from tests.browser.conftest import Visit
from tests.serving import dashboard

pytestmark = pytest.mark.browser

HOSTILE = (
    "![x](https://attacker.example/leak.png)",
    "<img src='https://attacker.example/leak.png' onerror='document.title=1'>",
    "<script>document.body.id='owned'</script>",
    "[x](javascript:document.body.id='owned')",
    "</s> <b>bold</b> <a href='https://attacker.example'>link</a>",
    ":red[red] $\\href{https://attacker.example}{x}$ # heading **bold**",
    '=HYPERLINK("https://attacker.example")',
    "\u202eright to left \u0000",
)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    """A dataset, answers, feedback and a scenario full of such text."""
    workspace = Workspace.open(tmp_path_factory.mktemp("hostile"))
    rows = {
        split: [Example(f"{split}{i}{j}", f"{text} {i} {split}", text)
                for i in range(n) for j, text in enumerate(HOSTILE)]
        for split, n in (("train", 6), ("validation", 1), ("test", 3))
    }  # fmt: skip
    datasets.save(workspace, "hostile", "translation", rows, notes=HOSTILE[0], source=HOSTILE[1],
                  prefix=HOSTILE[2])  # fmt: skip
    for name, text in (("good", None), ("bad", HOSTILE[1])):
        answers = workspace.root / f"{name}.jsonl"
        answers.write_text(
            "".join(
                json.dumps({"id": row.id, "prediction": text or row.target}) + "\n"
                for row in rows["test"]
            ),
            encoding="utf-8",
        )
        request = run.EvaluateRequest("hostile", predictions=str(answers))
        runner.follow(workspace, run.start(workspace, request)[0].id)
    for text in HOSTILE:
        feedback.add(workspace, model="starter-translate", input=text, output=text, verdict="down",
                     correction=text, source="api")  # fmt: skip
    scenario = next(path for path in samples() if load(path).quality.dataset)
    words = scenario.read_text(encoding="utf-8")
    for name, text in zip(load(scenario).options, HOSTILE, strict=False):
        words = words.replace(json.dumps(name.name), json.dumps(text.replace('"', "")))
        words = words.replace(f'"option.{name.name}.', f'"option.{text.replace(chr(34), "")}.')
    file = workspace.root / "hostile.toml"
    file.write_text(words, encoding="utf-8")
    runner.follow(workspace, run.start(workspace, run.PlanRequest(str(file)))[0].id)
    return workspace


@pytest.fixture(scope="module")
def address(browser, hostile):
    with dashboard(hostile) as found:
        yield found


@pytest.mark.parametrize(
    "name", [*PAGES, *(f"evaluate?show={section}" for section in ("examples", "slices"))]
)
def test_hostile_text_stays_text(name, browser, address):
    query = f"{name}{'&' if '?' in name else '?'}dataset=hostile"
    page = Visit(browser, address).open("" if name == PAGES[0] else query)
    page.grow()
    page.tab.wait_for_timeout(500)
    assert page.faults == []
    assert page.tab.locator("[data-testid=stException]").count() == 0
    assert page.tab.locator("[src*=attacker], [href*=attacker], [href^=javascript]").count() == 0
    assert page.tab.evaluate("() => document.body.id") == ""
    page.context.close()
