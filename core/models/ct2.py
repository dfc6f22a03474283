"""Models of CTranslate2: opened from a folder, and asked for tokens, labels or likelihoods.

The folder is flat: model.bin and its vocabulary, the tokenizer, head.safetensors of a classifier,
and one config.json that holds what Transformers calls the model and what CTranslate2 needs. No
torch: on a small device its import alone takes more memory than such a model.
"""

import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import ctranslate2
import numpy as np
from numpy.typing import NDArray
from safetensors import safe_open

from core.errors import BadInput
from core.models.shape import Family, from_config
from core.units import MIB

HEAD = "head.safetensors"
VERSION: str = ctranslate2.__version__
SMALL_BYTES = 32 * MIB
"""Of a model this small a step is too short to be shared out: one thread is quickest."""
Array = NDArray[Any]
_ACTIVATIONS: dict[str, Callable[[Array], Array]] = {
    "none": lambda values: values,
    "tanh": np.tanh,
    "relu": lambda values: np.maximum(values, 0),
}


class Ct2Model:
    """An opened model. Its tokenizer is the caller's: tokens go in and come out.

    Args:
        folder: As `core.work.convert` writes it.
        threads: That compute; None = `threads_for` its size.

    Raises:
        BadInput: CTranslate2 cannot open it.
    """

    def __init__(self, folder: Path, threads: int | None = None) -> None:
        self.threads = threads or threads_for(folder)
        self.config: dict[str, Any] = json.loads((folder / "config.json").read_text("utf-8"))
        self.family: Family = from_config(self.config).family
        made = {"encoder-decoder": ctranslate2.Translator, "decoder": ctranslate2.Generator,
                "encoder": ctranslate2.Encoder}[self.family]  # fmt: skip
        on_gpu = ctranslate2.get_cuda_device_count() > 0
        try:
            self._model = made(
                str(folder), device="cuda" if on_gpu else "cpu", intra_threads=self.threads
            )
        except (RuntimeError, ValueError) as error:
            raise BadInput(
                f"CTranslate2 cannot open {str(folder)!r} ({str(error).splitlines()[0][:200]}); "
                "make the variant again."
            ) from None
        self._head = _Head(folder / HEAD) if (folder / HEAD).is_file() else None
        self._ends = _ends(folder, self.config)

    @property
    def device(self) -> str:
        """The device that computes: "cpu" or "cuda"."""
        return str(self._model.device)

    @property
    def compute_type(self) -> str:
        """What it computes in: "float32", "int8_float32"."""
        return str(self._model.compute_type)

    def write(self, rows: Sequence[Sequence[str]], limit: int, beams: int = 1) -> list[list[str]]:
        """What is written after each row of tokens, the likeliest, at most `limit` tokens."""
        ends: Any = self._ends or None
        if self.family == "encoder-decoder":
            found = self._model.translate_batch(
                list(map(list, rows)), beam_size=beams, max_decoding_length=limit,
                max_input_length=0, end_token=ends,
            )  # fmt: skip
            return [one.hypotheses[0] for one in found]
        given = self._model.generate_batch(
            list(map(list, rows)), beam_size=beams, sampling_topk=1, max_length=limit,
            include_prompt_in_result=False, end_token=ends,
        )  # fmt: skip
        return [one.sequences[0] for one in given]

    def nats(self, rows: Sequence[tuple[list[str], list[str]]]) -> list[float]:
        """−ln p of what should come after each row, summed over its tokens.

        An encoder-decoder adds the token that ends a target itself.
        """
        if self.family == "encoder-decoder":
            found = self._model.score_batch([read for read, _ in rows], [t[:-1] for _, t in rows])
            return [-float(sum(one.log_probs)) for one in found]
        given = self._model.score_batch([read + told for read, told in rows])
        return [
            -float(sum(one.log_probs[-len(told) :]))
            for one, (_, told) in zip(given, rows, strict=True)
        ]

    def logits(self, rows: Sequence[Sequence[int]]) -> Array:
        """Of a classifier, (rows, labels).

        Raises:
            BadInput: It has no head.
        """
        if self._head is None:
            raise BadInput("This CTranslate2 encoder has no head for labels; make it again.")
        made = self._model.forward_batch(list(map(list, rows)))
        return self._head(made)


class _Head:
    """What a classifier has behind its encoder: one or two layers, computed here."""

    def __init__(self, path: Path) -> None:
        with safe_open(path, "numpy") as file:
            said = file.metadata()
            self._from = said["from"]
            self._layers = [
                (file.get_tensor(f"{n}.weight"), file.get_tensor(f"{n}.bias"), _ACTIVATIONS[name])
                for n, name in enumerate(said["activations"].split(","))
            ]

    def __call__(self, encoded: Any) -> Array:
        if self._from == "pooler":
            values = np.array(encoded.pooler_output)
        else:
            values = np.array(encoded.last_hidden_state)[:, 0]
        for weight, bias, activation in self._layers:
            values = activation(values @ weight.T + bias)
        return np.asarray(values, np.float32)


def precision_of(compute_type: str) -> str:
    """What CTranslate2 computes in, by the name that the cost engine has for it."""
    if compute_type.startswith("int8"):
        return "int8"
    return "fp32" if compute_type == "float32" else "fp16"


def threads_for(folder: Path) -> int:
    """How many threads compute: OMP_NUM_THREADS if set, one for a small model, else every core."""
    weights = folder / "model.bin"
    small = weights.is_file() and weights.stat().st_size < SMALL_BYTES
    return 1 if small and "OMP_NUM_THREADS" not in os.environ else cores()


def cores() -> int:
    """Cores this process may use, unless OMP_NUM_THREADS says otherwise."""
    if said := os.environ.get("OMP_NUM_THREADS"):
        return max(1, int(said))
    affinity: Callable[[int], set[int]] | None = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def _ends(folder: Path, config: dict[str, Any]) -> list[int]:
    """The tokens that end an answer, as generation is told; none where no end is known."""
    path = folder / "generation_config.json"
    said = json.loads(path.read_text("utf-8")) if path.is_file() else {}
    found = said.get("eos_token_id", config.get("eos_token_id"))
    return [] if found is None else [found] if isinstance(found, int) else list(found)
