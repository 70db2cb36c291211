"""`cqa-train evaluate`: did tuning calibrate the model, and did the control stay put?"""

from __future__ import annotations

import argparse
from pathlib import Path

from trainer.errors import TrainerError


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The command's arguments."""
    parser = commands.add_parser(
        "evaluate",
        help="compare a run's epochs with their base on pairs",
        description="Information in good and degraded passages under the base and under each epoch, for the "
        "literary and the factual group; the epoch is chosen on the development split and reported on the "
        "test split. Then what tuning did to the model's own writing. Writes evaluation.json and evaluation.html "
        "into the run's folder.",
    )
    parser.add_argument("folder", type=Path, metavar="RUN", help="folder that cqa-train fit wrote")
    parser.add_argument("--base", help="where the base is now (default: where fit found it)")
    parser.add_argument("--pairs", type=Path, nargs="+", metavar="FILE", default=[], help="default: the shipped pairs")
    parser.add_argument("--epochs", type=int, nargs="+", metavar="N", default=[], help="default: all")
    parser.add_argument(
        "--adapter-views",
        choices=("brief", "all"),
        default="brief",
        help="where the adapter is on: in the brief view, as in the app, or in all views (brief)",
    )
    parser.add_argument("--no-generation", action="store_true", help="leave the model's own writing out")
    parser.add_argument("--samples", type=int, default=4, help="continuations of a prompt (4)")
    parser.add_argument("--tokens", type=int, default=120, help="most tokens of a continuation (120)")
    parser.add_argument("--temperature", type=float, default=0.9, help="of the sampling (0.9)")
    parser.add_argument("--resamples", type=int, default=10_000, help="of the bootstrap (10000)")
    parser.add_argument("--seed", type=int, default=1)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Evaluate."""
    for name, least in (("samples", 1), ("tokens", 8), ("resamples", 100)):
        if getattr(arguments, name) < least:
            raise TrainerError(f"--{name} {getattr(arguments, name)}: must be at least {least}")
    if not 0 < arguments.temperature <= 5:
        raise TrainerError(f"--temperature {arguments.temperature:g}: must be above 0 and at most 5")
    from trainer.evaluate.run import Options, evaluate

    options = Options(
        base=arguments.base,
        pairs=tuple(arguments.pairs),
        epochs=tuple(sorted(set(arguments.epochs))),
        adapter_views=arguments.adapter_views,
        generation=not arguments.no_generation,
        samples=arguments.samples,
        tokens=arguments.tokens,
        temperature=arguments.temperature,
        resamples=arguments.resamples,
        seed=arguments.seed,
    )
    return evaluate(arguments.folder, options)
