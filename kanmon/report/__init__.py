"""Renderings of ``results.json``."""
