"""Text on pictures: fonts, shaping, line layout, caption cards, overlays, styles and brand kits."""
