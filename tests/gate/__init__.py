"""Tests of what a run comes to."""
