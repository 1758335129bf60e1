class Failure(Exception):
    """What went wrong, for the user: the command ends with it, without a stack trace."""
