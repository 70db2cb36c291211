"""What a critique is asked about: the words that are selected, or the passage at the caret."""

from __future__ import annotations

from cqa_desktop.text.offsets import Utf16Map
from cqa_desktop.text.paragraphs import paragraphs
from cqa_desktop.text.sentences import sentences
from cqa_desktop.text.spans import Span
from cqa_desktop.ui.editor import DraftEditor
from cqa_desktop.ui.score_store import ScoreStore


def passage_at_caret(editor: DraftEditor, store: ScoreStore, text: str) -> Span | None:
    """A stretch of `text`, the editor's, in code points and without white space around it; None if there is none."""
    offsets = Utf16Map(text)
    cursor = editor.textCursor()
    if cursor.hasSelection():
        start, end = (offsets.to_code_points(at) for at in (cursor.selectionStart(), cursor.selectionEnd()))
        return _trimmed(text, start, end)
    shown = store.passage_at(cursor.position())
    if shown is not None:
        return _trimmed(text, offsets.to_code_points(shown.start), offsets.to_code_points(shown.end))
    at = offsets.to_code_points(cursor.position())
    paragraph = next((one for one in paragraphs(text) if one.start <= at <= one.end), None)
    found = [one for one in sentences(text, paragraph) if one.start <= at <= one.end] if paragraph else []
    return found[-1] if found else None


def _trimmed(text: str, start: int, end: int) -> Span | None:
    piece = text[start:end]
    left, right = len(piece) - len(piece.lstrip()), len(piece.rstrip())
    return Span(start + left, start + right) if right > left else None
