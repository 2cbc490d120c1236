"""A finished clip, watched and listened to again."""
