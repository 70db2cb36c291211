"""What tuning did: information in good and degraded passages before and after, and whether the writer changed too."""
