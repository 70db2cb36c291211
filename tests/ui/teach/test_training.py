"""Train on these: the command, the run, its end, and that nothing is left of it."""

from __future__ import annotations

import shlex
import sys
import time
from pathlib import Path

import psutil
import pytest
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from cqa_desktop.documents.teaching import TeachingSet
from cqa_desktop.ui.teach import train_page, training
from cqa_desktop.ui.teach.training import Outcome, Training, free_folder, last_adapter
from tests.trainer.bases import tiny_base
from tests.ui.teach.conftest import MakeStudio
from tests.ui.teach.test_studio import finished

WAIT_MS = 60_000
STAND_IN = """
import pathlib, subprocess, sys, time
out = pathlib.Path(sys.argv[sys.argv.index("--out") + 1])
how = sys.argv[sys.argv.index("--base") + 1]
out.mkdir(parents=True, exist_ok=True)
print("2 annotations, 900 tokens, 300 of them the expert's; base " + how, file=sys.stderr, flush=True)
if how == "bad":
    sys.exit(print("cqa-train: base 'bad': no such folder - give 'reference'", file=sys.stderr) or 2)
if how == "dies":
    import os; os.kill(os.getpid(), 9)
if how == "slow":
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print("epoch 1, step 1 of 5: loss 3.000, 10 tokens/s, 1 s left", file=sys.stderr, flush=True)
(out / "log.csv").write_text("step,epoch\\n1,1\\n2,1\\n3,1\\n")
(out / "epoch-01").mkdir(exist_ok=True)
(out / "epoch-01" / "adapter_model.safetensors").write_bytes(b"x")
if how == "slow":
    time.sleep(600)
print(f"{out}: 5 epochs, loss 2.000 nats a trained token")
"""


@pytest.fixture
def stand_in(tmp_path: Path) -> list[str]:
    path = tmp_path / "stand_in.py"
    path.write_text(STAND_IN, encoding="utf-8")
    return [sys.executable, str(path)]


@pytest.fixture
def filled(set_path: Path) -> Path:
    kept = TeachingSet(set_path)
    kept.put(finished("a", "The cold ship went on, and the captain was asleep."))
    kept.put(finished("b", "It was night, and the lamp on the quay had gone out."))
    return set_path


def children() -> list[psutil.Process]:
    return [one for one in psutil.Process().children(recursive=True) if "stand_in" in " ".join(one.cmdline())]


def test_the_command_is_exact_and_a_run_is_followed_to_its_end(
    make_studio: MakeStudio, qtbot: QtBot, stand_in: list[str], filled: Path
) -> None:
    window = make_studio(trainer=stand_in)
    page = window.train
    window.turn_to(page)
    out = filled.with_name("mine-run")
    words = shlex.split(page.command.field.text())
    assert Path(words[0]).name == "cqa-train"
    assert words[1:] == ["fit", "--base", "reference", "--data", str(filled), "--out", str(out)]
    page.command.copy.click()
    assert QGuiApplication.clipboard().text() == page.command.field.text()
    ended: list[Outcome] = []
    window.training.ended.connect(ended.append)
    page.run.click()
    assert page.stop.isVisible()
    assert window.state.text() == "Saved · training"
    qtbot.waitUntil(lambda: bool(ended), timeout=WAIT_MS)
    assert ended[0].kind == "done"
    assert page.adapter.isVisible()
    assert page.adapter.field.text() == str(out / "epoch-01")
    assert shlex.split(page.evaluate.field.text())[1:] == ["evaluate", str(out)]
    assert shlex.split(page.export.field.text())[1:] == ["export", str(out), "--adapter-only"]
    # The next run needs a folder of its own.
    window.studio.exclude("a", excluded=True)
    assert page.out.text() == str(filled.with_name("mine-run-2"))


