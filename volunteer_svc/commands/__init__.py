"""What `python -m volunteer_svc COMMAND` does: arguments in, one action, words out."""
