"""Model, device, progress and words, along the window's foot."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QWidget

from cqa_desktop.engine.messages import ModelInfo


class StatusBar(QWidget):
    """Quiet lines of text, and a button to stop scoring while it goes on."""

    stop_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("status")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(18, 4, 18, 4)
        layout.setSpacing(22)
        self.model = QLabel("Loading the model…")
        self.progress = QLabel("")
        self._stop = QPushButton("Stop")
        self._stop.setObjectName("flat")
        self._stop.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._stop.clicked.connect(self.stop_asked)
        self._stop.hide()
        self.position = QLabel("")
        self.words = QLabel("")
        for widget in (self.model, self.progress, self._stop):
            layout.addWidget(widget)
        layout.addStretch(1)
        for widget in (self.position, self.words):
            layout.addWidget(widget)
        # As high with the button as without it: the text above must not jump.
        self.setFixedHeight(max(self.sizeHint().height(), self._stop.sizeHint().height() + 6))

    def show_model(self, model: ModelInfo | None) -> None:
        """Name and device; None while there is none."""
        if model is None:
            self.model.setText("No model")
            self.model.setToolTip("")
            return
        adapter = f" + {model.adapter}" if model.adapter else ""
        self.model.setText(f"{model.name}{adapter} · {model.device}")
        calibrated = "" if model.calibrated else "\nNot calibrated: its classes are a guess. Run 'cqa calibrate'."
        self.model.setToolTip(
            f"{model.path}\n{model.parameters / 1e6:.1f}M parameters, {model.quantization}{calibrated}"
        )

    def show_progress(self, done: int, total: int) -> None:
        """Paragraphs done, of how many."""
        self._stop.setVisible(done < total)
        self.progress.setText(f"Scoring {done * 100 // max(total, 1)}%" if done < total else "Scored")

    def show_state(self, words: str) -> None:
        """A word instead of progress."""
        self._stop.hide()
        self.progress.setText(words)

    def show_words(self, count: int) -> None:
        self.words.setText(f"{count:,} word{'' if count == 1 else 's'}")

    def show_position(self, words: str) -> None:
        self.position.setText(words)
