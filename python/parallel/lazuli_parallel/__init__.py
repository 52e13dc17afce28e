"""The driver of parallel jobs."""
