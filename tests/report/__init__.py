"""Tests of how a run is told."""
