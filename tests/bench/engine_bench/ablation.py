"""What each optimization brings: the engine with one of them switched off, or set otherwise, at a time."""

# (what is different, arguments of engine_bench)
VARIANTS = (
    ("passes of at most 256 tokens", ("--token-budget", "256")),
    ("passes of at most 8,192 tokens", ("--token-budget", "8192")),
    ("a key-value cache of 64 MiB", ("--kv-cache-mb", "64")),
)
