"""The window's head: what is open, whether it is saved, the legend, and the way from mark to mark."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QToolButton, QWidget

from cqa_desktop.ui.legend import Legend


class Header(QWidget):
    """Quiet, and as high as it must be."""

    next_asked = Signal()
    previous_asked = Signal()

    def __init__(self, menu: QMenu) -> None:
        super().__init__()
        self.setObjectName("header")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 9, 18, 9)
        layout.setSpacing(10)
        self.menu_button = QToolButton()
        self.menu_button.setText("☰")
        self.menu_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.menu_button.setObjectName("flat")
        self.menu_button.setAccessibleName("Menu")
        self.menu_button.setMenu(menu)
        self._name = QLabel(textFormat=Qt.TextFormat.PlainText)
        self._name.setObjectName("name")
        self._saved = QLabel()
        self._saved.setObjectName("saved")
        self.legend = Legend()
        layout.addWidget(self.menu_button)
        layout.addWidget(self._name)
        layout.addWidget(self._saved)
        layout.addStretch(1)
        layout.addWidget(self.legend)
        layout.addSpacing(4)
        for text, says, signal in (
            ("‹", "Previous mark (Shift+F8)", self.previous_asked),
            ("›", "Next mark (F8)", self.next_asked),
        ):
            button = QToolButton()
            button.setText(text)
            button.setToolTip(says)
            button.setObjectName("flat")
            button.setAccessibleName(says)
            button.clicked.connect(signal)
            layout.addWidget(button)
            if text == "‹":
                key = QLabel("F8")
                key.setProperty("class", "quiet")
                layout.addWidget(key)
        layout.setStretchFactor(self.legend, 0)

    def show_name(self, name: str, saved: str) -> None:
        self._name.setText(name)
        self._saved.setText(saved)
