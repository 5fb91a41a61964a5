"""The fuzzers are programs of their own and need atheris, which not every platform has."""

collect_ignore_glob = ["fuzz_*.py"]
