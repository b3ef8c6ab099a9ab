"""Where the work on formations runs."""
