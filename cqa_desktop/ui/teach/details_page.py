"""What is asked once: who judges, where the passage comes from, its brief, and what stands before it."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from cqa_desktop.annotations.checks import problems
from cqa_desktop.critique.interview import Interview
from cqa_desktop.measure.types import Brief
from cqa_desktop.ui.brief_panel import FIELDS as BRIEF_FIELDS
from cqa_desktop.ui.labels import set_words, words_label
from cqa_desktop.ui.scroll import page_area
from cqa_desktop.ui.teach.fields import Field, named
from cqa_desktop.ui.teach.remembered import Remembered
from cqa_desktop.ui.theme import Theme

LINES: Final = (
    ("expert", "Expert", "Whose judgments these are: a name or a pseudonym"),
    ("colleague", "Colleague", "Who asks beside the app; may be left empty"),
    ("source", "Source", "Where the passage comes from"),
    ("licence", "Licence", "CC0-1.0, CC-BY-4.0, all rights reserved …"),
    ("language", "Language", "A language tag, such as en or pt-BR"),
)


class DetailsPage(QWidget):
    """Fields for what stands in every annotation. What is said here is remembered for the next passage."""

    line_changed = Signal(str, str)
    """One of LINES and what it says now."""
    brief_changed = Signal(object)
    context_changed = Signal(str)
    passage_changed = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        holder = QWidget()
        rows = QVBoxLayout(holder)
        rows.setContentsMargins(22, 18, 22, 20)
        rows.setSpacing(5)
        self.lead = words_label()
        rows.addWidget(self.lead)
        rows.addSpacing(6)
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(7)
        self.lines: dict[str, QLineEdit] = {}
        for at, (name, title, hint) in enumerate(LINES):
            line = QLineEdit()
            line.setPlaceholderText(hint)
            line.setAccessibleName(title)
            line.setAccessibleDescription(hint)
            line.textEdited.connect(lambda text, name=name: self.line_changed.emit(name, text.strip()))
            line.textChanged.connect(lambda _text: self._show_lead())
            self.lines[name] = line
            grid.addWidget(named(title, line), at, 0)
            grid.addWidget(line, at, 1)
        rows.addLayout(grid)
        rows.addSpacing(10)
        self.brief: dict[str, Field] = {}
        for name, title, hint in BRIEF_FIELDS:
            field = Field(title, hint, 2)
            field.textChanged.connect(self._brief)
            self.brief[name] = field
            rows.addWidget(named(title, field))
            rows.addWidget(field)
            rows.addSpacing(3)
        self.context = Field("What stands before the passage", "The draft that leads up to it; may be left empty.", 4)
        self.context.textChanged.connect(lambda: self.context_changed.emit(self.context.text()))
        self.passage = Field("The passage", "", 5)
        self.passage.textChanged.connect(lambda: self.passage_changed.emit(self.passage.text()))
        for field in (self.context, self.passage):
            rows.addWidget(named(field.accessibleName(), field))
            rows.addWidget(field)
            rows.addSpacing(3)
        self.foot = QLabel("A change of the passage can part judgments from their words.", wordWrap=True)
        self.foot.setObjectName("fine")
        rows.addWidget(self.foot)
        rows.addStretch(1)
        outer.addWidget(page_area(holder))

    def set_theme(self, theme: Theme) -> None:
        self.lead.setStyleSheet(f"color: {theme.quiet}")

    def show_details(self, remembered: Remembered, interview: Interview | None) -> None:
        """Show those of a passage, or what is remembered for the next one."""
        annotation = interview.annotation() if interview else None
        people = {who.role: who.name for who in annotation.annotators} if annotation else {}
        for name, line in self.lines.items():
            if annotation is None:
                text = remembered.get(name)
            elif name in ("expert", "colleague"):
                text = people.get("expert" if name == "expert" else "engineer", "")
            else:
                text = getattr(annotation, name)
            if line.text().strip() != text:
                line.setText(text)
        brief = annotation.brief if annotation else Brief()
        for name, field in self.brief.items():
            field.show_text(getattr(brief, name))
        self.context.show_text(annotation.context if annotation else "")
        self.passage.show_text(annotation.passage if annotation else "")
        for field in (*self.brief.values(), self.context, self.passage):
            field.setEnabled(annotation is not None)
        self._show_lead()

    def _show_lead(self) -> None:
        """What must still be said, or said otherwise."""
        missing = [title.lower() for name, title, _ in LINES if name != "colleague" and not self.lines[name].text()]
        said = (
            f"Still to say, once: {', '.join(missing)}." if missing else "Said once; remembered for the next passage."
        )
        language = self.lines["language"].text()
        wrong = [one for one in problems({"language": language}) if one.field == "language"] if language else []
        set_words(self.lead, f"The language {wrong[0].problem}: {wrong[0].fix}." if wrong else said)

    def ask(self) -> None:
        """Put the keyboard where something must still be said."""
        first = next((line for name, line in self.lines.items() if name != "colleague" and not line.text()), None)
        (first or self.lines["expert"]).setFocus()

    def _brief(self) -> None:
        self.brief_changed.emit(Brief(**{name: field.text().strip() for name, field in self.brief.items()}))

    def focusInEvent(self, event: QFocusEvent) -> None:
        self.ask()
