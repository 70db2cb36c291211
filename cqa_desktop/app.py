"""`cqa-desktop`: starts the window."""

from __future__ import annotations

import argparse
import gc
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from cqa_desktop import __version__
from cqa_desktop.models.registry import score_cache

if TYPE_CHECKING:
    from cqa_desktop.ui.main_window import MainWindow


def main(argv: Sequence[str] | None = None) -> int:
    """Run the app; returns its exit code."""
    parser = argparse.ArgumentParser(prog="cqa-desktop", description="Write, and see where the draft surprises.")
    parser.add_argument("file", nargs="?", type=Path, metavar="FILE", help="a draft (.txt, .md)")
    parser.add_argument(
        "--model", type=Path, metavar="GGUF", help="default: the one used last, at first the reference model"
    )
    parser.add_argument("--theme", choices=("system", "light", "dark"), help="default: the one used last")
    parser.add_argument("--screenshot", type=Path, metavar="OUT", help="write a PNG of the window, scored, and end")
    parser.add_argument("--screenshot-scale", type=float, metavar="N", help="pixels to a point of the picture")
    parser.add_argument(
        "--screenshot-of",
        choices=("passage", "critique", "versions"),
        default="passage",
        help="what the picture shows (default: %(default)s)",
    )
    parser.add_argument(
        "--screenshot-words", default="", metavar="WORDS", help="select these; default: where most marks are"
    )
    parser.add_argument(
        "--screenshot-version", default="", metavar="WORDS", help="the version that is set beside those words"
    )
    parser.add_argument("--version", action="version", version=f"cqa-desktop {__version__}")
    arguments = parser.parse_args(argv)
    if arguments.screenshot is not None and not arguments.screenshot.resolve().parent.is_dir():
        print(f"cqa-desktop: {arguments.screenshot}: there is no such folder - make it first", file=sys.stderr)
        return 2
    if arguments.screenshot_scale:
        os.environ["QT_SCALE_FACTOR"] = str(arguments.screenshot_scale)
    return _run(arguments)


def _run(arguments: argparse.Namespace) -> int:
    # Qt takes a third of a second to import: --help and mistakes need not wait for it.
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication

    from cqa_desktop.ui.screenshot import Screenshot
    from cqa_desktop.ui.theme import sans

    quiet_collector()
    application = QApplication(sys.argv[:1])
    application.setApplicationName("CQA Desktop")
    application.setStyle("Fusion")
    application.setFont(sans(13))
    window = open_window(arguments)
    # Python sees Ctrl-C only between two of its own steps; this makes some.
    signal.signal(signal.SIGINT, lambda *_: window.close())
    ticker = QTimer(interval=200)
    ticker.timeout.connect(lambda: None)
    ticker.start()
    if arguments.screenshot is not None:
        shot = Screenshot(
            window,
            arguments.screenshot,
            arguments.screenshot_of,
            arguments.screenshot_words,
            arguments.screenshot_version,
        )
        shot.taken.connect(lambda done: (window.close(), application.exit(0 if done else 1)))
    else:
        window.file.look_for_unsaved()
    return application.exec()


def quiet_collector() -> None:
    """A collection of all objects would stop the window for longer than a keystroke may take: let them be rare."""
    gc.freeze()
    gc.set_threshold(50_000, 50, 1000)


def open_window(arguments: argparse.Namespace) -> MainWindow:
    """The window, shown, with the draft in it."""
    from cqa_desktop.ui.bridge import EngineBridge
    from cqa_desktop.ui.main_window import MainWindow

    # The worker starts first: it imports and loads while the window is made.
    bridge = EngineBridge(score_cache())
    window = MainWindow(bridge, model=arguments.model, theme=arguments.theme)
    if arguments.file is not None:
        window.open(arguments.file)
    if window.file.path is None:
        window.file.new()
    window.show()
    return window


if __name__ == "__main__":
    sys.exit(main())
