"""Verdicts on somebody else's numbers: which cannot be right, which equation, which mistake."""
