"""Which processors llama.cpp can use here, and their names."""

from __future__ import annotations

import ctypes
import os
from dataclasses import dataclass
from pathlib import Path

from cqa_desktop.engine.library import load_library

GPU_TYPES = (1, 2)
"""GGML_BACKEND_DEVICE_TYPE_GPU and _IGPU."""


@dataclass(frozen=True, slots=True)
class Device:
    name: str
    """The backend's, for example CUDA0."""
    description: str
    """The device's own, for example NVIDIA RTX 4070."""
    is_gpu: bool


def devices() -> list[Device]:
    """What ggml's backends offer, in their order."""
    load_library()
    from llama_cpp._ggml import libggml

    def function(name: str, result: type | None, *arguments: type) -> ctypes._NamedFuncPointer:
        found: ctypes._NamedFuncPointer = getattr(libggml, name)
        found.restype, found.argtypes = result, list(arguments)
        return found

    count = function("ggml_backend_dev_count", ctypes.c_size_t)
    get = function("ggml_backend_dev_get", ctypes.c_void_p, ctypes.c_size_t)
    name = function("ggml_backend_dev_name", ctypes.c_char_p, ctypes.c_void_p)
    description = function("ggml_backend_dev_description", ctypes.c_char_p, ctypes.c_void_p)
    kind = function("ggml_backend_dev_type", ctypes.c_int, ctypes.c_void_p)
    handles = [get(index) for index in range(count())]
    return [
        Device(name(handle).decode(), description(handle).decode(), kind(handle) in GPU_TYPES) for handle in handles
    ]


def first_gpu() -> Device | None:
    """The GPU that llama.cpp would use, or None."""
    if not load_library().llama_supports_gpu_offload():
        return None
    return next((device for device in devices() if device.is_gpu), None)


def default_threads() -> int:
    """Cores this process may use; llama.cpp gains nothing from a core's second thread, and more than 8 rarely help."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(usable, _cores() or usable, 8))


def _cores(folder: Path = Path("/sys/devices/system/cpu")) -> int:
    """Physical cores of this machine, where Linux tells; else 0."""
    try:
        return len({file.read_text() for file in folder.glob("cpu[0-9]*/topology/thread_siblings_list")})
    except OSError:
        return 0


def cpu_name(threads: int) -> str:
    return f"CPU, {threads} thread{'s' if threads != 1 else ''}"
