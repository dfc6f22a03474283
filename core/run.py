"""Where the stages meet: a request for each kind of job, and what the worker imports to do it.

Standard library only: pages and the command line make requests, the worker alone imports the
target.
"""

import shutil
from dataclasses import asdict, dataclass, field
from typing import Any

from core.jobs import runner
from core.jobs.job import Job
from core.jobs.store import JobStore
from core.train.runs import checkpoints_of
from core.workspace import Workspace, next_name


@dataclass(frozen=True)
class ImportRequest:
    """Make a sample a dataset."""

    sample: str


@dataclass(frozen=True)
class CollectRequest:
    """Make files a dataset.

    `options` and `files` are those of `core.data.collect` as JSON. `folder`, in the workspace,
    holds copies of the files, which go once the dataset is there; None = they lie elsewhere.
    """

    dataset: str
    options: dict[str, Any]
    files: dict[str, Any]
    folder: str | None = None
    source: str | None = None
    notes: str = ""


@dataclass(frozen=True)
class CleanRequest:
    """Clean a dataset by a recipe, as `core.data.cleaning.recipe.as_json` gives it."""

    dataset: str
    recipe: list[dict[str, Any]]


@dataclass(frozen=True)
class CheckRequest:
    """Look a dataset over for a base whose training cuts rows at so many tokens."""

    dataset: str
    base: str
    input_tokens: int
    target_tokens: int


@dataclass(frozen=True)
class UncertainRequest:
    """Find the rows that a classifier is least sure of."""

    dataset: str
    model: str


@dataclass(frozen=True)
class TrainRequest:
    """Fine-tune `base` on a dataset. `settings` override the preset's; None = the task's default.

    `general` names the dataset on which forgetting is measured and from which replay is drawn;
    `ignore_gate` trains on a dataset that is not fit for it.
    """

    dataset: str
    run: str
    base: str | None = None
    preset: str = "balanced"
    method: str = "full"
    settings: dict[str, Any] = field(default_factory=dict)
    replay_share: float = 0.0
    general: str | None = None
    test_limit: int | None = None
    ignore_gate: bool = False


@dataclass(frozen=True)
class EvaluateRequest:
    """Score a model, or a file of predictions, on a split of a dataset."""

    dataset: str
    model: str | None = None
    predictions: str | None = None
    metrics: tuple[str, ...] = ()
    split: str = "test"
    limit: int | None = None
    prompt: str | None = None
    shots: int | None = None
    encoder: str | None = None


@dataclass(frozen=True)
class RobustnessRequest:
    """Score a model on a split as it is, and under disturbances of each strength.

    No name of a disturbance = all of them; no metric = the task's headline.
    """

    dataset: str
    model: str
    disturbances: tuple[str, ...] = ()
    metric: str | None = None
    split: str = "test"
    limit: int | None = None


@dataclass(frozen=True)
class AskRequest:
    """Score a model behind an address, as an EvaluateRequest does.

    `endpoint` and `price` hold the fields of `core.evaluate.endpoint.Endpoint` and of
    `core.evaluate.token_price.TokenPrice`; `prompt` is the template itself. None = by the task.
    """

    dataset: str
    endpoint: dict[str, Any]
    prompt: str | None = None
    shots: int | None = None
    max_tokens: int | None = None
    price: dict[str, Any] | None = None
    metrics: tuple[str, ...] = ()
    split: str = "test"
    limit: int | None = None
    encoder: str | None = None


@dataclass(frozen=True)
class JudgeRequest:
    """Let a model behind an address say which of two evaluations' answers are better."""

    a: str
    b: str
    endpoint: dict[str, Any]
    criteria: str
    limit: int | None = None
    price: dict[str, Any] | None = None


@dataclass(frozen=True)
class AttentionRequest:
    """Capture attention for a text, and for a target where the model has a decoder.

    Of a text too long for all layers `kind` and `layer` are kept; `core.work.attention:compute`
    says what the rest means.
    """

    model: str
    text: str
    target: str | None = None
    window: int | None = None
    generate: int | None = None
    long: bool = False
    kind: str | None = None
    layer: int | None = None


@dataclass(frozen=True)
class HeadsRequest:
    """Price the heads of a model, and score it without shares `drop` of them.

    No metric = the first two of the task.
    """

    model: str
    dataset: str
    drop: tuple[float, ...] = (0.1, 0.25, 0.5)
    metrics: tuple[str, ...] = ()
    split: str = "test"
    limit: int | None = None


@dataclass(frozen=True)
class MovedRequest:
    """Compare the attention of two models of one shape on the same sentences, head by head."""

    a: str
    b: str
    dataset: str
    split: str = "test"
    limit: int | None = None


