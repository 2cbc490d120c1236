"""What active-speaker detectors are made of: lips, mel features, networks over tracks."""
