"""The same check in Python's own floats, for networks so small that numpy's calls are the cost.

A call of numpy takes a microsecond however few the numbers. A 2–3–2 network has 17 parameters, and
its check some three hundred calls; the arithmetic itself is over in a tenth of that. So what the
modules beside this room do with arrays, these do with floats: the same plan, moves, bounds and
second opinions, entry by entry. It answers only where everything is plain and agrees. Where
anything is out of the ordinary (a corner, a move out of reach, an overflow, a disagreement), the
arrays have the word, from the start.
"""
