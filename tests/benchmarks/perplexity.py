"""llama.cpp's own `llama-perplexity`, built from the sources inside the llama-cpp-python source distribution."""

from __future__ import annotations

import re
import subprocess
import sys
import tarfile
from importlib.metadata import version
from pathlib import Path

BUILD = Path(".bench")
STAMP = r"(\d+)\.(\d+)\.(\d+)\.(\d+)"
"""Minutes, seconds, milliseconds, microseconds."""
OFF = (
    "LLAMA_CURL",
    "LLAMA_OPENSSL",
    "LLAMA_BUILD_TESTS",
    "LLAMA_BUILD_EXAMPLES",
    "LLAMA_BUILD_SERVER",
    "LLAMA_BUILD_UI",
)


def build() -> Path:
    """The program; built on the first call, in `.bench`."""
    program = BUILD / f"llama.cpp-{version('llama-cpp-python')}" / "bin" / "llama-perplexity"
    if program.exists():
        return program
    print("building llama-perplexity; this takes some minutes", file=sys.stderr)
    BUILD.mkdir(exist_ok=True)
    wanted = f"llama-cpp-python=={version('llama-cpp-python')}"
    _run(
        sys.executable,
        "-m",
        "pip",
        "download",
        "-q",
        "--no-deps",
        "--no-binary",
        ":all:",
        "-d",
        str(BUILD),
        wanted,
    )
    archive = next(BUILD.glob("llama_cpp_python-*.tar.gz"))
    with tarfile.open(archive) as file:
        file.extractall(BUILD, filter="data")
    source = BUILD / archive.name.removesuffix(".tar.gz") / "vendor" / "llama.cpp"
    out = program.parent.parent
    _run("cmake", "-S", str(source), "-B", str(out), "-DCMAKE_BUILD_TYPE=Release", *(f"-D{name}=OFF" for name in OFF))
    _run("cmake", "--build", str(out), "--target", "llama-perplexity", "-j2")
    return program


def tokens_per_second(program: Path, model: Path, text: Path, *, context: int, threads: int, batch: int) -> float:
    """Tokens evaluated between its first window and its estimate, by the clock of its own log."""
    done = _run(
        str(program), "-m", str(model), "-f", str(text), "-c", str(context), "-t", str(threads), "-tb", str(threads),
        "-b", str(context), "-ub", str(batch), "--no-warmup",
    )  # fmt: skip
    began = re.search(rf"{STAMP} I perplexity: calculating perplexity over (\d+) chunks", done)
    ended = re.search(rf"{STAMP} I Final estimate", done)
    if began is None or ended is None:
        raise RuntimeError(f"llama-perplexity said nothing of its progress: {done[-400:]}")
    return int(began.group(5)) * context / (_seconds(ended) - _seconds(began))


def _seconds(stamp: re.Match[str]) -> float:
    minutes, seconds, milliseconds, microseconds = map(int, stamp.groups()[:4])
    return 60 * minutes + seconds + milliseconds / 1e3 + microseconds / 1e6


def _run(*command: str) -> str:
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{command[0]} failed: {done.stdout[-600:]}")
    return done.stdout
