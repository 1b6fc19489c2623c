"""The client, against the same application in process, and against scripted services."""
