"""S3-compatible storage: one client for the operator and the trainer.

Start with `nas_storage.bucket`. What can be wrong is in `nas_storage.faults`, which needs no S3 library: the plan and
the command line import only that. `nas_storage.bucket` imports boto3, which takes a second: import it where a bucket
is first needed.
"""
