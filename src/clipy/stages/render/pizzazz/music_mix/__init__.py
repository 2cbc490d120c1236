"""Music under a clip: the library, its credits, the arrangement and the ducking."""
