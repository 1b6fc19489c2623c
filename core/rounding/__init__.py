"""Numbers that carry a bound: what any correct computation at a stated precision may differ by."""
