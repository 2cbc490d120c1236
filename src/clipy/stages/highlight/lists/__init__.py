"""Moments that are given from outside: lists, edit lists, timecodes."""
