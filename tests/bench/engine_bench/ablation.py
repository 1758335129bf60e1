"""What each setting brings: the engine with one of them changed at a time."""

# What is different, and the arguments of engine_bench that make it so (the last of an option given twice counts).
VARIANTS = (
    ("passes of at most 256 tokens", ("--token-budget", "256")),
    ("passes of at most 8,192 tokens", ("--token-budget", "8192")),
    ("a key-value cache of 64 MiB", ("--kv-cache-mb", "64")),
)
