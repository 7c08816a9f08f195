"""The conditions, a module per subject: checks, and below them the rows of the table."""
