"""Looks for insecure settings in infrastructure code: CloudFormation, Terraform, Kubernetes, Dockerfiles, workflows.

One program: `python -m infracode`. It runs with the worker's interpreter and calls checkov and zizmor, which lie in an
environment of this server's own, first on its search path.
"""
