"""`cqa-train export`: what the app loads."""

from __future__ import annotations

import argparse
from pathlib import Path

KINDS = ("F16", "Q8_0", "Q6_K", "Q5_K_M", "Q4_K_M")


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The command's arguments."""
    parser = commands.add_parser(
        "export",
        help="write a run as GGUF: a merged model, or an adapter",
        description="Merge an epoch's adapter into its base, convert to GGUF and quantise; or write the adapter alone. "
        "Each file is compared with the torch model before it gets its name.",
    )
    parser.add_argument("folder", type=Path, metavar="RUN", help="folder that cqa-train fit wrote")
    parser.add_argument("--base", help="where the base is now (default: where fit found it)")
    parser.add_argument("--epoch", type=int, help="default: the one that evaluate chose, else the last")
    parser.add_argument("--out", type=Path, help="default: export/ in the run's folder")
    parser.add_argument(
        "--quant", nargs="+", type=str.upper, choices=KINDS, default=["Q8_0"], metavar="KIND", help=", ".join(KINDS)
    )
    parser.add_argument("--adapter-only", action="store_true", help="write the LoRA alone")
    parser.add_argument("--verify", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--no-calibrate", action="store_true", help="leave the percentiles to `cqa calibrate`")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Export."""
    from trainer.export.run import Options, export

    options = Options(
        base=arguments.base,
        epoch=arguments.epoch,
        out=arguments.out,
        kinds=tuple(dict.fromkeys(arguments.quant)),
        adapter_only=arguments.adapter_only,
        verify=arguments.verify,
        calibrate=not arguments.no_calibrate,
    )
    return export(arguments.folder, options)
