"""Tiny models with random weights, and a tokenizer of words to go with them."""

import torch
import transformers as tf
from tokenizers import Tokenizer, models, pre_tokenizers, processors

WORDS = (
    "the", "cat", "sat", "on", "a", "mat", "and", "saw", "dog", "run", "where", "is", "my",
    "refund",
)  # fmt: skip
SPECIAL = {"pad_token": "<pad>", "eos_token": "</s>", "unk_token": "<unk>", "bos_token": "<s>"}
VOCABULARY = {word: number for number, word in enumerate([*SPECIAL.values(), *WORDS])}
SIZE = len(VOCABULARY)


def tokenizer(*, end: bool = True) -> tf.PreTrainedTokenizerFast:
    """Words to ids; `end` puts "</s>" after each text, as T5 has it."""
    backend = Tokenizer(models.WordLevel(VOCABULARY, SPECIAL["unk_token"]))
    backend.pre_tokenizer = pre_tokenizers.Whitespace()
    if end:
        backend.post_processor = processors.TemplateProcessing(
            single="$A </s>", pair="$A </s> $B </s>", special_tokens=[("</s>", 1)]
        )
    return tf.PreTrainedTokenizerFast(
        tokenizer_object=backend, model_input_names=["input_ids", "attention_mask"], **SPECIAL
    )


IDS = {"vocab_size": SIZE, "pad_token_id": 0, "eos_token_id": 1, "bos_token_id": 3}
BART = {
    "d_model": 32, "encoder_layers": 2, "decoder_layers": 3, "encoder_attention_heads": 4,
    "decoder_attention_heads": 4, "encoder_ffn_dim": 32, "decoder_ffn_dim": 32,
    "max_position_embeddings": 64, "decoder_start_token_id": 0, "forced_eos_token_id": None,
}  # fmt: skip
LLAMA = {
    "hidden_size": 32, "intermediate_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4,
    "num_key_value_heads": 2,
}  # fmt: skip


WINDOW = 4
GEMMA3 = ["sliding_attention", "sliding_attention", "full_attention"]
"""The real one has five layers with a window to one without."""


def build(name: str) -> tf.PreTrainedModel:
    """A model of an architecture, always with the same weights."""
    torch.manual_seed(0)
    makers = {
        "t5": lambda: tf.T5ForConditionalGeneration(
            tf.T5Config(**IDS, d_model=32, d_kv=8, d_ff=64, num_layers=3, num_decoder_layers=2,
                        num_heads=4, decoder_start_token_id=0)),
        "bart": lambda: tf.BartForConditionalGeneration(tf.BartConfig(**IDS, **BART)),
        "marian": lambda: tf.MarianMTModel(tf.MarianConfig(**IDS, **BART)),
        "bert": lambda: tf.BertForSequenceClassification(
            tf.BertConfig(**IDS, hidden_size=32, num_hidden_layers=2, num_attention_heads=4,
                          intermediate_size=32, max_position_embeddings=32)),
        "distilbert": lambda: tf.DistilBertModel(
            tf.DistilBertConfig(**IDS, dim=32, n_layers=2, n_heads=4, hidden_dim=32)),
        "llama": lambda: tf.LlamaForCausalLM(tf.LlamaConfig(**IDS, **LLAMA)),
        "gpt2": lambda: tf.GPT2LMHeadModel(tf.GPT2Config(**IDS, n_embd=32, n_layer=2, n_head=4)),
        "bloom": lambda: tf.BloomForCausalLM(
            tf.BloomConfig(**IDS, hidden_size=32, n_layer=2, n_head=4)),
        "roberta": lambda: tf.RobertaForMaskedLM(
            tf.RobertaConfig(**IDS, hidden_size=32, num_hidden_layers=2, num_attention_heads=4,
                             intermediate_size=32, max_position_embeddings=34)),
        "qwen3": lambda: tf.Qwen3ForCausalLM(tf.Qwen3Config(**IDS, **LLAMA, head_dim=8)),
        "mistral": lambda: tf.MistralForCausalLM(
            tf.MistralConfig(**IDS, **LLAMA, sliding_window=WINDOW)),
        "gemma3": lambda: tf.Gemma3ForCausalLM(
            tf.Gemma3TextConfig(**IDS, **{**LLAMA, "num_hidden_layers": 3}, head_dim=8,
                                query_pre_attn_scalar=8, layer_types=GEMMA3,
                                sliding_window=WINDOW)),
        "mpt": lambda: tf.MptForCausalLM(
            tf.MptConfig(vocab_size=SIZE, d_model=32, n_heads=4, n_layers=2, expansion_ratio=2,
                         max_seq_len=64)),
        "modernbert": lambda: tf.ModernBertForMaskedLM(
            tf.ModernBertConfig(**IDS, hidden_size=32, num_hidden_layers=3, num_attention_heads=4,
                                intermediate_size=32, cls_token_id=3, sep_token_id=1,
                                local_attention=4)),
        "albert": lambda: tf.AlbertForMaskedLM(
            tf.AlbertConfig(**IDS, hidden_size=32, num_hidden_layers=3, num_attention_heads=4,
                            intermediate_size=32, embedding_size=32)),
        "falcon": lambda: tf.FalconForCausalLM(
            tf.FalconConfig(**IDS, hidden_size=32, num_hidden_layers=2, num_attention_heads=4)),
        "bart-classifier": lambda: tf.BartForSequenceClassification(
            tf.BartConfig(**IDS, **BART)),
        "led": lambda: tf.LEDForConditionalGeneration(
            tf.LEDConfig(**IDS, **{k: v for k, v in BART.items() if "position" not in k},
                         max_encoder_position_embeddings=64, max_decoder_position_embeddings=64,
                         attention_window=4)),
        "gpt-oss": lambda: tf.GptOssForCausalLM(
            tf.GptOssConfig(**IDS, **LLAMA, head_dim=8, num_local_experts=2,
                            num_experts_per_tok=1)),
        "whisper": lambda: tf.WhisperForConditionalGeneration(
            tf.WhisperConfig(**IDS, d_model=32, encoder_layers=1, decoder_layers=1,
                             encoder_attention_heads=2, decoder_attention_heads=2,
                             encoder_ffn_dim=16, decoder_ffn_dim=16, decoder_start_token_id=0)),
        "funnel": lambda: tf.FunnelModel(
            tf.FunnelConfig(vocab_size=SIZE, block_sizes=[1, 1], d_model=32, n_head=4, d_head=8,
                            d_inner=32)),
        "mamba": lambda: tf.MambaForCausalLM(
            tf.MambaConfig(**IDS, hidden_size=32, num_hidden_layers=2, state_size=4)),
        "gemma2": lambda: tf.Gemma2ForCausalLM(
            tf.Gemma2Config(**IDS, **LLAMA, head_dim=8, query_pre_attn_scalar=8)),
    }  # fmt: skip
    return makers[name]().eval()
