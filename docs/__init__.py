"""The documents, and the script that writes their tables."""