def test_stop_leaves_no_process_and_closing_asks(
    make_studio: MakeStudio,
    qtbot: QtBot,
    stand_in: list[str],
    filled: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    window = make_studio(trainer=stand_in)
    window.turn_to(window.train)
    window.train.base.setText("slow")
    window.train.run.click()
    qtbot.waitUntil(lambda: (window.train.bar.value(), window.train.bar.maximum()) == (3, 5), timeout=WAIT_MS)
    assert len(children()) == 1
    begun = [*children(), *children()[0].children()]
    assert len(begun) == 2
    asked: list[str] = []
    monkeypatch.setattr(window, "_ask", lambda text, yes: asked.append(text))
    assert not window.close()
    assert asked == ["Training goes on."]
    ended: list[Outcome] = []
    window.training.ended.connect(ended.append)
    window.train.stop.click()
    qtbot.waitUntil(lambda: bool(ended), timeout=WAIT_MS)
    assert ended[0].kind == "stopped"
    assert "epoch-01" in ended[0].words
    gone, alive = psutil.wait_procs(begun, timeout=10)
    assert not alive
    assert len(gone) == 2
    assert window.train.run.isVisible()


def test_closing_in_spite_of_it_ends_the_run(
    make_studio: MakeStudio, qtbot: QtBot, stand_in: list[str], filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = make_studio(trainer=stand_in)
    window.train.base.setText("slow")
    window.train.start()
    qtbot.waitUntil(lambda: window.train.bar.maximum() == 5, timeout=WAIT_MS)
    begun = children()
    monkeypatch.setattr(window, "_ask", lambda text, yes: True)
    began = time.monotonic()
    assert window.close()
    assert time.monotonic() - began < 5
    assert not psutil.wait_procs(begun, timeout=10)[1]


@pytest.mark.parametrize(
    ("base", "said"),
    [("bad", "base 'bad': no such folder - give 'reference'"), ("dies", "ended unexpectedly")],
)
def test_a_failure_is_one_clear_line(
    make_studio: MakeStudio, qtbot: QtBot, stand_in: list[str], filled: Path, base: str, said: str
) -> None:
    window = make_studio(trainer=stand_in)
    window.train.base.setText(base)
    with qtbot.waitSignal(window.training.ended, timeout=WAIT_MS) as ended:
        window.train.start()
    assert ended.args[0].kind == "failed"
    assert said in ended.args[0].words
    assert "\n" not in ended.args[0].words
    assert not window.train.evaluate.isVisible()


def test_a_trainer_that_cannot_start_is_told(qtbot: QtBot, tmp_path: Path) -> None:
    run = Training(None, [str(tmp_path / "nothing")])
    with qtbot.waitSignal(run.ended, timeout=WAIT_MS) as ended:
        run.start([], tmp_path)
    assert "could not be started" in ended.args[0].words
    assert not run.running


def test_without_the_extra_the_command_that_installs_it_is_shown(
    make_studio: MakeStudio, filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert training.missing() == []
    monkeypatch.setattr(training, "NEEDED", ("trainer", "no_such_package_here"))
    assert training.missing() == ["no_such_package_here"]
    monkeypatch.setattr(train_page, "missing", training.missing)
    window = make_studio()
    window.turn_to(window.train)
    assert window.train.install.isVisible()
    assert shlex.split(window.train.install.field.text()) == ["pip", "install", "cqa-desktop[train]"]
    assert not window.train.run.isEnabled()
    assert "fit" in window.train.command.field.text()


def test_folders_of_runs(tmp_path: Path) -> None:
    path = tmp_path / "mine.jsonl"
    assert free_folder(path).name == "mine-run"
    for name in ("mine-run", "mine-run-2"):
        (tmp_path / name / "epoch-02").mkdir(parents=True)
    assert free_folder(path).name == "mine-run-3"
    assert last_adapter(tmp_path / "mine-run") is None


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_a_real_run_makes_an_adapter(make_studio: MakeStudio, qtbot: QtBot, filled: Path, tmp_path: Path) -> None:
    window = make_studio()
    window.train.base.setText(str(tiny_base(tmp_path / "base")))
    with qtbot.waitSignal(window.training.ended, timeout=300_000) as ended:
        window.train.start()
    assert (ended.args[0].kind, ended.args[0].words.count("epochs, loss")) == ("done", 1), window.training.lines
    assert ended.args[0].adapter == filled.with_name("mine-run") / "epoch-05"
    assert (window.train.bar.value(), window.train.bar.maximum()) == (1, 1)
