"""Core–periphery structure: who is in the core, how clear it is, and whether degrees alone explain it."""
