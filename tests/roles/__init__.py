"""Every action with every role: the table, and the scene in which it is tried."""
