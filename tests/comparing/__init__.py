"""Tests of what changed between two runs."""
