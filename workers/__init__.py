"""Background processes: the event relay and the scheduled jobs."""