@dataclass(frozen=True)
class AlignmentRequest:
    """Find the head that aligns source and target best, and what its attention says of scores.

    `target`: on what the sentences are measured, "own" = what the model writes, or "reference".
    """

    model: str
    dataset: str
    target: str = "own"
    split: str = "test"
    limit: int | None = None


@dataclass(frozen=True)
class ContextRequest:
    """Measure a model's loss against position, on a dataset or on a text file (one of the two).

    `length` is the longest input in tokens; None = as far as the model and the data reach.
    """

    model: str
    dataset: str | None = None
    text: str | None = None
    length: int | None = None


@dataclass(frozen=True)
class TrustRequest:
    """Test on the texts of a dataset whether what attention points at matters to a model."""

    dataset: str
    model: str
    split: str = "test"
    limit: int | None = None


@dataclass(frozen=True)
class CostRequest:
    """Price training a finished run, at its own data, on A100s."""

    run: str


@dataclass(frozen=True)
class PlanRequest:
    """Rank the options of a scenario file."""

    path: str


@dataclass(frozen=True)
class CompressRequest:
    """Make a variant of a run, and measure it beside its original.

    `form` is a name of `core.deploy.forms.FORMS`; `share`, `layers`, `student` and `tune_seconds`
    are its settings, None = the default. `batch` requests at once when throughput is measured;
    `watts` = the machine's power under load, where it is known; `again` = measure anew.
    """

    model: str
    form: str
    share: float | None = None
    layers: int | None = None
    student: str | None = None
    tune_seconds: float | None = None
    limit: int | None = None
    batch: int = 16
    watts: float | None = None
    again: bool = False


@dataclass(frozen=True)
class ServeRequest:
    """Answer over HTTP with a run or a model.

    `champion` names a dataset: what the gate promotes for it answers, from then on. `engine` is one
    of `core.deploy.engine.CHOICES`; None elsewhere = as the engine, or the server, has it.
    """

    model: str
    host: str = "127.0.0.1"
    port: int = 8600
    engine: str = "auto"
    max_batch: int | None = None
    queue: int | None = None
    timeout: float | None = None
    log_texts: bool = False
    champion: str | None = None


@dataclass(frozen=True)
class LoadTestRequest:
    """Load a server and measure how it does.

    `plan` holds the fields of `core.deploy.loadtest.Plan`; `inputs` those of
    `core.deploy.loadtest_inputs.Inputs`. `path` = how it is asked ("chat", "predict", …), None =
    find out; `model` = what the server calls it; `key_env` names the variable of the key; `yes` =
    it may be another machine; `calibrate` = later estimates learn from it.
    """

    url: str
    plan: dict[str, Any]
    inputs: dict[str, Any]
    path: str | None = None
    model: str | None = None
    stream: bool = False
    max_tokens: int | None = None
    key_env: str | None = None
    yes: bool = False
    calibrate: bool = True


@dataclass(frozen=True)
class UpdateRequest:
    """Accepted feedback to a new version of the data, a new run, and old against new.

    `base` is the run that is updated, `run` the new one. `replay` is the share of old rows among
    the training rows (None = all of them are trained on again), `margin` how many points the new
    run may be worse on the test split.
    """

    dataset: str
    base: str
    run: str
    preset: str = "balanced"
    settings: dict[str, Any] = field(default_factory=dict)
    replay: float | None = None
    margin: float | None = None


@dataclass(frozen=True)
class GateRequest:
    """Hold a run against the champion of its dataset."""

    run: str
    margin: float | None = None


@dataclass(frozen=True)
class DriftRequest:
    """Hold the traffic of the last days against what the served run was trained on."""

    dataset: str
    since_days: float = 30.0


@dataclass(frozen=True)
class DemoRequest:
    """The guided example, step by step, each step a job of its own."""

    seconds: float = 60.0


Request = (
    ImportRequest
    | CollectRequest
    | CleanRequest
    | CheckRequest
    | UncertainRequest
    | TrainRequest
    | EvaluateRequest
    | RobustnessRequest
    | AskRequest
    | JudgeRequest
    | AttentionRequest
    | ContextRequest
    | HeadsRequest
    | MovedRequest
    | AlignmentRequest
    | TrustRequest
    | CostRequest
    | PlanRequest
    | CompressRequest
    | ServeRequest
    | LoadTestRequest
    | UpdateRequest
    | GateRequest
    | DriftRequest
    | DemoRequest
)


@dataclass(frozen=True)
class Kind:
    """A kind of job: its name, its request, and "module:function" for the worker."""

    name: str
    request: type
    target: str


