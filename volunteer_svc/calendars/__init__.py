"""Calendars that telephones subscribe to."""
