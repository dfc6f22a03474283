"""Engines that answer requests, and the constants of how fast they do.

Compiled engines of today share one launch overhead; what differs stands in a row of `ENGINES`. The
constants in `Pace` are fitted to `assets/facts/inference_runs.csv` by `core.cost.fit` and judged
with each family of models left out in `core.cost.backtest`.
"""

from dataclasses import dataclass

from core import table


@dataclass(frozen=True)
class Pace:
    """The constants of the formula; shares are of the data sheet's figure."""

    read_share: float = 0.885
    """Of the memory bandwidth, when weights and cache are read."""
    compute_share: float = 0.772
    """Of the peak, by wide matrix products."""
    half_width: float = 526
    """Hidden size (over tensor parallel) at which half of that is left."""
    expert_share: float = 0.837
    """Of that, for a mixture of experts."""
    score_flops_per_second: float = 5.58e12
    """Decoding attention: one query against the cache, hardly any reuse."""
    prompt_share: float = 0.912
    """Of the peak, the attention of a prompt."""
    step_seconds: float = 0.000239
    """Of each step: choosing tokens, the scheduler."""
    reduce_seconds: float = 2.89e-5
    """Until an all-reduce begins."""
    prompt_overlap: float = 0.84
    """Of the time of a prompt, what it takes among running requests."""
    compiled_launch: float = 9.89e-5
    """Of a layer in each step."""
    fastertransformer_launch: float = 0.000119
    nemo_launch: float = 0.000117
    gpt_fast_launch: float = 4.32e-5
    gpt_fast_read: float = 0.788
    gpt_fast_reduce: float = 8.92e-6
    gpt_fast_int8: float = 1.3
    """Times as much as its bytes does an 8-bit weight cost to read."""
    gpt_fast_int4: float = 1.47
    deepspeed_launch: float = 0.000266
    deepspeed_int8: float = 5.87
    accelerate_launch: float = 0.000891
    accelerate_int8: float = 2.69
    megatron_launch: float = 0.000253
    megatron_compute: float = 0.165
    eager_launch: float = 0.000554
    eager_int8: float = 1.81
    eager_int4: float = 1.76
    litgpt_launch: float = 0.000712
    litgpt_unpack: float = 0.000512
    """More of a layer in each step, where 4-bit weights are unpacked."""


PACE = Pace()


@dataclass(frozen=True)
class Engine:
    """An engine by the names of its constants in `Pace`; None = as read.

    `begins` is how the tables begin its name. `unfused` = the attention of a prompt writes its
    scores to memory. `in_turn` = the GPUs hold layers and work one after the other. `paged` =
    requests whose cache has no room wait for their turn; `held` = times the cache of a request's
    tokens that is reserved for it. `precisions` are those that it stores weights in. `backtested` =
    published A100 runs of it stand behind the constants.
    """

    name: str
    begins: str
    launch: str = "compiled_launch"
    read: str = "read_share"
    compute: str = "compute_share"
    reduce: str = "reduce_seconds"
    int8: str | None = None
    int4: str | None = None
    unpack: str | None = None
    unfused: bool = False
    in_turn: bool = False
    paged: bool = False
    held: float = 1.0
    precisions: tuple[str, ...] = ("fp16", "int8", "int4")
    backtested: bool = True


ENGINES = (
    Engine("tensorrt-llm", "TensorRT-LLM", paged=True),
    Engine("lmdeploy", "LMDeploy", paged=True),
    Engine("vllm", "vLLM", paged=True, backtested=False),
    Engine("nemo", "NeMo", "nemo_launch", precisions=("fp16",)),
    Engine("fastertransformer", "FasterTransformer", "fastertransformer_launch", unfused=True,
           precisions=("fp16", "int8")),
    Engine("gpt-fast", "gpt-fast", "gpt_fast_launch", "gpt_fast_read", reduce="gpt_fast_reduce",
           int8="gpt_fast_int8", int4="gpt_fast_int4"),
    Engine("deepspeed", "ds-inference", "deepspeed_launch", int8="deepspeed_int8", held=4.0,
           precisions=("fp16", "int8")),
    Engine("megatron-lm", "Megatron", "megatron_launch", compute="megatron_compute", unfused=True,
           precisions=("fp16",)),
    Engine("accelerate", "accelerate", "accelerate_launch", int8="accelerate_int8", in_turn=True,
           precisions=("fp16", "int8")),
    Engine("transformers", "HF", "eager_launch", int8="eager_int8", int4="eager_int4",
           in_turn=True, precisions=("fp16", "int8", "int4", "fp32")),
    Engine("litgpt", "LitGPT", "litgpt_launch", int8="eager_int8", unpack="litgpt_unpack",
           precisions=("fp16", "int8", "nf4", "nf4-dq", "fp32")),
    Engine("ctranslate2", "CTranslate2", precisions=("fp16", "int8", "fp32"), backtested=False),
)  # fmt: skip
DEFAULT_ENGINE = ENGINES[0]


def engine(name: str) -> Engine:
    """Look an engine up.

    Raises:
        NotFound: There is none of that name; the message lists the known ones.
    """
    return table.find(ENGINES, name, "engine")
