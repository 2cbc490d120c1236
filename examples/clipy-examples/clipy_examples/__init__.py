"""A backend of every kind, each in one short file that imports only what clipy promises to keep."""
