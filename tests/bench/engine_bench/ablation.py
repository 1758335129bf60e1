"""What each setting brings: the engine with one of them changed at a time."""

# What is different, and the arguments of engine_bench that make it so (the last of an option given twice counts).
VARIANTS = (
    ("common prefixes computed anew for each prompt", ("--without", "shared-prefixes")),
    ("prompts in the order of submission, not of prefixes", ("--without", "prefix-order")),
    ("no prompt look-up", ("--without", "speculation")),
    ("attention by sequence, not by shared blocks", ("--without", "shared-attention")),
    ("each step of a layer for all rows, then the next", ("--without", "rows-through-layers")),
    ("the last layer for every row", ("--without", "outputs-only")),
    ("at most 8 sequences at a time", ("--most-running", "8")),
    ("weights of 8 bits", ("--precision", "int8")),
    ("passes of at most 256 tokens", ("--token-budget", "256")),
    ("passes of at most 8,192 tokens", ("--token-budget", "8192")),
    ("a key-value cache of 64 MiB", ("--kv-cache-mb", "64")),
)
