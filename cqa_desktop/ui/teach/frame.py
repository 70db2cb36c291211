"""The studio's parts and where they stand: the passage on paper at the left, pages at the right."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QMainWindow,
    QMenu,
    QPlainTextEdit,
    QStackedWidget,
    QTabBar,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from cqa_desktop.ui.bridge import EngineBridge
from cqa_desktop.ui.labels import button
from cqa_desktop.ui.notices import Notices
from cqa_desktop.ui.teach.details_page import DetailsPage
from cqa_desktop.ui.teach.interview_page import InterviewPage
from cqa_desktop.ui.teach.judgment_page import JudgmentPage
from cqa_desktop.ui.teach.passage_pane import PassagePane
from cqa_desktop.ui.teach.set_page import SetPage
from cqa_desktop.ui.teach.studio import Studio
from cqa_desktop.ui.teach.style import style_sheet
from cqa_desktop.ui.teach.train_page import TrainPage
from cqa_desktop.ui.teach.training import Training
from cqa_desktop.ui.theme import Theme, serif

SIZE: Final = (1240, 820)
PANEL: Final = 480


class TeachFrame(QMainWindow):
    """Holds the parts; what they do to each other is for who derives from it."""

    def __init__(self, bridge: EngineBridge, trainer: Sequence[str] | None = None) -> None:
        super().__init__()
        self.setWindowTitle("Teach - CQA Desktop")
        self.studio = Studio(bridge, self)
        self.training = Training(self, trainer)
        self.menu = QMenu(self)
        self.notices = Notices()
        self.passage = PassagePane()
        self.pasted = QPlainTextEdit()
        self.begin_button = button("Begin with this passage", "primary", "Judge what is pasted above")
        self.left = QStackedWidget()
        self.interview = InterviewPage()
        self.judgments = JudgmentPage()
        self.details = DetailsPage()
        self.set_page = SetPage()
        self.train = TrainPage(self.training, self.studio.remembered)
        self.tabs = QTabBar(drawBase=False, expanding=False)
        self.pages = QStackedWidget()
        self.menu_button = QToolButton()
        self.name = QLabel(textFormat=Qt.TextFormat.PlainText)
        self.state = QLabel()
        self.new = button("New passage", "", "Paste another passage to judge (Ctrl+N)")
        self.lacks = QLabel()
        self._lay_out()
        self.resize(*SIZE)

    def set_theme(self, theme: Theme) -> None:
        """Light or dark, as the other window."""
        self.setStyleSheet(style_sheet(theme))
        for part in (self.passage, self.interview, self.judgments, self.details, self.set_page, self.train):
            part.set_theme(theme)

    def _lay_out(self) -> None:
        centre = QWidget()
        rows = QVBoxLayout(centre)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        rows.addWidget(self._header())
        rows.addWidget(self.notices)
        middle = QHBoxLayout()
        middle.setSpacing(0)
        middle.addWidget(self._left(), 1)
        middle.addWidget(self._panel())
        rows.addLayout(middle, 1)
        rows.addWidget(self._foot())
        self.setCentralWidget(centre)

    def _header(self) -> QWidget:
        header = QWidget()
        header.setObjectName("header")
        header.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        row = QHBoxLayout(header)
        row.setContentsMargins(12, 9, 18, 9)
        row.setSpacing(10)
        self.menu_button.setText("☰")
        self.menu_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.menu_button.setObjectName("flat")
        self.menu_button.setAccessibleName("Menu")
        self.menu_button.setMenu(self.menu)
        self.name.setObjectName("name")
        self.state.setObjectName("saved")
        for widget in (self.menu_button, self.name, self.state):
            row.addWidget(widget)
        row.addStretch(1)
        row.addWidget(self.new)
        return header

    def _left(self) -> QWidget:
        paper = QWidget()
        paper.setObjectName("paper")
        paper.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        rows = QVBoxLayout(paper)
        rows.setContentsMargins(0, 0, 0, 0)
        self.pasted.setObjectName("pasted")
        self.pasted.setPlaceholderText("Paste a passage here: a sentence, a paragraph, a page.")
        self.pasted.setAccessibleName("A passage to judge")
        self.pasted.setTabChangesFocus(True)
        self.pasted.setFont(serif(19))
        self.pasted.textChanged.connect(lambda: self.begin_button.setEnabled(bool(self.pasted.toPlainText().strip())))
        self.begin_button.setEnabled(False)
        blank = QWidget()
        inside = QVBoxLayout(blank)
        inside.setContentsMargins(46, 34, 46, 26)
        inside.setSpacing(14)
        inside.addWidget(self.pasted, 1)
        inside.addWidget(self.begin_button, 0, Qt.AlignmentFlag.AlignLeft)
        self.left.addWidget(self.passage)
        self.left.addWidget(blank)
        rows.addWidget(self.left)
        return paper

    def _panel(self) -> QWidget:
        panel = QWidget()
        panel.setObjectName("panel")
        panel.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        panel.setFixedWidth(PANEL)
        rows = QVBoxLayout(panel)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        head = QWidget()
        head.setObjectName("tabs")
        head.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        inside = QVBoxLayout(head)
        inside.setContentsMargins(22, 0, 22, 0)
        inside.addWidget(self.tabs)
        rows.addWidget(head)
        rows.addWidget(self.pages, 1)
        for title, page in (
            ("Interview", self.interview),
            ("Judgments", self.judgments),
            ("Details", self.details),
            ("Set", self.set_page),
            ("Train", self.train),
        ):
            self.tabs.addTab(title)
            self.pages.addWidget(page)
        return panel

    def _foot(self) -> QWidget:
        foot = QWidget()
        foot.setObjectName("status")
        foot.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        row = QHBoxLayout(foot)
        row.setContentsMargins(18, 5, 18, 5)
        row.addWidget(self.lacks)
        row.addStretch(1)
        return foot
