"""boto3's door: the assessment API 2016-02-16 over HTTP, and the few EC2 actions that tag hosts."""
