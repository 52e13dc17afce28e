"""Runs a parallel job: splits its input into mini-batches and has them processed by worker processes.

    LAZULI_DRIVER_SETTINGS={…} python -B main.py

is the master; it starts `main.py worker …` for each process. Standard library only, Python 3.6 and later; pandas is asked
of the job's own environment where the input is a table.
"""
import sys

if __name__ == "__main__":
    if sys.argv[1:2] == ["worker"]:
        from lazuli_parallel.worker import main
    else:
        from lazuli_parallel.master import main
    sys.exit(main())
