"""Facts of the machine and of the libraries that a figure depends on."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from benchmarks.peers import PEERS

THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "RAYON_NUM_THREADS",
)
_OURS = ("numpy", "selectolax", "orjson", "pyarrow", "zstandard", "scikit-learn", "scipy")


def single_threaded(arguments: Sequence[str]) -> None:
    """Start this process anew with every library held to one thread; do nothing where it is so already.

    The variables are read when a library is loaded, so they have to stand before the interpreter starts.
    """
    wanted = dict.fromkeys(THREAD_VARIABLES, "1") | {"TOKENIZERS_PARALLELISM": "false", "PYTHONHASHSEED": "0"}
    if all(os.environ.get(name) == value for name, value in wanted.items()):
        return
    sys.stdout.flush()
    os.execve(sys.executable, [sys.executable, "-m", "benchmarks", *arguments], os.environ | wanted)


def facts() -> dict[str, Any]:
    """CPU, cores, load, Python, numpy with its BLAS, and versions of everything measured; None where not installed."""
    import numpy as np

    blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    return {
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "cpu": _cpu(),
        "cores": len(os.sched_getaffinity(0)),
        "load_at_start": round(os.getloadavg()[0], 2),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "blas": f"{blas.get('name')} {blas.get('version')} ({_blas_kernel()})",
        "threads": 1,
        "garbage_collector": "off while timing",
        "versions": {name: _version(name) for name in (*_OURS, *PEERS)},
    }


def _cpu() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or "?"


def _blas_kernel() -> str:
    """The instruction set that the BLAS chose for this machine."""
    try:
        from threadpoolctl import threadpool_info
    except ImportError:
        return "kernel unknown: threadpoolctl is not installed"
    kernels = {pool.get("architecture", "?") for pool in threadpool_info() if pool.get("user_api") == "blas"}
    return ", ".join(sorted(kernels)) or "?"


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
