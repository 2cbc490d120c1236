"""The only code that knows FFmpeg (through PyAV): probe, read frames and sound with exact times, write clips."""
