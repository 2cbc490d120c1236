"""How a shot is laid out: one window, a split screen, or the whole picture."""
