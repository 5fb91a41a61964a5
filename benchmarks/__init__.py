"""Speed, memory and accuracy beside other libraries, measured in one process run: ``python -m benchmarks``."""
