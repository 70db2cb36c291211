"""The set: its annotations, what they cover, and its file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QFontMetricsF, QKeySequence, QPainter, QShortcut
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from cqa_desktop.annotations.coverage import Coverage
from cqa_desktop.documents.teaching import Entry
from cqa_desktop.ui.labels import button, words_label
from cqa_desktop.ui.teach.coverage_view import CoverageView
from cqa_desktop.ui.theme import LIGHT, Theme

NAME: Final = Qt.ItemDataRole.UserRole
STATE: Final = Qt.ItemDataRole.UserRole + 1
READY: Final = Qt.ItemDataRole.UserRole + 2


class _TwoLines(QStyledItemDelegate):
    """The beginning of a passage, and below it how its annotation stands."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.theme: Theme = LIGHT

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(100, round(QFontMetricsF(option.font).height() * 2) + 14)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        self.initStyleOption(option, index)
        box: QRect = option.rect
        painter.save()
        if option.state & QStyle.StateFlag.State_Selected:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(self.theme.selection))
            painter.drawRoundedRect(box.adjusted(1, 1, -1, -1), 6, 6)
        inside = box.adjusted(10, 6, -10, -6)
        half = inside.height() // 2
        ready = bool(index.data(READY))
        painter.setFont(option.font)
        for text, rect, colour in (
            (str(index.data()), inside.adjusted(0, 0, 0, -half), self.theme.ink if ready else self.theme.quiet),
            (str(index.data(STATE)), inside.adjusted(0, half, 0, 0), self.theme.quiet),
        ):
            painter.setPen(QColor(colour))
            shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, rect.width())
            painter.drawText(rect, Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine, shown)
        painter.restore()


