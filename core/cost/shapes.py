"""Shapes of models that published runs name, from their public configurations.

A name is compared by its letters, digits and decimal points alone: "LLaMA-7B", "Llama 7 B" and
"llama7b-chat" all begin with "llama7b". The longest name that a text begins with is the model.
"""

import re
from dataclasses import replace
from functools import lru_cache

from core.models.catalog import CATALOG
from core.models.shape import Shape

T5 = next(row.shape for row in CATALOG if row.name == "t5-large")


def decoder(
    layers: int, hidden: int, heads: int, vocab: int, *, kv_heads: int | None = None,
    ffn: int | None = None, gated: bool = False, tied: bool = False, head_dim: int | None = None,
    experts: int = 1, active: int = 1,
) -> Shape:  # fmt: skip
    """A decoder; without `ffn` its feed-forward blocks are four times as wide as it."""
    return Shape(
        family="decoder",
        layers=layers,
        hidden=hidden,
        heads=heads,
        kv_heads=kv_heads or heads,
        head_dim=head_dim or hidden // heads,
        ffn=ffn or 4 * hidden,
        gated_mlp=gated,
        vocab=vocab,
        tied_embeddings=tied,
        positions="rope",
        experts=experts,
        experts_active=active,
    )


def _llama(layers: int, hidden: int, heads: int, ffn: int, vocab: int = 32000,
           kv_heads: int | None = None, *, tied: bool = False) -> Shape:  # fmt: skip
    return decoder(layers, hidden, heads, vocab, kv_heads=kv_heads, ffn=ffn, gated=True, tied=tied)


def _gpt(layers: int, hidden: int, heads: int, vocab: int = 51200, *, tied: bool = True) -> Shape:
    return decoder(layers, hidden, heads, vocab, tied=tied)


def _t5(layers: int, hidden: int, heads: int, ffn: int, vocab: int = 32128) -> Shape:
    return replace(
        T5, layers=layers, encoder_layers=layers, hidden=hidden, heads=heads, kv_heads=heads,
        head_dim=64, ffn=ffn, gated_mlp=True, tied_embeddings=False, vocab=vocab,
    )  # fmt: skip


_LLAMA_7B, _LLAMA_13B = _llama(32, 4096, 32, 11008), _llama(40, 5120, 40, 13824)
_LLAMA_2_70B = _llama(80, 8192, 64, 28672, kv_heads=8)
_LLAMA_3_8B = _llama(32, 4096, 32, 14336, 128256, 8)
_LLAMA_3_70B = _llama(80, 8192, 64, 28672, 128256, 8)
_MISTRAL = _llama(32, 4096, 32, 14336, kv_heads=8)
_MIXTRAL = replace(_MISTRAL, experts=8, experts_active=2)
_GRANITE_8B = _llama(40, 4096, 32, 12800, 49155, 8, tied=True)
_GRANITE_2B = _llama(40, 2048, 32, 8192, 49155, 8, tied=True)

