"""A compiler from a small part of Python to LLVM's language; see `clustercoop.analysis.lowering.module`."""
