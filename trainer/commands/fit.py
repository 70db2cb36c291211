"""`cqa-train fit`: a LoRA adapter from annotations."""

from __future__ import annotations

import argparse
from pathlib import Path

SWITCHES = ("auto", "on", "off")


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The command's arguments."""
    parser = commands.add_parser(
        "fit",
        help="fine-tune a base model on annotations",
        description="Train a LoRA adapter on annotations, one checkpoint an epoch. Flags go over the TOML file, which "
        "goes over the defaults. The same command resumes a run that was stopped. On several GPUs: accelerate launch "
        "-m trainer.cli fit ...",
    )
    parser.add_argument("--base", help="reference, a folder, or owner/name on the hub (reference)")
    parser.add_argument("--revision", help="branch, tag or commit on the hub")
    parser.add_argument("--data", nargs="+", metavar="FILE", help="files of annotations (JSONL)")
    parser.add_argument("--out", type=Path, required=True, help="folder of the run")
    parser.add_argument("--config", type=Path, metavar="TOML", help="a run's settings")
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--learning-rate", type=float)
    parser.add_argument("--batch-size", type=int, help="rows of an optimiser step, over all devices")
    parser.add_argument("--micro-batch", type=int, help="rows that a device takes at once")
    parser.add_argument("--context", type=int, metavar="TOKENS", help="most tokens of a row")
    parser.add_argument("--rank", type=int, help="of the LoRA")
    parser.add_argument("--alpha", type=int, help="of the LoRA")
    parser.add_argument("--dropout", type=float)
    parser.add_argument("--targets", nargs="+", metavar="NAME", help="projections that are adapted")
    parser.add_argument("--prompt-format", choices=("auto", "prose-1", "headed-1"))
    parser.add_argument("--chat-template", choices=SWITCHES)
    parser.add_argument("--dialogue", action="store_const", const=True, help="train on the dialogue too")
    parser.add_argument("--overlong", choices=("error", "skip"), help="what to do with rows that do not fit")
    parser.add_argument("--precision", choices=("auto", "bf16", "float32"))
    parser.add_argument("--gradient-checkpointing", choices=SWITCHES)
    parser.add_argument("--load-in-4bit", action="store_const", const=True, help="needs bitsandbytes and a CUDA GPU")
    parser.add_argument("--seed", type=int)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Train."""
    from trainer.fit.config import FitConfig, load_fit_config

    flags = {name: getattr(arguments, name) for name in FitConfig.__dataclass_fields__ if hasattr(arguments, name)}
    config = load_fit_config(arguments.config, flags)
    from trainer.fit.run import fit

    return fit(config, arguments.out)
