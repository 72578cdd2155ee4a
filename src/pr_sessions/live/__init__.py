"""Pull requests of the present, as their forge tells them: sessions, the gate, what is said and done about them."""
