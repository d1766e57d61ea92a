"""Recurring payments: found from the balance alone, forecast as dated events."""
