"""Which way leads there: components, hops, the search for a plan, and its reasons."""
