"""Results of other harnesses, as they stand in their files: lm-eval and Inspect."""

import json
from pathlib import Path

from core.errors import BadInput, NotFound
from core.evaluate import inspect_log, lm_eval
from core.evaluate.foreign import Import
from core.units import MIB

MOST_BYTES = 256 * MIB


def read_import(path: Path) -> Import:
    """Read results of lm-eval or Inspect.

    Raises:
        NotFound: There is no such file.
        BadInput: It is none of the two, damaged, or holds neither a score nor a sample.
    """
    if not path.is_file():
        raise NotFound(f"There is no file {str(path)!r}; give results of lm-eval or Inspect.")
    if path.suffix.lower() == ".eval":
        raise BadInput(f"{path.name} is a packed Inspect log; `inspect log dump {path.name} > "
                       "log.json` unpacks it.")  # fmt: skip
    if path.stat().st_size > MOST_BYTES:
        raise BadInput(f"{path.name} is larger than {MOST_BYTES // MIB} MiB, which is not read.")
    try:
        found = lm_eval.samples(path) if path.suffix.lower() == ".jsonl" else _document(path)
    except UnicodeDecodeError:
        raise BadInput(f"{path.name} is not UTF-8 text.") from None
    except (LookupError, TypeError, AttributeError, RecursionError):
        raise BadInput(
            f"{path.name} is shaped like no version of lm-eval or Inspect that is known; give "
            "results_*.json, samples_*.jsonl, or an Inspect log in JSON."
        ) from None
    if not (found.scores or found.samples or found.unnamed):
        raise BadInput(f"{path.name} holds neither a score nor a sample.")
    return found


def _document(path: Path) -> Import:
    try:
        document = json.loads(path.read_text(encoding="utf-8-sig"))
    except json.JSONDecodeError as error:
        raise BadInput(f"{path.name} is no JSON ({error}).") from None
    if "eval" in document:
        return inspect_log.log(path, document)
    return lm_eval.results(document)
