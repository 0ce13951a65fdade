"""Tests of whole runs, facts in and evidence out."""
