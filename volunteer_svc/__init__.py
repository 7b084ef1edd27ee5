"""Volunteer management and star rating for township social work stations."""
