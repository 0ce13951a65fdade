"""Tests of what an operator can type."""
