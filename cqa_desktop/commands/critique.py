"""`cqa critique`: a critique of a passage, or of what is marked in a draft, written as it comes."""

from __future__ import annotations

import argparse
import re
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cqa_desktop.annotations.critique import Ending, Point
from cqa_desktop.commands.errors import CommandError
from cqa_desktop.commands.interrupts import interruptible
from cqa_desktop.commands.score import Draft, Stop, read_brief, read_draft
from cqa_desktop.commands.session import json_line, open_scorer, progress_bar, warn
from cqa_desktop.critique.choose import choose
from cqa_desktop.critique.evidence import standing
from cqa_desktop.critique.session import Critic, Session, Task, Words
from cqa_desktop.engine.errors import CancelledError, EngineError
from cqa_desktop.engine.llama import LlamaModel
from cqa_desktop.engine.scorer import Scorer
from cqa_desktop.models.registry import score_cache
from cqa_desktop.report.critiques import Critique, CritiqueText, critique_notes, critique_record
from cqa_desktop.report.notes import markdown_notes
from cqa_desktop.text.line_breaks import UnifiedText, unify_line_breaks
from cqa_desktop.text.spans import Span
from cqa_desktop.text.words import words

MOST: Final = 8
"""Marked passages that are written about if it is not said which."""
WIDTH: Final = 88
_LINES: Final = re.compile(r"(\d+)(?:-(\d+))?")


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The command's arguments."""
    parser = commands.add_parser(
        "critique",
        help="read a critique of a passage",
        description="Write a critique of a passage, tied to the draft's own words: by the model, if it can be trusted "
        f"to judge, else from what was measured. With no passage named: of the (at most {MOST}) marked passages that "
        "stand out most.",
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="a draft (.txt, .md); - is standard input")
    parser.add_argument("--passage", metavar="N", help="the passage of that number, as 'cqa score' counts them")
    parser.add_argument("--lines", metavar="A-B", help="the lines from A to B, counted from 1")
    parser.add_argument(
        "--critic", choices=("auto", "measured", "model"), default="auto", help="who writes (default: auto)"
    )
    briefs = parser.add_mutually_exclusive_group()
    briefs.add_argument(
        "--brief", type=Path, help="brief.toml (default: the draft's own NAME.cqa.toml, if there is one)"
    )
    briefs.add_argument("--no-brief", action="store_true", help="leave the draft's own brief out")
    parser.add_argument("--model", type=Path, metavar="GGUF", help="default: the reference model")
    parser.add_argument("--adapter", type=Path, metavar="GGUF", help="a LoRA over the model")
    parser.add_argument("--seed", metavar="N", default="1", help="another seed, another critique (default: 1)")
    shape = parser.add_mutually_exclusive_group()
    shape.add_argument("--json", action="store_true", help="print one JSON object")
    shape.add_argument("--markdown", action="store_true", help="print the notes as Markdown")
    shape.add_argument("--show-prompt", action="store_true", help="print what the model sees, and write nothing")
    parser.set_defaults(run=run)


@dataclass(frozen=True)
class _Target:
    """What is to be written about."""

    span: Span
    number: int | None = None


def run(arguments: argparse.Namespace) -> int:
    """Write what was asked for; 0, 1 if a critique ended before its end, or 2 if the file cannot be read.

    Raises:
        CommandError: for what nothing can be done about: arguments, the brief, the model.
        EngineError: if the critic cannot write about the passage.
        CancelledError: after Ctrl-C; what was written until then is printed.
    """
    if arguments.passage is not None and arguments.lines is not None:
        raise CommandError("critique: --passage and --lines name two different things - give one of them")
    seed = _number(arguments.seed, "--seed")
    _number(arguments.passage or "1", "--passage")
    first, last = _lines(arguments.lines or "1")
    draft = read_draft(arguments.file, read_brief(arguments.brief), own=not arguments.no_brief)
    if draft is None:
        return 2
    source = unify_line_breaks(draft.text)
    with (
        open_scorer(arguments.model, arguments.adapter, cache=score_cache()) as scorer,
        interruptible(at_once=False) as stop,
    ):
        critic = choose(arguments.critic, scorer)
        marked: int | None = None
        if arguments.passage is not None:
            targets = [_passage(scorer, draft, source, int(arguments.passage))]
        elif arguments.lines is not None:
            targets = [_target_of_lines(draft, source, first, last)]
        else:
            targets, marked = _marked(scorer, draft, source, stop)
        work = _Work(scorer, critic, draft, source, seed, stop)
        if arguments.show_prompt:
            return work.show_prompts(targets)
        return work.write(targets, marked, arguments)


