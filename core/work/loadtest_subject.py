"""What a load test tells the cost engine: machine, model, tokens; and what it learns from it."""

from typing import Any

from tokenizers import Tokenizer

from core import calibration
from core.cost import measured
from core.cost.calibrate import Machine, ServedMeasurement
from core.cost.probe import machine as probe
from core.cost.probe import machine_name
from core.cost.subject import shape_for
from core.deploy.loadtest_dialects import Text
from core.deploy.loadtest_predicted import Predicted
from core.deploy.loadtest_store import LoadTest
from core.deploy.loadtest_subject import CHARACTERS_PER_TOKEN, DEFAULT_ENGINE, Subject
from core.deploy.loadtest_summary import Summary
from core.deploy.loadtest_target import Target
from core.errors import RequestError
from core.models.resolve import resolve
from core.models.shape import Shape
from core.workspace import Workspace


def machine_of(workspace: Workspace, target: Target) -> Machine:
    """The machine at hand with what was measured of it; looked at while nothing is asked."""
    device = target.says.get("device") or calibration.device_name()
    return measured.load(workspace, machine_name(device)) or probe(device)


def subject_of(
    workspace: Workspace, target: Target, machine: Machine | None, summaries: list[Summary],
    found: list[Text], named: str | None,
) -> Subject | None:  # fmt: skip
    """What is predicted; None where the model's sizes are not known here."""
    # A stranger's word for its model is no path of ours.
    name = named or (target.says.get("model") if machine else None)
    shape = _shape(workspace, name) if name else None
    if name is None or shape is None:
        return None
    into, out, counted = _tokens(workspace, name, summaries, found)
    said = target.says.get("engine")
    return Subject(shape, machine, said or DEFAULT_ENGINE, said is not None, into, out, counted,
                   target.says.get("precision"))  # fmt: skip


def _shape(workspace: Workspace, name: str) -> Shape | None:
    try:
        return shape_for(workspace, name)
    except RequestError:
        return None


def _tokens(
    workspace: Workspace, name: str, summaries: list[Summary], found: list[Text]
) -> tuple[float, float, str]:
    """Tokens of a request and of an answer, and who counted them."""
    counts = [(s.input_tokens, s.output_tokens, s.answered) for s in summaries if s.answered]
    known = [(i, o, n) for i, o, n in counts if i is not None and o is not None]
    if known and len(known) == len(counts):
        total = sum(n for *_, n in known)
        into = sum(i * n for i, _, n in known) / total
        return into, sum(o * n for _, o, n in known) / total, "server"
    tokenizer = _tokenizer(workspace, name)
    if tokenizer is not None:
        lengths = [len(tokenizer.encode(text.input).ids) for text in found[:200]]
        mean = sum(lengths) / len(lengths)
        return mean, mean, "tokenizer"
    mean = sum(len(text.input) for text in found) / len(found) / CHARACTERS_PER_TOKEN
    return mean, mean, "characters"


def _tokenizer(workspace: Workspace, name: str) -> Any:
    """The model's tokenizer; None where it is not at hand."""
    try:
        folder = resolve(workspace, name).path
    except RequestError:
        return None
    path = folder / "tokenizer.json" if folder else None
    return Tokenizer.from_file(str(path)) if path and path.is_file() else None


def learn(workspace: Workspace, machine: Machine, made: LoadTest, predicted: Predicted) -> None:
    """Put what was measured beside the plain prediction, for later estimates."""
    machine = measured.load(workspace, machine.name) or machine  # it may have changed meanwhile
    for one in predicted.compared:
        inverse = one.unit == "s"
        pair = (1 / one.measured, 1 / one.plain) if inverse else (one.measured, one.plain)
        machine = machine.with_served(
            ServedMeasurement(made.name, predicted.engine, one.regime, *pair, one.n,
                              made.created_at)
        )  # fmt: skip
    measured.save(workspace, machine)
