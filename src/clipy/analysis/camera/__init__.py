"""The virtual camera: whom the crop window follows, and how it moves."""
