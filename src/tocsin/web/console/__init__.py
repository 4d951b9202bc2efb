"""The review console: pages made by the server, for people who are signed in."""
