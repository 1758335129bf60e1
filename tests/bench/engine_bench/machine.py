"""What machine the figures are from, and of which state of the project."""

import datetime
import os
import pathlib
import platform
import re
import subprocess

from engine_bench import paths, processes

WORTH_NAMING = ("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "avx512_fp16", "amx_bf16", "amx_int8")


def describe(kernels):
    """Lines of name and value."""
    cpu = pathlib.Path("/proc/cpuinfo").read_text()
    flags = re.search(r"^flags\s*: (.*)$", cpu, re.MULTILINE)
    has = [f for f in WORTH_NAMING if flags and f in flags.group(1).split()]
    model = re.search(r"^model name\s*: (.*)$", cpu, re.MULTILINE)
    virtual = "hypervisor" in (flags.group(1).split() if flags else [])
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return [
        ("Processor", (model.group(1) if model else platform.processor()) + (", virtual" if virtual else "")),
        ("Physical cores", str(processes.physical_cores())),
        ("Instructions", ", ".join(has)),
        ("Our kernels", kernels),
        ("Memory", f"{memory:.0f} GiB"),
        ("System", f"{distribution()}, Linux {platform.release()}"),
        ("Commit", commit()),
        ("Date", datetime.date.today().isoformat()),
    ]


def distribution():
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except OSError:
        return platform.system()


def commit():
    def git(*arguments):
        return subprocess.run(["git", *arguments], cwd=paths.ROOT, capture_output=True, text=True).stdout.strip()

    return git("rev-parse", "--short", "HEAD") + (" with changes" if git("status", "--porcelain", "--untracked-files=no") else "")
