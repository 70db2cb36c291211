"""Peak memory while scoring with a vocabulary of 152,000: random weights of Qwen2.5-0.5B's shape."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import gguf
import numpy as np

from tests.benchmarks.common import Row, folder, novel

VOCABULARY, WIDTH, LAYERS, FEED_FORWARD, HEADS, KV_HEADS = 151_936, 896, 24, 4864, 14, 2
BUDGET = 600e6
CHILD = """
import resource, sys
from pathlib import Path
from cqa_desktop.engine.llama import LlamaModel
from cqa_desktop.engine.scorer import Scorer
from cqa_desktop.measure.calibration import Calibration
with LlamaModel(Path(sys.argv[1])) as model:
    Scorer(model, Calibration()).score(Path(sys.argv[2]).read_text(encoding="utf-8"))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
"""


def rows() -> list[Row]:
    """Peak resident memory, less the size of the model."""
    with folder() as place:
        model, text = _write(place / "qwen.gguf"), place / "text.txt"
        text.write_text(novel(350), encoding="utf-8")
        done = subprocess.run(
            [sys.executable, "-c", CHILD, str(model), str(text)], capture_output=True, text=True, check=True
        )
        peak, size = int(done.stdout), model.stat().st_size
    return [
        Row(
            "peak memory while scoring, vocabulary of 152k",
            f"model ({size / 1e6:,.0f} MB) + {(peak - size) / 1e6:,.0f} MB",
            "model + 600 MB",
            peak - size <= BUDGET,
        )
    ]


def _write(path: Path) -> Path:
    """Random Q8_0 blocks: what the weights are does not matter here."""
    random = np.random.default_rng(1)
    writer = gguf.GGUFWriter(path, "qwen2")
    writer.add_name("random, of the shape of Qwen2.5-0.5B")
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_Q8_0)
    writer.add_context_length(32_768)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(FEED_FORWARD)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KV_HEADS)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_rope_freq_base(1e6)
    writer.add_vocab_size(VOCABULARY)
    _add_vocabulary(writer)
    kv_width = WIDTH // HEADS * KV_HEADS

    def matrix(name: str, height: int, width: int) -> None:
        blocks = height * width // 32
        raw = np.empty((blocks, 34), np.uint8)
        raw[:, :2] = np.frombuffer(np.float16(0.0003).tobytes(), np.uint8)
        raw[:, 2:] = random.integers(0, 256, (blocks, 32), np.uint8)
        writer.add_tensor(name, raw.reshape(height, -1), raw_dtype=gguf.GGMLQuantizationType.Q8_0)

    matrix("token_embd.weight", VOCABULARY, WIDTH)
    writer.add_tensor("output_norm.weight", np.ones(WIDTH, np.float32))
    for layer in range(LAYERS):
        for name, height in (("attn_q", WIDTH), ("attn_k", kv_width), ("attn_v", kv_width)):
            matrix(f"blk.{layer}.{name}.weight", height, WIDTH)
            writer.add_tensor(f"blk.{layer}.{name}.bias", np.zeros(height, np.float32))
        matrix(f"blk.{layer}.attn_output.weight", WIDTH, WIDTH)
        matrix(f"blk.{layer}.ffn_gate.weight", FEED_FORWARD, WIDTH)
        matrix(f"blk.{layer}.ffn_up.weight", FEED_FORWARD, WIDTH)
        matrix(f"blk.{layer}.ffn_down.weight", WIDTH, FEED_FORWARD)
        for name in ("attn_norm", "ffn_norm"):
            writer.add_tensor(f"blk.{layer}.{name}.weight", np.ones(WIDTH, np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _add_vocabulary(writer: gguf.GGUFWriter) -> None:
    """The 256 bytes and some merges; the rest of the vocabulary is only rows."""
    alphabet = _bytes_to_letters()
    pairs = [(one, other) for one in "etaoinshrd" for other in "etaoinshrd"]
    tokens = [*alphabet, *(one + other for one, other in pairs), "<|endoftext|>"]
    tokens += [f"<|unused{index}|>" for index in range(VOCABULARY - len(tokens))]
    kinds = [gguf.TokenType.NORMAL] * (len(alphabet) + len(pairs)) + [gguf.TokenType.CONTROL]
    kinds += [gguf.TokenType.UNUSED] * (VOCABULARY - len(kinds))
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list(tokens)
    writer.add_token_types(kinds)
    writer.add_token_merges([f"{one} {other}" for one, other in pairs])
    writer.add_bos_token_id(len(alphabet) + len(pairs))
    writer.add_eos_token_id(len(alphabet) + len(pairs))
    writer.add_add_bos_token(False)


def _bytes_to_letters() -> list[str]:
    """The letters that stand for bytes in byte-level BPE."""
    shown = [*range(33, 127), *range(161, 173), *range(174, 256)]
    hidden = [byte for byte in range(256) if byte not in shown]
    return [chr(byte) for byte in shown] + [chr(256 + index) for index in range(len(hidden))]
