"""moto's server as the AWS of the tests: EKS clusters whose API server is the local cluster's.

Arguments: the API server's address, the file of its CA. Prints its port, and ends with its stdin.
"""

import base64
import sys

import boto3
from moto.eks.models import eks_backends
from moto.server import ThreadedMotoServer

ACCOUNT, REGION = "123456789012", "eu-west-1"

endpoint, ca = sys.argv[1:]
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
port = server.get_host_and_port()[1]
eks = boto3.client(
    "eks",
    region_name=REGION,
    endpoint_url=f"http://127.0.0.1:{port}",
    aws_access_key_id="maker",
    aws_secret_access_key="of-the-clusters",
)
role = f"arn:aws:iam::{ACCOUNT}:role/eks"
network = {"subnetIds": ["subnet-1", "subnet-2"]}
backend = eks_backends[ACCOUNT][REGION]
for name, status in [
    ("workshop", "ACTIVE"),
    ("closed", "ACTIVE"),
    ("shop-prod", "ACTIVE"),
    ("newborn", "CREATING"),
    ("leaving", "DELETING"),
]:
    eks.create_cluster(name=name, roleArn=role, resourcesVpcConfig=network)
    cluster = backend.clusters[name]
    cluster.endpoint = endpoint
    with open(ca, "rb") as file:
        cluster.certificate_authority = {"data": base64.b64encode(file.read()).decode()}
    if name == "workshop":
        scaling = {"minSize": 3, "maxSize": 6, "desiredSize": 4}
        eks.create_nodegroup(
            clusterName=name,
            nodegroupName="default",
            subnets=network["subnetIds"],
            nodeRole=role,
            scalingConfig=scaling,
        )
    cluster.status = status
print(port, flush=True)
sys.stdin.read()
