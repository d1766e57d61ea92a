"""Output folders: files written as a whole, a manifest written last, a lock, and what is needed to resume a run."""
