"""Tests of the readers, against the lab and against what others wrote."""
