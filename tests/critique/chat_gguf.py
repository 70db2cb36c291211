"""A tiny model with random weights, in the shape of one that follows instructions: GGUF by our own converter."""

from __future__ import annotations

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "trainer"))  # bases.py

from bases import CHAT, tiny_base


def chat_model(
    folder: Path, *, context: int = 4096, template: str | None = CHAT, metadata: dict[str, str | bool] | None = None
) -> Path:
    """Write it; it answers with nonsense."""
    from trainer.convert.convert import convert_checkpoint

    base = tiny_base(folder / "base", chat=True)
    config = base / "config.json"
    settings = json.loads(config.read_text(encoding="utf-8")) | {"max_position_embeddings": context}
    config.write_text(json.dumps(settings), encoding="utf-8")
    out = folder / "chat.gguf"
    return convert_checkpoint(
        base, out, name="tiny chat", metadata=metadata or {}, stop="<|im_end|>", chat_template=template
    )
