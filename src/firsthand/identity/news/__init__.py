"""What a member of staff is told of his own sign-in at the next one."""
