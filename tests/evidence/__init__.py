"""Tests of what stays of a run."""
