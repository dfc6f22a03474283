"""Encoder-decoder models by CTranslate2. It needs neither torch nor, mostly, Transformers."""

import math
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import ctranslate2

from core.deploy.engine import (
    BatchEngine,
    Emit,
    EngineAnswer,
    EngineInfo,
    EngineRequest,
    EngineSpec,
    too_long,
)
from core.deploy.engine_tokens import Light, Splitter
from core.deploy.pieces import Pieces
from core.errors import BadInput
from core.models.ct2 import cores, precision_of, threads_for

DEFAULT_TOKENS = 128
"""Longest answer where nobody says."""
MOST_TOKENS = 512
WIDE_ROWS = 8
"""From so many rows on, more threads may be quicker."""
GAIN = 1.2
"""So many times quicker they must be."""
PROBE = "Please send us the signed contract by Friday, 12 March, at the latest."
PROBE_TOKENS, TIMES = 16, 4


class Translator(BatchEngine):
    """A converted encoder-decoder."""

    def __init__(self, spec: EngineSpec, splitter: Splitter) -> None:
        """Load the converted model.

        Raises:
            BadInput: The folder holds no model that CTranslate2 can read.
        """
        super().__init__()
        cuda = ctranslate2.get_cuda_device_count() > 0
        folder = Path(str(spec.converted))
        # Of so small a model that one thread is quickest for few rows, many may want all cores.
        narrow, wide = threads_for(folder), cores()
        self._model = self._wide = _opened(spec, narrow, cuda=cuda)
        self._splitter, self._data = splitter, spec.data
        if narrow != wide:
            self._wide = self._quicker(self._model, _opened(spec, wide, cuda=cuda))
        self.info = EngineInfo(
            spec.name, "ctranslate2", self._data.task, "cuda" if cuda else "cpu",
            spec.context_tokens, MOST_TOKENS, spec.max_batch, writes=True, streams=True,
            samples=True, seeds=False, embeds=False, chats=False, tuned_on=spec.tuned_on,
            precision=precision_of(self._model.compute_type),
        )  # fmt: skip

    def _quicker(self, narrow: Any, wide: Any) -> Any:
        """What answers many rows: whether more threads pay differs by ten between machines.

        The server needs a core as well, so that more threads must gain something that counts.
        """
        rows = self._splitter.split([PROBE] * 2 * WIDE_ROWS)
        seconds = []
        for model in (narrow, wide):
            took = []
            for _ in range(TIMES):
                started = time.perf_counter()
                model.translate_batch(rows, beam_size=1, min_decoding_length=PROBE_TOKENS,
                                      max_decoding_length=PROBE_TOKENS)  # fmt: skip
                took.append(time.perf_counter() - started)
            seconds.append(min(took))
        return wide if seconds[1] * GAIN < seconds[0] else narrow

    def batch(self, requests: list[EngineRequest], emit: Emit) -> None:
        """Answer requests: the greedy ones together, each that draws by itself."""
        tokens = self._splitter.split([self._data.model_input(r.example) for r in requests])
        most = self.info.context_tokens
        fits = []
        for request, row in zip(requests, tokens, strict=True):
            if len(row) > most:
                emit([("error", request.id, too_long(len(row), most))])
            else:
                fits.append((request, row))
        greedy = [pair for pair in fits if pair[0].temperature == 0]
        if greedy:
            self._write(greedy, emit, {})
        for pair in fits:
            if pair[0].temperature > 0:
                self._write([pair], emit, _drawing(pair[0]))

    def _write(
        self, rows: Sequence[tuple[EngineRequest, list[str]]], emit: Emit, how: dict[str, Any]
    ) -> None:
        limits = [request.max_tokens or DEFAULT_TOKENS for request, _ in rows]
        watch = _Watch(self, [request for request, _ in rows], limits, self._splitter, emit)
        # A call of Python for each token costs a tenth: only where something may come of it.
        looked_at = len(set(limits)) > 1 or any(r.stream or r.stop for r, _ in rows)
        model = self._wide if len(rows) >= WIDE_ROWS else self._model
        found = model.translate_batch(
            [tokens for _, tokens in rows], beam_size=1, return_scores=True, max_input_length=0,
            max_decoding_length=max(limits), callback=watch.step if looked_at else None, **how,
        )  # fmt: skip
        emit([
            ("answer", request.id, watch.answer(number, len(tokens), result))
            for number, ((request, tokens), result) in enumerate(zip(rows, found, strict=True))
        ])  # fmt: skip


class _Watch:
    """Looks at each token of a batch as it is written: streams it, or ends the row."""

    def __init__(
        self, engine: Translator, requests: Sequence[EngineRequest], limits: Sequence[int],
        splitter: Splitter, emit: Emit,
    ) -> None:  # fmt: skip
        self._dropped, self._splitter, self._emit = engine.dropped, splitter, emit
        self._requests, self._limits = requests, limits
        self._pieces = [
            Pieces(splitter.join, r.stop) if r.stream or r.stop else None for r in requests
        ]

    def step(self, result: Any) -> bool:
        """Whether the row ends with this token."""
        number = result.batch_id
        request, pieces = self._requests[number], self._pieces[number]
        if pieces is not None and not result.is_last:
            piece = pieces.add(result.token_id)
            if piece and request.stream:
                self._emit([("piece", request.id, piece)])
            if pieces.stopped:
                return True
        return request.id in self._dropped or result.step + 1 >= self._limits[number]

    def answer(self, number: int, input_tokens: int, result: Any) -> EngineAnswer:
        """The row's answer, when all have ended."""
        request, pieces = self._requests[number], self._pieces[number]
        tokens = result.hypotheses[0]
        if pieces is None:
            text = self._splitter.join(self._splitter.ids(tokens)).strip()
        else:
            rest = pieces.finish()
            if rest and request.stream:
                self._emit([("piece", request.id, rest)])
            text = pieces.text
        cut = len(tokens) >= self._limits[number] and not (pieces and pieces.stopped)
        return EngineAnswer(
            text, input_tokens, len(tokens), "length" if cut else "stop",
            round(math.exp(min(0.0, result.scores[0])), 6),
        )  # fmt: skip


def _drawing(request: EngineRequest) -> dict[str, Any]:
    # A seed is not taken: CTranslate2 reads it once for each of its threads, not for each call.
    return {"sampling_topk": 0, "sampling_topp": request.top_p,
            "sampling_temperature": request.temperature}  # fmt: skip


def _opened(spec: EngineSpec, computing: int, *, cuda: bool) -> Any:
    """The converted model, with so many threads.

    Raises:
        BadInput: The folder holds no model that CTranslate2 can read.
    """
    try:
        return ctranslate2.Translator(
            str(spec.converted), device="cuda" if cuda else "cpu", inter_threads=1,
            intra_threads=computing,
        )  # fmt: skip
    except (RuntimeError, ValueError) as error:
        first = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
        raise BadInput(
            f"{spec.name} cannot be read by CTranslate2 ({first}); the converted model is "
            "damaged: make it again."
        ) from None


def load(spec: EngineSpec) -> Translator:
    """The engine of a converted model."""
    if spec.tokenizer == "light":
        return Translator(spec, Light(Path(spec.folder)))
    # Here, and not above: it loads Transformers, which most models do not need.
    from core.deploy.engine_full import splitter

    return Translator(spec, splitter(spec))
