"""The peers' virtual environments, made from pinned lists of packages."""

import hashlib
import os
import subprocess
import sys

from engine_bench import paths
from engine_bench.failure import Failure

# llama.cpp is compiled here, for the instructions that this processor has.
BUILD_VARIABLES = {"CMAKE_ARGS": "-DGGML_NATIVE=ON"}


def python_of(name):
    return paths.BENCH / "environments" / name / "bin/python"


def shared_library(name, library):
    """A shared library that a package put into the environment's folder lib; None where there is none."""
    path = paths.BENCH / "environments" / name / "lib" / library
    return path if path.exists() else None


def ensure(name):
    """Makes the environment of peers/NAME/requirements.txt unless it is there as the list wants it."""
    folder = paths.BENCH / "environments" / name
    build_list = paths.PEERS / name / "requirements-build.txt"
    lists = [p for p in (build_list, paths.PEERS / name / "requirements.txt") if p.exists()]
    digest = hashlib.sha256(sys.version.encode() + b"".join(p.read_bytes() for p in lists)).hexdigest()
    stamp = folder / ".stamp"
    if stamp.exists() and stamp.read_text() == digest:
        return
    print(f"Making the environment {name} in {folder}", flush=True)
    log = paths.BENCH / f"environment-{name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    variables = dict(os.environ, **BUILD_VARIABLES, CMAKE_BUILD_PARALLEL_LEVEL=str(os.cpu_count()))
    variables["PATH"] = f"{folder / 'bin'}:{variables['PATH']}"
    commands = [[sys.executable, "-m", "venv", str(folder)]]
    for packages in lists:
        isolation = ["--no-build-isolation"] if build_list in lists and packages != build_list else []
        commands.append([str(python_of(name)), "-m", "pip", "install", "--no-deps", *isolation, "-r", str(packages)])
    with log.open("wb") as output:
        for command in commands:
            if subprocess.run(command, stdout=output, stderr=subprocess.STDOUT, env=variables).returncode != 0:
                raise Failure(f"the environment {name} could not be made; {log} says why")
    stamp.write_text(digest)