_ROWS: tuple[tuple[str, Shape], ...] = (
    ("llama-7b vicuna-7b alpaca-7b llama-2-7b codellama-7b granite-7b", _LLAMA_7B),
    ("llama-13b vicuna-13b llama-2-13b codellama-13b", _LLAMA_13B),
    ("llama-30b llama-33b", _llama(60, 6656, 52, 17920)),
    ("llama-65b", _llama(80, 8192, 64, 22016)),
    ("llama-70b llama-2-70b codellama-70b platypus-70b", _LLAMA_2_70B),
    ("codellama-34b", _llama(48, 8192, 64, 22016, kv_heads=8)),
    ("llama-3-8b llama-3.1-8b meta-llama-3-8b meta-llama-3.1-8b", _LLAMA_3_8B),
    ("llama-3-70b llama-3.1-70b llama-3.3-70b meta-llama-3-70b meta-llama-3.1-70b", _LLAMA_3_70B),
    ("llama-3.1-405b", _llama(126, 16384, 128, 53248, 128256, 8)),
    ("llama-3.2-1b", decoder(16, 2048, 32, 128256, kv_heads=8, ffn=8192, gated=True, tied=True)),
    ("llama-3.2-3b", _llama(28, 3072, 24, 8192, 128256, 8, tied=True)),
    ("tinyllama-1.1b tinyllama", _llama(22, 2048, 32, 5632, kv_heads=4)),
    ("mistral-7b zephyr-7b", _MISTRAL),
    ("mixtral-8x7b", _MIXTRAL),
    ("mixtral-8x22b", replace(_llama(56, 6144, 48, 16384, 32768, 8), experts=8, experts_active=2)),
    ("gpt-1.3b gpt-3-1.3b", _gpt(24, 2048, 16)),
    ("gpt-2.7b", _gpt(32, 2560, 32)),
    ("gpt-6.7b", _gpt(32, 4096, 32)),
    ("gpt-13b 13b-kipply", _gpt(40, 5120, 40)),
    ("gpt-20b", _gpt(44, 6144, 64)),
    ("gpt-89b", _gpt(48, 12288, 96)),
    ("gpt-175b gpt-3-175b", _gpt(96, 12288, 96)),
    ("gpt-530b mt-nlg-530b", _gpt(105, 20480, 128)),
    ("gpt-2-124m", _gpt(12, 768, 12, 50257)),
    ("gpt-2-350m gpt-2-medium", _gpt(24, 1024, 16, 50257)),
    ("gpt-2-774m gpt-2-large", _gpt(36, 1280, 20, 50257)),
    ("gpt-2-1.5b gpt-2-1558m gpt-2-xl", _gpt(48, 1600, 25, 50257)),
    ("gpt-j-6b gptj-6b", _gpt(28, 4096, 16, 50400, tied=False)),
    ("gpt-neox-20b gptneox-20b", _gpt(44, 6144, 64, 50432, tied=False)),
    ("gpt-neo-2.7b", _gpt(32, 2560, 20, 50257)),
    ("pythia-160m", _gpt(12, 768, 12, 50304, tied=False)),
    ("pythia-410m", _gpt(24, 1024, 16, 50304, tied=False)),
    ("pythia-1b pythia-1.0b", _gpt(16, 2048, 8, 50304, tied=False)),
    ("pythia-1.4b", _gpt(24, 2048, 16, 50304, tied=False)),
    ("pythia-2.8b redpajama-3b", _gpt(32, 2560, 32, 50304, tied=False)),
    ("pythia-6.9b", _gpt(32, 4096, 32, 50432, tied=False)),
    ("pythia-12b dolly-12b", _gpt(36, 5120, 40, 50688, tied=False)),
    ("opt-125m", _gpt(12, 768, 12, 50272)),
    ("opt-1.3b", _gpt(24, 2048, 32, 50272)),
    ("opt-2.7b", _gpt(32, 2560, 32, 50272)),
    ("opt-6.7b", _gpt(32, 4096, 32, 50272)),
    ("opt-13b", _gpt(40, 5120, 40, 50272)),
    ("opt-30b", _gpt(48, 7168, 56, 50272)),
    ("opt-66b", _gpt(64, 9216, 72, 50272)),
    ("opt-175b", _gpt(96, 12288, 96, 50272)),
    ("bloom-560m bloomz-560m", _gpt(24, 1024, 16, 250880)),
    ("bloom-1b7 bloomz-1b7", _gpt(24, 2048, 16, 250880)),
    ("bloom-3b bloomz-3b", _gpt(30, 2560, 32, 250880)),
    ("bloom-7b1 bloomz-7b1", _gpt(30, 4096, 32, 250880)),
    ("bloom-176b bloomz-176b", _gpt(70, 14336, 112, 250880)),
    ("mpt-7b", _gpt(32, 4096, 32, 50432)),
    ("mpt-30b", _gpt(48, 7168, 64, 50432)),
    ("falcon-7b", decoder(32, 4544, 71, 65024, kv_heads=1)),
    ("falcon-40b", decoder(60, 8192, 128, 65024, kv_heads=8)),
    ("falcon-180b", decoder(80, 14848, 232, 65024, kv_heads=8)),
    ("stablelm-alpha-3b stablelm-3b", _gpt(16, 4096, 32, 50432, tied=False)),
    ("stablelm-alpha-7b", _gpt(16, 6144, 48, 50432, tied=False)),
    ("qwen-1.8b", _llama(24, 2048, 16, 5504, 151936)),
    ("qwen-7b", _llama(32, 4096, 32, 11008, 151936)),
    ("qwen-14b", _llama(40, 5120, 40, 13696, 152064)),
    ("qwen-72b", _llama(80, 8192, 64, 24576, 152064)),
    ("qwen2-7b qwen2.5-7b", _llama(28, 3584, 28, 18944, 152064, 4)),
    ("qwen2-72b qwen2.5-72b", _llama(80, 8192, 64, 29568, 152064, 8)),
    ("qwen2.5-0.5b", _llama(24, 896, 14, 4864, 151936, 2, tied=True)),
    ("qwen2.5-1.5b", _llama(28, 1536, 12, 8960, 151936, 2, tied=True)),
    ("qwen2.5-3b", _llama(36, 2048, 16, 11008, 151936, 2, tied=True)),
    ("qwen2.5-14b", _llama(48, 5120, 40, 13824, 152064, 8)),
    ("qwen2.5-32b", _llama(64, 5120, 40, 27648, 152064, 8)),
    ("internlm-7b", _llama(32, 4096, 32, 11008, 103168)),
    ("internlm-20b", _llama(60, 5120, 40, 13824, 103168)),
    ("baichuan-7b", _llama(32, 4096, 32, 11008, 64000)),
    ("baichuan-13b", _llama(40, 5120, 40, 13696, 64000)),
    ("chatglm2-6b chatglm3-6b", _llama(28, 4096, 32, 13696, 65024, 2)),
    ("yi-6b", _llama(32, 4096, 32, 11008, 64000, 4)),
    ("yi-34b", _llama(60, 7168, 56, 20480, 64000, 8)),
    ("granite-3-8b granite-3.0-8b granite-3.1-8b granite-3.2-8b granite-3.3-8b", _GRANITE_8B),
    ("granite-3-2b granite-3.0-2b granite-3.1-2b granite-3.2-2b granite-3.3-2b", _GRANITE_2B),
    ("granite-8b-code", _llama(36, 4096, 32, 14336, 49152, 8, tied=True)),
    ("granite-3b-code", _llama(32, 2560, 32, 10240, 49152, tied=True)),
    ("granite-20b", decoder(52, 6144, 48, 49152, kv_heads=1, tied=True)),
    ("granite-34b", decoder(88, 6144, 48, 49152, kv_heads=1, tied=True)),
    ("gemma-2b", decoder(18, 2048, 8, 256000, kv_heads=1, ffn=16384, gated=True, tied=True,
                         head_dim=256)),
    ("gemma-7b", decoder(28, 3072, 16, 256000, ffn=24576, gated=True, tied=True, head_dim=256)),
    ("phi-1 phi-1.5", _gpt(24, 2048, 32, 51200, tied=False)),
    ("phi-2", _gpt(32, 2560, 32, 51200, tied=False)),
    ("phi-3-mini", _llama(32, 3072, 32, 8192, 32064)),
    ("starcoder-15b starcoderbase starcoder", decoder(40, 6144, 48, 49152, kv_heads=1, tied=True)),
    ("starcoder2-3b", decoder(30, 3072, 24, 49152, kv_heads=2, tied=True)),
    ("starcoder2-7b", decoder(32, 4608, 36, 49152, kv_heads=4, tied=True)),
    ("starcoder2-15b", decoder(40, 6144, 48, 49152, kv_heads=4, tied=True)),
    ("deepseek-7b", _llama(30, 4096, 32, 11008, 102400)),
    ("deepseek-67b", _llama(95, 8192, 64, 22016, 102400, 8)),
    ("alexatm-20b", replace(_t5(32, 4096, 32, 16384, 150_000), encoder_layers=46, head_dim=128,
                            gated_mlp=False, tied_embeddings=True)),
    ("ul2-20b flan-ul2", replace(_t5(32, 4096, 16, 16384), head_dim=256)),
    ("glm-130b", _llama(70, 12288, 96, 32768, 150528, tied=True)),
    ("bloomberggpt-50b", _gpt(70, 7680, 40, 131072)),
    ("galactica-6.7b", _gpt(32, 4096, 32, 50000)),
    ("galactica-30b", _gpt(48, 7168, 56, 50000)),
    ("galactica-120b", _gpt(96, 10240, 80, 50000)),
    ("open-llama-3b", _llama(26, 3200, 32, 8640)),
    ("open-llama-7b", _LLAMA_7B),
    ("open-llama-13b", _LLAMA_13B),
    ("olmo-1b", _llama(16, 2048, 16, 8192, 50304, tied=True)),
    ("olmo-7b", _llama(32, 4096, 32, 11008, 50304)),
    ("xgen-7b", _llama(32, 4096, 32, 11008, 51200)),
    ("redpajama-7b redpajama-incite-7b", _gpt(32, 4096, 32, 50432, tied=False)),
    ("redpajama-incite-3b", _gpt(32, 2560, 32, 50432, tied=False)),
    ("codegen-16b", _gpt(34, 6144, 24, 51200, tied=False)),
    ("santacoder", decoder(24, 2048, 16, 49280, kv_heads=1, tied=True)),
    ("t0-3b flan-t5-xl t5-xl t5-3b", _t5(24, 2048, 32, 5120)),
    ("flan-t5-xxl t5-xxl t5-11b", _t5(24, 4096, 64, 10240)),
    ("mt0-xl", _t5(24, 2048, 32, 5120, 250112)),
    ("mt0-xxl", _t5(24, 4096, 64, 10240, 250112)),
)  # fmt: skip
"""Names, and the shape that they share."""


def _key(name: str) -> str:
    return re.sub(r"(?<!\d)\.|\.(?!\d)|[^a-z0-9.]", "", name.casefold())


_BY_KEY = {
    **{_key(model.name): model.shape for model in CATALOG if not model.name.startswith("starter")},
    **{_key(name): shape for names, shape in _ROWS for name in names.split()},
}


@lru_cache(maxsize=1024)
def named(text: str) -> Shape | None:
    """The shape of a model that a text names; None for one that is not known."""
    key = _key(text)
    found = max((known for known in _BY_KEY if key.startswith(known)), key=len, default=None)
    return _BY_KEY[found] if found else None
