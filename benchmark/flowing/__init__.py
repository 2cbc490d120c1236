"""What ``benchmark/pipeline.py`` is made of: a dialogue to run on, whole runs in a process, and their bare parts."""
