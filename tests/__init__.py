"""Tests of kanmon itself."""
