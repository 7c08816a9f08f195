"""Workers: what time brings, done anywhere and by many at once. Queue engines of others only wake the same queue."""
