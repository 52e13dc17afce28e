"""What goes wrong in a parallel job, in words for its owner."""


class JobFailed(Exception):
    """Ends the whole job; its text is the last thing that the job says."""
