"""What people ask about their own data: to have it put right, not to have it used so, to have their account deleted."""
