"""paywise v2, as far as its published client tells: our own stand-in, and that client as a process of its own."""
