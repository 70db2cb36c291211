"""The main window's side of the studio: opens it on the passage at hand, and closes it with the draft."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cqa_desktop.text.offsets import Utf16Map
from cqa_desktop.ui.bridge import EngineBridge
from cqa_desktop.ui.editor import DraftEditor
from cqa_desktop.ui.scoring import Scoring
from cqa_desktop.ui.theme import LIGHT, Theme

if TYPE_CHECKING:
    from cqa_desktop.ui.teach.window import TeachWindow


class TeachDesk:
    """There is one studio, made when it is first asked for: the start of the app need not wait for it."""

    def __init__(self, editor: DraftEditor, scoring: Scoring, bridge: EngineBridge) -> None:
        self._editor = editor
        self._scoring = scoring
        self._bridge = bridge
        self._theme: Theme = LIGHT
        self.window: TeachWindow | None = None

    def open(self) -> None:
        """Show the studio with the selection of the draft, or with the paragraph at the caret."""
        from cqa_desktop.ui.teach.studio import cleaned
        from cqa_desktop.ui.teach.window import TeachWindow

        if self.window is None:
            self.window = TeachWindow(self._bridge, self._theme)
        self.window.show()
        self.window.raise_()
        self.window.activateWindow()
        text = self._editor.text()
        offsets = Utf16Map(text)
        cursor = self._editor.textCursor()
        start, end = (offsets.to_code_points(at) for at in (cursor.selectionStart(), cursor.selectionEnd()))
        parts = [cleaned(part) for part in (text[:start], text[start:end], text[end:])]
        begin = len(parts[0])
        self.window.begin_from("".join(parts), begin, begin + len(parts[1]), self._scoring.brief)

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        if self.window is not None:
            self.window.set_theme(theme)

    def close(self) -> bool:
        """Close the studio; False if whoever uses it would rather not."""
        if self.window is None:
            return True
        if not self.window.close():
            return False
        self.window.deleteLater()
        self.window = None
        return True
