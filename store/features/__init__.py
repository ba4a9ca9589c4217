"""What can be done to trials and asked of them, a file a feature: functions of a transaction."""
