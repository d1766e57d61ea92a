"""Work cut into shards, the function that does one, and the executors that call it."""
