"""Use cases: one public function, one command, one transaction; no rules."""
