"""`assay drift`: live traffic against what the model was trained and tested on."""

import click

from core.cli.common import emit, json_option, rows, say_job, workspace_option
from core.data.dataset import open_dataset
from core.errors import BadInput
from core.jobs import runner
from core.run import DriftRequest, start
from core.text.literal import printable
from core.update import drift_words
from core.update.drift_looks import Report
from core.workspace import Workspace

MOST_DAYS = 3650.0


@click.command()
@click.argument("dataset", metavar="D")
@click.option(
    "--since",
    "since_days",
    type=float,
    default=30.0,
    show_default=True,
    metavar="DAYS",
    help="How far to look back.",
)
@workspace_option
@json_option
def drift(dataset: str, since_days: float, workspace: Workspace, as_json: bool) -> None:
    """Hold the traffic of D's models against the data they were trained and tested on.

    An alarm is a difference beyond chance (corrected for all features and for how often was
    looked) that is large enough to matter. Every look makes the next one stricter.
    """
    data = open_dataset(workspace, dataset)
    if not 0 < since_days <= MOST_DAYS:
        raise BadInput(f"since: {since_days:g} days cannot be; give more than 0, at most 3,650.")
    job, _ = start(workspace, DriftRequest(data.name, since_days))
    done = runner.follow(workspace, job.id, on_change=say_job)
    report = Report.from_json(done.result or {})
    emit(report.to_json(), as_json, _words(report))


def _words(report: Report) -> str:
    table = rows(
        ("feature", "training", "live", "effect", "95 %", "p corrected", "alarm"),
        [
            (drift_words.name(row), *map(printable, drift_words.both(row)),
             drift_words.effect(row), drift_words.interval(row), drift_words.p_value(row),
             "alarm" if row.alarm else "")
            for row in report.drifts
        ],
    )  # fmt: skip
    lines = [drift_words.answer(report), table]
    for row in report.alarms:
        lines.append(f"{printable(drift_words.sentence(row))}. {drift_words.evidence(row)}")
        lines.append(f"  {drift_words.meaning(row)}")
        for one in row.examples:
            shown = drift_words.shown(row, one.value)
            lines.append(printable(f"  {one.id}  {shown}  {(one.text or '')[:80]}").rstrip())
    return "\n".join(lines)
