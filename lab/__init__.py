"""A simulated estate that speaks the real protocols on loopback.

A world file says what is in it; every simulated server derives its own view of the same machines.
It shares no code with the readers.
"""
