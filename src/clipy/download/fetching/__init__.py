"""From an address to files, whichever downloader has them."""