class SetPage(QWidget):
    """Enter goes on with an annotation, Delete removes it, X keeps it from being trained on."""

    open_asked = Signal(str)
    exclude_asked = Signal(str, bool)
    delete_asked = Signal(str)
    undo_asked = Signal()
    choose_asked = Signal()
    export_asked = Signal()
    train_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._entries: dict[str, Entry] = {}
        self._current: str | None = None
        rows = QVBoxLayout(self)
        rows.setContentsMargins(22, 18, 22, 18)
        rows.setSpacing(0)
        self.list = QListWidget()
        self.list.setAccessibleName("Annotations")
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._lines = _TwoLines(self.list)
        self.list.setItemDelegate(self._lines)
        self.list.itemActivated.connect(lambda item: self.open_asked.emit(item.data(NAME)))
        self.list.currentItemChanged.connect(lambda *_: self._show_buttons())
        for keys, what in (("Delete", "delete"), ("X", "exclude")):
            shortcut = QShortcut(QKeySequence(keys), self.list, context=Qt.ShortcutContext.WidgetShortcut)
            shortcut.activated.connect(lambda what=what: self._act(what))
        self.empty = words_label(
            "Nothing is recorded yet. Select a passage in your draft and choose Teach, or paste one with New passage."
        )
        rows.addWidget(self.empty)
        rows.addWidget(self.list, 1)
        rows.addSpacing(8)
        row = QHBoxLayout()
        row.setSpacing(6)
        self.go_on = button("Go on", "", "Show this annotation, to review and change it (Enter)")
        self.exclude = button("Exclude", "", "Keep it, and do not train on it (X)")
        self.delete = button("Delete", "", "Remove it; Undo brings it back (Delete)")
        self.undo = button("Undo", "flat", "Take back what was last changed in the set (Ctrl+Z)")
        self.go_on.clicked.connect(lambda: self._act("open"))
        self.exclude.clicked.connect(lambda: self._act("exclude"))
        self.delete.clicked.connect(lambda: self._act("delete"))
        self.undo.clicked.connect(self.undo_asked)
        for one in (self.go_on, self.exclude, self.delete, self.undo):
            row.addWidget(one)
        row.addStretch(1)
        rows.addLayout(row)
        rows.addSpacing(18)
        self.coverage = CoverageView()
        rows.addWidget(self.coverage)
        rows.addSpacing(14)
        self.place = QLabel()
        self.place.setObjectName("fine")
        rows.addWidget(self.place)
        rows.addSpacing(6)
        last = QHBoxLayout()
        last.setSpacing(6)
        self.choose = button("Another set…", "", "Open or begin another file of annotations")
        self.export = button("Export…", "", "Write the finished annotations to a file of their own")
        self.train = button("Train on these…", "primary", "The command that trains on this set")
        self.choose.clicked.connect(self.choose_asked)
        self.export.clicked.connect(self.export_asked)
        self.train.clicked.connect(self.train_asked)
        last.addWidget(self.choose)
        last.addWidget(self.export)
        last.addStretch(1)
        last.addWidget(self.train)
        rows.addLayout(last)

    def set_theme(self, theme: Theme) -> None:
        self._lines.theme = theme
        self.coverage.set_theme(theme)
        self.empty.setStyleSheet(f"color: {theme.quiet}")
        self.list.viewport().update()

    def show_set(
        self, path: Path, entries: Sequence[Entry], coverage: Coverage, current: str | None, *, can_undo: bool
    ) -> None:
        """Show the set; the latest annotation stands first, and `current` is the one that is judged."""
        self._entries = {one.annotation.id: one for one in reversed(entries)}
        turned = current in self._entries and current != self._current
        chosen = current if turned else self.chosen
        self._current = current if current in self._entries else None
        self.list.blockSignals(True)
        names = [self.list.item(at).data(NAME) for at in range(self.list.count())]
        if names != list(self._entries):
            self.list.clear()
            for name in self._entries:
                item = QListWidgetItem()
                item.setData(NAME, name)
                self.list.addItem(item)
        for at, (name, entry) in enumerate(self._entries.items()):
            item = self.list.item(at)
            item.setText(" ".join(entry.annotation.passage[:400].split()) or "No passage")
            item.setData(STATE, ("Open · " if name == current else "") + state_words(entry))
            item.setData(READY, entry.trained)
            if name == chosen:
                self.list.setCurrentItem(item)
                self.list.scrollToItem(item)
        if self.list.currentItem() is None and self.list.count():
            self.list.setCurrentRow(0)
        self.list.blockSignals(False)
        self.list.setVisible(bool(entries))
        self.empty.setVisible(not entries)
        self.coverage.show_coverage(coverage)
        self.undo.setEnabled(can_undo)
        self.export.setEnabled(coverage.annotations > 0)
        metrics = self.place.fontMetrics()
        self.place.setText(metrics.elidedText(str(path), Qt.TextElideMode.ElideMiddle, 420))
        self.place.setToolTip(str(path))
        self._show_buttons()

    @property
    def chosen(self) -> str | None:
        item = self.list.currentItem()
        return str(item.data(NAME)) if item is not None else None

    def _show_buttons(self) -> None:
        entry = self._entries.get(self.chosen or "")
        for one in (self.go_on, self.exclude, self.delete):
            one.setEnabled(entry is not None)
        self.exclude.setText("Include" if entry is not None and entry.excluded else "Exclude")

    def _act(self, what: str) -> None:
        name = self.chosen
        entry = self._entries.get(name or "")
        if name is None or entry is None:
            return
        if what == "open":
            self.open_asked.emit(name)
        elif what == "exclude":
            self.exclude_asked.emit(name, not entry.excluded)
        else:
            self.delete_asked.emit(name)

    def focusInEvent(self, event: QFocusEvent) -> None:
        (self.list if self._entries else self.choose).setFocus(event.reason())


def state_words(entry: Entry) -> str:
    """How an annotation stands, in a few words."""
    count = len(entry.annotation.judgments) + len(entry.sketches)
    counted = f"{count} judgment{'' if count == 1 else 's'}"
    if entry.excluded:
        return f"{counted} · excluded"
    if entry.trained:
        return counted
    first = entry.problems[0]
    if first.problem == "holds no judgment":
        return "Nothing judged yet"
    if entry.sketches and entry.problems[-1].problem.startswith("one lacks"):
        return f"{counted} · unfinished: {entry.problems[-1].problem}"
    return f"{counted} · unfinished: {first.field.rpartition('.')[2]} {first.problem}"
