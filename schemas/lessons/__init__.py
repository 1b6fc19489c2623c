"""The lesson endpoints' requests and answers, a module for each kind of figure."""
