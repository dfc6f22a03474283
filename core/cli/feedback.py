"""`assay feedback`: list, import and review what users said of the answers."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import click

from core.cli.common import emit, json_option, rows, workspace_option
from core.errors import BadInput
from core.text.format import minute
from core.text.literal import printable
from core.update import feedback as store
from core.update import intake, masking
from core.update import review as reviewing
from core.update.feedback import Feedback
from core.workspace import Workspace


@click.group()
def feedback() -> None:
    """What users said of the answers."""


@feedback.command("list")
@click.option("--state", type=click.Choice(store.STATES), help="Only of one state.")
@workspace_option
@json_option
def list_(state: str | None, workspace: Workspace, as_json: bool) -> None:
    """List feedback, newest first."""
    found = store.entries(workspace, state)
    table = rows(
        ("id", "state", "verdict", "model", "input", "correction"),
        [(f.id, f.state, f.verdict, f.model, _short(f.input), _short(f.correction)) for f in found],
    )
    text = table if found else "No feedback yet; the playground and the server collect it."
    emit({"feedback": [asdict(entry) for entry in found]}, as_json, text)


def _short(text: str | None) -> str:
    """A text on one line, without control characters that a terminal would obey."""
    line = "".join(sign if sign.isprintable() else " " for sign in text or "")
    return line if len(line) <= 40 else f"{line[:39]}…"


@feedback.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--model", default="unknown", help="The model that answered, where no column says.")
@click.option(
    "--keep-personal", is_flag=True, help="Mask no e-mail address, phone, card or bank number."
)
@workspace_option
@json_option
def import_(
    file: Path, model: str, keep_personal: bool, workspace: Workspace, as_json: bool
) -> None:
    """Import feedback from FILE (.csv or .jsonl: input, and verdict, correction or comment).

    Further columns: output, context, model, request_id.
    """
    kept, refused = intake.import_file(workspace, file, model, as_is=keep_personal)
    masked = _masked(kept)
    lines = [f"{len(kept)} kept, {len(refused)} refused."]
    if masked:
        lines.append(f"Masked: {masking.words(masked)}.")
    lines += [f"line {row['line']}: {row['reason']}" for row in refused]
    document = {"kept": len(kept), "ids": [entry.id for entry in kept], "masked": masked,
                "refused": refused}  # fmt: skip
    emit(document, as_json, "\n".join(lines))


def _masked(kept: Sequence[Feedback]) -> dict[str, int]:
    """Kinds of personal data to how many were masked in all."""
    return dict(sum((Counter(entry.masked) for entry in kept), Counter[str]()))


@feedback.command()
@click.option("--model", help="What answered; may be left out with --request of a logged request.")
@click.option("--input", "input_", help="What was asked.")
@click.option("--output", default="", help="What was answered.")
@click.option("--verdict", type=click.Choice(store.VERDICTS))
@click.option("--correction", help="The right answer.")
@click.option("--comment", help="What else there is to say.")
@click.option("--context", help="For question answering, the passage.")
@click.option("--request", "request_id", metavar="ID", help="Of the request, as it was logged.")
@click.option("--keep-personal", is_flag=True, help="Mask nothing.")
@workspace_option
@json_option
def add(
    model: str | None, input_: str | None, output: str, verdict: str | None,
    correction: str | None, comment: str | None, context: str | None, request_id: str | None,
    keep_personal: bool, workspace: Workspace, as_json: bool,
) -> None:  # fmt: skip
    """Keep one judgement: thumbs, a correction, a comment. It waits for a review."""
    body = {"input": input_, "output": output, "verdict": verdict, "correction": correction,
            "comment": comment, "context": context, "request_id": request_id}  # fmt: skip
    made = intake.received(workspace, body, model=model or "unknown", source="command",
                           as_is=keep_personal)  # fmt: skip
    masked = f" Masked: {masking.words(made.masked)}." if made.masked else ""
    emit(asdict(made), as_json, f"{made.id} waits for a review.{masked}")


@feedback.command()
@click.argument("ids", nargs=-1, metavar="[ID]...")
@click.option("--accept", "state", flag_value="accepted", help="They may be learnt from.")
@click.option("--reject", "state", flag_value="rejected", help="They may not.")
@click.option(
    "--edit",
    "correction",
    metavar="TEXT",
    help="Accept one with this correction instead; the user's own is kept beside it.",
)
@click.option("--all-new", is_flag=True, help="All that nobody has reviewed yet.")
@click.option("--who", metavar="NAME", help="The reviewer; else the account's name.")
@workspace_option
@json_option
def review(
    ids: tuple[str, ...], state: str | None, correction: str | None, all_new: bool,
    who: str | None, workspace: Workspace, as_json: bool,
) -> None:  # fmt: skip
    """Accept, edit or reject feedback by ID; only accepted corrections are learnt from."""
    if (state is None) == (correction is None):
        raise BadInput("Say what to do with the feedback: --accept, --reject or --edit TEXT.")
    wanted = [entry.id for entry in store.entries(workspace, "new")] if all_new else list(ids)
    if not wanted and not all_new:
        raise BadInput("Name the feedback's ids (`assay feedback list` shows them) or --all-new.")
    if correction is not None:
        if len(wanted) != 1:
            raise BadInput(f"--edit takes one id, for it is one answer; {len(wanted)} were given.")
        made = reviewing.edit(workspace, wanted[0], correction, who)
        emit(asdict(made), as_json, f"{made.id} accepted with the new correction.")
        return
    changed = reviewing.review(workspace, wanted, str(state), who)
    emit({"changed": changed, "state": state}, as_json, f"{changed} {state}.")


@feedback.command()
@click.argument("feedback_id", metavar="ID")
@workspace_option
@json_option
def show(feedback_id: str, workspace: Workspace, as_json: bool) -> None:
    """Show one judgement, and what reviewers did with it."""
    found = store.entry(workspace, feedback_id)
    steps = reviewing.history(workspace, feedback_id)
    lines = [f"{name}: {printable(str(value))}" for name, value in asdict(found).items()
             if value not in (None, {}, False)]  # fmt: skip
    lines += [
        f"{minute(one.at)} {one.action} by {printable(one.who)}: "
        f"{printable(one.before or '-')} -> {printable(one.after or '-')}"
        for one in steps
    ]
    document = {**asdict(found), "reviews": [asdict(one) for one in steps]}
    emit(document, as_json, "\n".join(lines))


@feedback.command()
@click.argument("dataset", metavar="D")
@click.option("--model", required=True, metavar="M", help="A run on D, or the base of one.")
@click.option("--input", "input_", required=True, help="What was asked.")
@click.option("--answer", required=True, help="What is right.")
@click.option("--context", help="For question answering, the passage.")
@workspace_option
@json_option
def teach(
    dataset: str, model: str, input_: str, answer: str, context: str | None,
    workspace: Workspace, as_json: bool,
) -> None:  # fmt: skip
    """Put an example into the next training set of D, as accepted feedback.

    A row of the test or validation split is refused: it judges the next model.
    """
    from core.data.dataset import open_dataset
    from core.update.learn import held_out
    from core.update.teach import teach as keep

    made = keep(workspace, open_dataset(workspace, dataset), model=model, input=input_,
                answer=answer, context=context)  # fmt: skip
    fate = "is judged by it" if held_out(made.input, made.context) else "learns it"
    emit(asdict(made), as_json, f"{made.id} accepted: the next `assay update {dataset}` {fate}.")