KINDS = (
    Kind("import", ImportRequest, "core.work.samples:run"),
    Kind("collect", CollectRequest, "core.work.collect:run"),
    Kind("clean", CleanRequest, "core.work.clean:run"),
    Kind("check", CheckRequest, "core.work.check:run"),
    Kind("uncertain", UncertainRequest, "core.work.uncertain:run"),
    Kind("train", TrainRequest, "core.work.train:run"),
    Kind("evaluate", EvaluateRequest, "core.work.evaluate:run"),
    Kind("robustness", RobustnessRequest, "core.work.robustness:run"),
    Kind("ask", AskRequest, "core.work.ask:run"),
    Kind("judge", JudgeRequest, "core.work.judge:run"),
    Kind("attention", AttentionRequest, "core.work.attention:run"),
    Kind("context", ContextRequest, "core.work.context:run"),
    Kind("heads", HeadsRequest, "core.work.prices:run"),
    Kind("moved", MovedRequest, "core.work.moved:run"),
    Kind("alignment", AlignmentRequest, "core.work.alignment:run"),
    Kind("trust", TrustRequest, "core.work.trust:run"),
    Kind("cost", CostRequest, "core.work.cost:run"),
    Kind("plan", PlanRequest, "core.work.plan:run"),
    Kind("compress", CompressRequest, "core.work.compress:run"),
    Kind("serve", ServeRequest, "core.work.serve:run"),
    Kind("loadtest", LoadTestRequest, "core.work.loadtest:run"),
    Kind("update", UpdateRequest, "core.work.update:run"),
    Kind("gate", GateRequest, "core.work.gate:run"),
    Kind("drift", DriftRequest, "core.work.drift:run"),
    Kind("demo", DemoRequest, "core.work.demo:run"),
)


def kind_of(request: Request) -> Kind:
    """The row of KINDS for a request."""
    return next(kind for kind in KINDS if kind.request is type(request))


def start(workspace: Workspace, request: Request) -> tuple[Job, bool]:
    """Start the job for a request, or find the active one that does the same.

    Returns:
        The job, and whether it is new.
    """
    kind = kind_of(request)
    return runner.submit(workspace, kind.name, kind.target, asdict(request))


def start_training(workspace: Workspace, dataset: str, **fields: Any) -> tuple[Job, str, bool]:
    """Start a fine-tune under a free run name, or find the active one that is the same.

    Args:
        workspace: Where it lives.
        dataset: NAME or NAME@VERSION.
        fields: The other fields of TrainRequest, apart from `run`.

    Returns:
        The job, the run's name, and whether the job is new.
    """
    return _start_run(workspace, TrainRequest, dataset, fields)


def start_update(workspace: Workspace, dataset: str, **fields: Any) -> tuple[Job, str, bool]:
    """The same for an update; `fields` are those of UpdateRequest."""
    return _start_run(workspace, UpdateRequest, dataset, fields)


def cancel(workspace: Workspace, job_id: str) -> Job:
    """Ask a job to stop, as `core.jobs.runner.cancel`.

    A training that stops removes its checkpoints; of one that was paused they are removed here.
    """
    job = runner.cancel(workspace, job_id)
    if job.state == "cancelled" and "run" in job.request:
        folder = workspace.run(str(job.request["run"]))
        shutil.rmtree(checkpoints_of(folder), ignore_errors=True)
    return job


def clone(workspace: Workspace, job_id: str) -> tuple[Job, str | None, bool]:
    """Start the same work anew: a training under a new run name, everything else as it was asked.

    Returns:
        The job, its run's name (None where it makes no run), and whether it is new: the same work
        under way is found instead.

    Raises:
        NotFound: There is no such job.
    """
    with JobStore(workspace) as store:
        before = store.get(job_id)
    kind = next(row for row in KINDS if row.name == before.kind)
    if kind.request not in (TrainRequest, UpdateRequest):
        job, new = runner.submit(workspace, kind.name, kind.target, before.request)
        return job, None, new
    fields = {k: v for k, v in before.request.items() if k not in ("run", "dataset")}
    return _start_run(workspace, kind.request, str(before.request["dataset"]), fields)


def _start_run(
    workspace: Workspace,
    made_by: type[TrainRequest] | type[UpdateRequest],
    dataset: str,
    fields: dict[str, Any],
) -> tuple[Job, str, bool]:
    run = next_name(workspace.runs(), dataset.partition("@")[0])
    wanted = made_by(dataset=dataset, run=run, **fields)
    kind, request = kind_of(wanted), asdict(wanted)
    # The name says nothing of the work: two tabs that ask for the same get one run.
    same = {name: value for name, value in request.items() if name != "run"}
    job, new = runner.submit(workspace, kind.name, kind.target, request, same)
    if not new:
        workspace.run(run).rmdir()
    return job, str(job.request["run"]), new