class _Work:
    """Critiques of one draft, on their way to standard output."""

    def __init__(
        self, scorer: Scorer[LlamaModel], critic: Critic, draft: Draft, source: UnifiedText, seed: int, stop: Stop
    ) -> None:
        self._scorer = scorer
        self._critic = critic
        self._draft = draft
        self._source = source
        self._seed = seed
        self._stop = stop
        self._done: list[Critique] = []
        self._text: CritiqueText | None = None

    def show_prompts(self, targets: Sequence[_Target]) -> int:
        """Print what the model would see of each target."""
        for target in targets:
            session = self._begin(target)
            if not session.prompt:
                raise CommandError(f"critique: the measured critic is given no prompt. {session.notice}")
            if session.trimmed:
                warn(f"paragraphs of the draft before the passage that did not fit and are left out: {session.trimmed}")
            print(session.prompt)
            session.close()
        return 0

    def write(self, targets: Sequence[_Target], marked: int | None, arguments: argparse.Namespace) -> int:
        """Write about each target, and print in the shape asked for; what was written before a stop, too."""
        plain = not (arguments.json or arguments.markdown)
        if plain:
            width = min(shutil.get_terminal_size((WIDTH, 24)).columns, WIDTH)
            self._text = CritiqueText(_say, self._source.text, width)
            if not targets:
                print(f"Nothing in {self._draft.name} stands out; name a passage with --passage or --lines.")
        try:
            for target in targets:
                self._write_one(target, alone=len(targets) == 1)
        finally:
            if arguments.json and (self._done or not targets):
                model = self._scorer.model
                record = critique_record(self._draft.name, self._source, model, self._done, marked=marked)
                print(json_line(record))
            elif arguments.markdown and (self._done or not targets):
                notes = critique_notes(self._source.text, self._done, self._scorer.model)
                name = Path(self._draft.name).name
                print(markdown_notes("standard input" if name == "-" else name, notes), end="")
                self._warn_of_endings()
        return 1 if any(one.ending is None or one.ending.fault for one in self._done) else 0

    def _begin(self, target: _Target) -> Session:
        task = Task(self._source.text, target.span.start, target.span.end, self._draft.brief, self._seed)
        return self._critic.begin(self._scorer, task, self._stop)

    def _write_one(self, target: _Target, *, alone: bool) -> None:
        try:
            session = self._begin(target)
        except CancelledError:
            raise
        except EngineError as error:
            if alone:
                raise
            warn(str(error))
            return
        critique = Critique(
            target.span.start, target.span.end, target.number, session.critic, session.notice, session.prompt,
            session.trimmed,
        )  # fmt: skip
        self._done.append(critique)
        if self._text:
            self._text.begin(critique, self._draft.name)
        try:
            self._follow(session, critique)
        finally:
            session.close()
            if self._text:
                self._text.end(critique.ending)

    def _follow(self, session: Session, critique: Critique) -> None:
        try:
            for output in session.advance(self._stop):
                match output:
                    case Words(text):
                        critique.words += text
                        if self._text:
                            self._text.words(text)
                    case Point():
                        critique.words = ""
                        critique.points.append(output)
                        if self._text:
                            self._text.point(output)
                    case Ending():
                        critique.ending = output
        except CancelledError:
            raise
        except EngineError as error:
            critique.ending = Ending(len(critique.points), fault=str(error))

    def _warn_of_endings(self) -> None:
        for one in self._done:
            if one.ending and one.ending.fault:
                warn(one.ending.fault)


def _say(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


# --- what to write about --------------------------------------------------------------------------------------------


def _number(given: str, name: str) -> int:
    if not (given.isascii() and given.isdigit()) or len(given) > 9:
        raise CommandError(f"critique: {name} {given} - give a whole number")
    return int(given)


def _lines(given: str) -> tuple[int, int]:
    found = _LINES.fullmatch(given)
    if found is None or not given.isascii() or len(given) > 19:
        raise CommandError(f"critique: --lines {given} - give the first and the last line, as in 12-15")
    return int(found[1]), int(found[2] or found[1])


def _passage(scorer: Scorer[LlamaModel], draft: Draft, source: UnifiedText, number: int) -> _Target:
    plan = scorer.plan(source.text, draft.brief)
    passages = [
        Span(span.start + one.start, span.start + one.end)
        for span, paragraph in zip(plan.spans, plan.paragraphs, strict=True)
        for one in paragraph.passages
    ]
    if not 1 <= number <= len(passages):
        have = f"has passages 1 to {len(passages):,}" if passages else "has no passages"
        raise CommandError(f"critique: there is no passage {number} - {draft.name} {have}")
    return _Target(passages[number - 1], number)


def _target_of_lines(draft: Draft, source: UnifiedText, first: int, last: int) -> _Target:
    lines = source.text.split("\n")
    count = len(lines) - (lines[-1] == "")
    if not 1 <= first <= last <= count:
        raise CommandError(f"critique: there are no lines {first}-{last} - {draft.name} has lines 1 to {count:,}")
    start = sum(len(line) + 1 for line in lines[: first - 1])
    end = start + len("\n".join(lines[first - 1 : last]))
    whole = source.text[start:end]
    if not words(whole):
        which = f"line {first} of {draft.name} holds" if first == last else f"lines {first}-{last} of {draft.name} hold"
        raise CommandError(f"critique: {which} no words - name others")
    return _Target(Span(end - len(whole.lstrip()), start + len(whole.rstrip())))


def _marked(scorer: Scorer[LlamaModel], draft: Draft, source: UnifiedText, stop: Stop) -> tuple[list[_Target], int]:
    """The marked passages that stand out most, in the order of the draft, and how many are marked in all."""
    with progress_bar(Path(draft.name).name) as advance:
        document = scorer.score(
            source.text, draft.brief, stop=stop, on_paragraphs=lambda _ready, done, total: advance(done, total)
        )
    marked = [(number, one) for number, one in enumerate(document.measures, 1) if one.kind != "steady"]
    chosen = sorted(marked, key=lambda pair: -standing(pair[1]))[:MOST]
    chosen.sort(key=lambda pair: pair[0])
    if len(marked) > MOST:
        many = f"{len(marked):,} passages are marked; here are the {MOST} that stand out most"
        warn(f"{draft.name}: {many} - --passage N asks for another")
    return [_Target(Span(one.start, one.end), number) for number, one in chosen], len(marked)
