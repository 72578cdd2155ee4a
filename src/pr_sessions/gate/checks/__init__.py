"""Our check run on every commit, and the team's checks that are started when waiting is over."""
