"""The benchmark `tests/bench/engine`: workloads, the engines and how they are run, and what is made of the figures."""
