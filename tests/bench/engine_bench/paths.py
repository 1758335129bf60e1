"""Where things are."""

import os
import pathlib

ROOT = pathlib.Path(__file__).resolve().parents[3]
PROGRAMS = ROOT / "build/release/bin"
PEERS = ROOT / "tests/bench/peers"
SHARED_DATA = ROOT.parent / "shared/data"
SAMPLE_DATA = ROOT / "deploy/sample_data"
CACHE = pathlib.Path(os.environ.get("ASSAY_CACHE") or pathlib.Path.home() / ".cache/assay")
DEMO_MODEL = CACHE / "models/SmolLM2-135M-Instruct.Q4_1.gguf"
BENCH = CACHE / "bench"
