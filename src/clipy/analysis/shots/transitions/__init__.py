"""Gradual transitions: dissolves, fades, wipes and pushes, found with their extent."""
