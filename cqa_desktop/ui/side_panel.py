"""The panel at the right: tabs over pages."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QStackedWidget, QTabBar, QVBoxLayout, QWidget

WIDTH = 356


class SidePanel(QWidget):
    """Pages are added once, in the order of their tabs."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedWidth(WIDTH)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        head = QWidget()
        head.setObjectName("tabs")
        head.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        inside = QVBoxLayout(head)
        inside.setContentsMargins(20, 0, 20, 0)
        self._tabs = QTabBar(drawBase=False, expanding=False)
        inside.addWidget(self._tabs)
        self._pages = QStackedWidget()
        layout.addWidget(head)
        layout.addWidget(self._pages, 1)
        self._tabs.currentChanged.connect(self._pages.setCurrentIndex)

    def add(self, title: str, page: QWidget) -> None:
        self._pages.addWidget(page)
        self._tabs.addTab(title)

    def show_page(self, page: QWidget, *, keyboard: bool = True) -> None:
        """Turn to a page, and give it the keyboard or leave that where it is."""
        self._tabs.setCurrentIndex(self._pages.indexOf(page))
        self.show()
        if keyboard:
            page.setFocus()
