"""Recurring payments, found in the balance alone and forecast as dated events."""
