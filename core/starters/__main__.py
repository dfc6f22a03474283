"""`python -m core.starters WHAT --data DIR`: make a starter model again, or its card."""

import argparse
import os
import sys
from pathlib import Path

from core.errors import AssayError

MODELS = ("translate", "encode", "causal")


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(prog="python -m core.starters", description=__doc__)
    made.add_argument("what", choices=("tokenizer", *MODELS, "cards"))
    made.add_argument("--data", type=Path, help="folder with eng-deu.tsv.gz and eng-cmn.tsv.gz")
    made.add_argument("--out", type=Path, default=Path("assets/models"))
    made.add_argument("--work", type=Path, default=Path(".starters"), help="checkpoints")
    made.add_argument("--minutes", type=float, help="training time; a default per model")
    made.add_argument("--threads", type=int, default=1)
    return made


def main(arguments: list[str] | None = None) -> int:
    """Run one making; an error a person can mend is one sentence on stderr."""
    options = parser().parse_args(arguments)
    # Before torch is imported: its thread pools read this once.
    os.environ["OMP_NUM_THREADS"] = str(options.threads)
    try:
        run(options)
    except AssayError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_status
    return 0


def run(options: argparse.Namespace) -> None:
    """Do what was asked."""
    from core.starters import cards, make, workshop

    if options.what == "cards":
        cards.write_all(options.out)
        return
    if options.data is None:
        parser().error(f"{options.what} needs --data DIR, the folder with the Tatoeba files")
    minutes = options.minutes or make.MINUTES.get(options.what, 0.0)
    shop = workshop.Workshop(options.data, options.out, options.work, minutes, options.threads)
    if options.what == "tokenizer":
        workshop.begin(shop, "translate")
        return
    make.MAKINGS[options.what](shop)
    cards.write(shop.folder(options.what))


if __name__ == "__main__":
    sys.exit(main())
