"""The border where JSON becomes networks; every problem is told with its pointer, all at once."""
