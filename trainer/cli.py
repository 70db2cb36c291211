"""`cqa-train`: the commands. Heavy packages are imported where a command needs them: --help answers at once."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from trainer.errors import TrainerError


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; returns 0, or 2 for a user's mistake, which is told in one line."""
    parser = argparse.ArgumentParser(prog="cqa-train", description="Make the models that CQA Desktop loads.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_reference(commands)
    _add_bits(commands)
    arguments = parser.parse_args(argv)
    try:
        code: int = arguments.run(arguments)
    except TrainerError as error:
        print(f"cqa-train: {error}", file=sys.stderr)
        return 2
    except ModuleNotFoundError as error:
        print(f"cqa-train: {error.name} is not installed - pip install 'cqa-desktop[train]'", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\ncqa-train: stopped - the same command resumes at the last checkpoint", file=sys.stderr)
        return 130
    return code


def _add_reference(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "reference",
        help="train the reference model from plain text",
        description="Train tokenizer and reference model from plain text, evaluate, convert to GGUF, quantise, "
        "calibrate, and write the model card. The same command resumes a run that was stopped.",
    )
    parser.add_argument("--corpus", type=Path, required=True, help="folder with train/ and valid/ of .txt files")
    parser.add_argument("--out", type=Path, required=True, help="folder for checkpoints, model, curve and run.json")
    parser.add_argument("--config", type=Path, help="TOML file whose values go over the recipe's")
    parser.add_argument("--recipe", choices=("auto", "cpu", "gpu"), default="auto", help="default: gpu if there is one")
    parser.add_argument("--max-megabytes", type=float, default=50.0, help="size limit of the shipped GGUF (50)")
    parser.add_argument("--prose", type=Path, help="folder of reference prose for calibration (default: the shipped)")
    parser.set_defaults(run=_run_reference)


def _run_reference(arguments: argparse.Namespace) -> int:
    from trainer.reference.run import reference

    return reference(
        arguments.corpus,
        arguments.out,
        config=arguments.config,
        recipe=arguments.recipe,
        max_megabytes=arguments.max_megabytes,
        prose=arguments.prose,
    )


def _add_bits(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "bits",
        help="bits per character of a GGUF on held-out works, beside two baselines",
        description="Bits per character of one or more GGUFs on the works of a corpus's valid/ folder, beside bz2 and "
        "an interpolated character 6-gram model of its train/ folder.",
    )
    parser.add_argument("models", type=Path, nargs="+", metavar="GGUF")
    parser.add_argument("--corpus", type=Path, required=True, help="folder with train/ and valid/ of .txt files")
    parser.add_argument("--characters", type=int, help="read only the first N characters of each work")
    parser.add_argument("--no-baselines", action="store_true", help="leave out bz2 and the 6-gram model")
    parser.set_defaults(run=_run_bits)


def _run_bits(arguments: argparse.Namespace) -> int:
    from trainer.reference.compare import print_bits

    return print_bits(arguments.models, arguments.corpus, arguments.characters, baselines=not arguments.no_baselines)


if __name__ == "__main__":
    sys.exit(main())
