"""Tests of the way that leads there."""
