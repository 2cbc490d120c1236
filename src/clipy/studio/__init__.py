"""``clipy studio``: see the clips of a run, correct them and approve them, in a browser on this machine.

The page decides nothing by itself: what a person changes is written to ``edits.json`` in the run's folder, which
``clipy render --edits`` reads as well (docs/studio.md).
"""
