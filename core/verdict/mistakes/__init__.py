"""The catalogue of mistakes: each a replacement of one equation, a few lines long."""
