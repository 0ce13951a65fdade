"""Tests of the rules and how they are looked up."""
