"""Tests of what the operator wrote."""
