"""One-line messages across the top of the window, each with what can be done about it. None stops the writing."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

Action = tuple[str, Callable[[], object]]
MOST = 3


class Notices(QWidget):
    """A stack of messages; the oldest goes when there are too many, or the same is said again."""

    def __init__(self) -> None:
        super().__init__()
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(0)
        self._rows: dict[str, QWidget] = {}

    def tell(self, message: str, actions: Sequence[Action] = ()) -> None:
        """Show a message with buttons; each button also takes the message away."""
        self.dismiss(message)
        row = QWidget()
        row.setObjectName("notice")
        row.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        layout = QHBoxLayout(row)
        layout.setContentsMargins(18, 7, 12, 7)
        label = QLabel(message, wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        layout.addWidget(label, 1)
        for name, run in actions:
            button = QPushButton(name)
            button.clicked.connect(lambda: self.dismiss(message))
            button.clicked.connect(lambda _on=False, run=run: run())
            layout.addWidget(button)
        close = QPushButton("Dismiss")
        close.setObjectName("flat")
        close.clicked.connect(lambda: self.dismiss(message))
        layout.addWidget(close)
        self._rows[message] = row
        self._layout.addWidget(row)
        while len(self._rows) > MOST:
            self.dismiss(next(iter(self._rows)))

    def dismiss(self, message: str) -> None:
        """Take a message away, if it is there."""
        row = self._rows.pop(message, None)
        if row is not None:
            self._layout.removeWidget(row)
            row.hide()
            row.deleteLater()

    def messages(self) -> list[str]:
        """What is shown, oldest first."""
        return list(self._rows)
