"""`assay data clean`: a recipe of steps makes a new version; `assay data steps` lists them."""

from typing import TYPE_CHECKING, Any

import click

from core.cli.common import emit, json_option, rows, say, workspace_option
from core.data import dataset as store
from core.errors import BadInput
from core.text.catalog import t
from core.text.literal import printable
from core.workspace import Workspace

if TYPE_CHECKING:
    from core.data.cleaning.apply import Cleaned, Tally
    from core.data.cleaning.recipe import Recipe

EXAMPLES_SAID = 2


@click.command()
@json_option
def steps(as_json: bool) -> None:
    """List the cleaning steps in the order in which they run, with their settings."""
    from core.data.cleaning.steps import STEPS

    document = {
        "steps": [
            {
                "name": step.name,
                "does": t(f"clean.does.{step.name}"),
                "drops_rows": step.judge is not None,
                "settings": {setting.name: setting.default for setting in step.settings},
            }
            for step in STEPS
        ]
    }
    lines = []
    for step in STEPS:
        lines.append(f"{step.name:12} {t(f'clean.does.{step.name}')}")
        for setting in step.settings:
            default = setting.default
            shown = ",".join(default) if isinstance(default, tuple) else default
            name = f"{step.name}.{setting.name}={'' if shown is None else shown}"
            lines.append(f"{'':14}{name:40} {t(f'clean.setting.{setting.name}')}")
    emit(document, as_json, "\n".join([*lines, "", t("clean.order")]))


@click.command()
@click.argument("dataset", metavar="D")
@click.option("--step", "names", multiple=True, metavar="STEP",
              help="A step of the recipe (see `assay data steps`); repeatable.")  # fmt: skip
@click.option("--set", "pairs", multiple=True, metavar="STEP.KEY=VALUE",
              help="A setting of a step. Repeatable.")  # fmt: skip
@click.option("--recipe", "source", metavar="FROM@VERSION|FILE.toml",
              help="The recipe that a version was made with, or one in a file.")  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Say what would change; keep nothing.")
@workspace_option
@json_option
def clean(
    dataset: str,
    names: tuple[str, ...],
    pairs: tuple[str, ...],
    source: str | None,
    dry_run: bool,
    workspace: Workspace,
    as_json: bool,
) -> None:
    """Clean a dataset by a recipe of named steps: a new version is made, the old one stays.

    Rows stay in their splits. The test split is changed like the others; test rows that a filter
    drops are counted apart.
    """
    from core.data.cleaning.apply import clean as apply
    from core.data.cleaning.apply import try_out
    from core.data.cleaning.recipe import as_toml, from_pairs, load, make

    if source and (names or pairs):
        raise BadInput("--recipe holds the steps and their settings; give it or --step and --set.")
    recipe: Recipe = load(workspace, source) if source else make(names, from_pairs(pairs))
    found = store.open_dataset(workspace, dataset)
    done = (try_out if dry_run else apply)(workspace, found, recipe)
    for tally in done.tallies:
        _say_examples(tally)
    emit({**_document(done), "dry_run": dry_run, "recipe_toml": as_toml(recipe)}, as_json,
         _table(done, dry_run))  # fmt: skip


def _document(done: "Cleaned") -> dict[str, Any]:
    made = done.dataset
    return {
        "name": done.parent.name,
        "version": made.version if made else None,
        "parent": done.parent.version,
        "splits": made.splits if made else done.left,
        **done.report(),
    }


def _say_examples(tally: "Tally") -> None:
    """Show on standard error what a step did to its first rows."""
    for row in tally.changes[:EXAMPLES_SAID]:
        say(f"{tally.step} [{printable(row['id'])}] {row['part']}: {printable(row['before'])}")
        say(f"{'':{len(tally.step)}} → {printable(row['after'])}")
    for row in tally.drops[:EXAMPLES_SAID]:
        why = f"dropped ({row['reason']})"
        say(f"{tally.step} [{printable(row['id'])}] {why}: {printable(row['text'])}")


def _table(done: "Cleaned", dry_run: bool) -> str:
    header = ("step", "changed", "dropped", "of these test")
    lines: list[tuple[object, ...]] = [
        (tally.step, f"{sum(tally.changed.values()):,}", f"{sum(tally.dropped.values()):,}",
         f"{tally.dropped['test']:,}")
        for tally in done.tallies
    ]  # fmt: skip
    said = {"parent": done.parent.title, "rows": f"{sum(done.rows.values()):,}",
            "left": f"{sum(done.left.values()):,}"}  # fmt: skip
    if done.dataset:
        last = t("clean.cli.made", title=done.dataset.title, **said)
    else:
        last = t(f"clean.cli.{'would' if dry_run and done.anything else 'nothing'}", **said)
    return f"{rows(header, lines)}\n{last}"
