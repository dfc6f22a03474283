"""`assay data check`, `fix`, `split`: is it fit to train on, and what mends it?"""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

import click

from core.cli.common import emit, json_option, say, workspace_option
from core.data import dataset as store
from core.data import derive, looks
from core.data.dataset import Dataset
from core.text.catalog import t
from core.text.literal import printable
from core.workspace import Workspace

if TYPE_CHECKING:
    from core.data.findings import Finding
    from core.data.split import Scheme

Command = TypeVar("Command", bound=Callable[..., Any])
EXAMPLES_SAID = 5


def scheme_options(command: Command) -> Command:
    """Add `--test-share`, `--validation-share` and `--seed`; see `scheme_of`."""
    for name, kind, words in (
        ("--seed", click.IntRange(0), "Seed of the split."),
        ("--validation-share", float, "Share of the rows for validation, up to 0.5."),
        ("--test-share", float, "Share of the rows for the test, up to 0.5."),
    ):
        command = click.option(name, type=kind, default=None, help=words)(command)
    return command


def scheme_of(
    usual: "Scheme", test_share: float | None, validation_share: float | None, seed: int | None
) -> "Scheme":
    """A scheme with what was asked for on the command line.

    Raises:
        BadInput: A share cannot be used.
    """
    wanted = {"test_share": test_share, "validation_share": validation_share, "seed": seed}
    given: dict[str, Any] = {name: value for name, value in wanted.items() if value is not None}
    return replace(usual, **given)


@click.command()
@click.argument("dataset", metavar="D")
@click.option("--base", metavar="M", help="Whose tokenizer counts; default: the task's starter.")
@click.option("--preset", default="balanced", show_default=True,
              help="Whose limits of length count.")  # fmt: skip
@click.option("--max-input-tokens", type=click.IntRange(1), help="Default: the preset's.")
@click.option("--max-target-tokens", type=click.IntRange(1), help="Default: the preset's.")
@workspace_option
@json_option
def check(
    dataset: str,
    base: str | None,
    preset: str,
    max_input_tokens: int | None,
    max_target_tokens: int | None,
    workspace: Workspace,
    as_json: bool,
) -> None:
    """Check whether a dataset is fit to train on: leaks, duplicates, labels, lengths, tokens.

    What was looked at before is not looked at again.
    """
    from core.gate import limits_of
    from core.train.config import from_preset
    from core.work.check import check as look_over

    found = store.open_dataset(workspace, dataset)
    wanted = {"max_input_tokens": max_input_tokens, "max_target_tokens": max_target_tokens}
    given = {name: value for name, value in wanted.items() if value is not None}
    limits = limits_of(from_preset(preset, given))
    made = look_over(workspace, found.title, base, limits)
    document = {
        "name": found.name, "version": found.version, "rows": found.rows, "splits": found.splits,
        "base": made.tokens.base if made.tokens else None,
        "max_input_tokens": limits.input, "max_target_tokens": limits.target,
        "looks": looks_of(workspace, found), **made.to_json(),
    }  # fmt: skip
    lines = [t(f"gate.cli.{'fit' if made.fit else 'unfit'}", title=found.title)]
    for finding in made.findings:
        lines += _lines(found, finding)
    if made.tokens:
        lines.append(t("gate.cli.counted", base=made.tokens.base, input=limits.input,
                       target=limits.target))  # fmt: skip
    emit(document, as_json, "\n".join([*lines, *look_lines(workspace, found)]))


def _lines(dataset: Dataset, finding: "Finding") -> list[str]:
    """A finding, what it does, and the command that mends it."""
    from core.data.findings import sentence, why

    mark = t(f"gate.severity.{finding.severity}")
    some = finding.examples[:EXAMPLES_SAID]
    names = (printable(row.get("id") or row["label"]) for row in some)
    ids = f" ({', '.join(names)})" if finding.examples else ""
    lines = [f"- {mark}: {sentence(finding)}{ids}", f"  {why(finding)}"]
    if finding.remedy in ("drop", "split"):
        key = "remedy" if finding.remedy == "drop" else "remedy_split"
        said = {"n": f"{finding.drops:,}"} if finding.remedy == "drop" else {}
        lines.append(t(f"gate.cli.{key}", title=dataset.title, name=finding.name, **said))
    return lines


@click.command()
@click.argument("dataset", metavar="D")
@click.option("--finding", "names", multiple=True, metavar="KIND",
              help="Name of a finding of `assay data check`; repeat.")  # fmt: skip
@click.option("--all", "all_", is_flag=True, help="All that are mended by dropping rows.")
@workspace_option
@json_option
def fix(
    dataset: str, names: tuple[str, ...], all_: bool, workspace: Workspace, as_json: bool
) -> None:
    """Mend findings into a new version; the test split and the old version stay as they are."""
    from core.data.fixes import fix as mend
    from core.errors import BadInput

    if bool(names) == all_:
        raise BadInput(
            "Say what to mend: --finding KIND, as `assay data check` names it, or --all."
        )
    found = store.open_dataset(workspace, dataset)
    made = mend(workspace, found, names)
    document = {**made_json(found, made.dataset), "dropped": made.dropped}
    emit(document, as_json, made_words(found, made.dataset))


def made_json(parent: Dataset, made: Dataset) -> dict[str, Any]:
    """A new version as JSON."""
    return {
        "name": made.name, "version": made.version, "parent": parent.version,
        "change": made.report.get("change"), "rows": made.rows, "splits": made.splits,
    }  # fmt: skip


def made_words(parent: Dataset, made: Dataset) -> str:
    """A new version in a sentence."""
    counts = ", ".join(f"{split} {n:,}" for split, n in made.splits.items())
    what = derive.words(made)
    return f"{t('gate.cli.made', title=made.title, parent=parent.version, what=what)} ({counts})"


@click.command()
@click.argument("dataset", metavar="D")
@scheme_options
@click.option("--unlock", metavar="REASON", help="Split the test rows anew as well; recorded.")
@workspace_option
@json_option
def split(
    dataset: str,
    test_share: float | None,
    validation_share: float | None,
    seed: int | None,
    unlock: str | None,
    workspace: Workspace,
    as_json: bool,
) -> None:
    """Split a dataset anew, into a new version.

    Test rows stay test rows and official splits stay as they are, unless --unlock says why not.
    """
    from core.data.fixes import recorded_scheme, split_anew

    found = store.open_dataset(workspace, dataset)
    scheme = scheme_of(recorded_scheme(found), test_share, validation_share, seed)
    made = split_anew(workspace, found, scheme, unlock)
    kept = made.report["split"]
    if kept["labels_kept_in_training"]:
        say(t("gate.split.kept_labels", n=kept["labels_kept_in_training"]))
    emit({**made_json(found, made), "split": kept}, as_json, made_words(found, made))


def looks_of(workspace: Workspace, dataset: Dataset) -> dict[str, Any]:
    """The looks at the test split as JSON."""
    found = looks.looks(workspace, dataset)
    return {
        **{f"{kind}_count": found.count(kind) for kind in looks.KINDS},
        "flattery_points": found.flattery_points,
        "seen": [vars(look) for look in found.seen],
    }


def look_lines(workspace: Workspace, dataset: Dataset) -> list[str]:
    """The looks at the test split in sentences."""
    found = looks.looks(workspace, dataset)
    return looks.words(found) if found.rows else []
