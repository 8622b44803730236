"""Every AWS request, byte by byte against what botocore makes of the same parameters.

aws_request_tool sends each action of each typed client once to a server of ours. botocore's models
of the services say whether the parameters are there and of the right type, its serialisers what
their names on the wire are, and its SigV4 whether the signature fits what arrived.
"""

import json
import os
import re
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl

import botocore.session
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.serialize import create_serializer
from botocore.validate import ParamValidator

LIB_AWS = Path(__file__).resolve().parents[2] / "lib/aws"
TRUST = '{"Version": "2012-10-17", "Statement": []}'
READ_ONLY = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
ROLE = {"RoleName": "dwhRole"}
CLUSTER = {"ClusterIdentifier": "dwh"}
LOGIN = {"MasterUsername": "awsuser", "MasterUserPassword": "Passw0rd!%+ &=~", "DBName": "dev"}


def rule(**ranges):
    return {"GroupId": "sg-1", "IpPermissions": [
        {"IpProtocol": "tcp", "FromPort": 5439, "ToPort": 5439, **ranges}]}


# What aws_request_tool asks for, in its order and in botocore's terms.
EXPECTED = [
    ("sts", "GetCallerIdentity", {}),
    ("iam", "CreateRole", ROLE | {
        "AssumeRolePolicyDocument": TRUST, "Description": "Lets Redshift read é & more",
        "Tags": [{"Key": "a", "Value": "b c"}, {"Key": "d", "Value": ""}]}),
    ("iam", "GetRole", ROLE),
    ("iam", "UpdateAssumeRolePolicy", ROLE | {"PolicyDocument": "{}"}),
    ("iam", "AttachRolePolicy", ROLE | {"PolicyArn": READ_ONLY}),
    ("iam", "PutRolePolicy", ROLE | {
        "PolicyName": "s3",
        "PolicyDocument": '{"Statement": [{"Resource": "arn:aws:s3:::b/*"}]}'}),
    ("iam", "ListAttachedRolePolicies", ROLE),
    ("iam", "ListRolePolicies", ROLE),
    ("iam", "ListInstanceProfilesForRole", ROLE),
    ("iam", "DetachRolePolicy", ROLE | {"PolicyArn": READ_ONLY}),
    ("iam", "DeleteRolePolicy", ROLE | {"PolicyName": "s3"}),
    ("iam", "RemoveRoleFromInstanceProfile", ROLE | {"InstanceProfileName": "profile"}),
    ("iam", "DeleteRole", ROLE),
    ("ec2", "DescribeVpcs", {"Filters": [{"Name": "isDefault", "Values": ["true"]}]}),
    ("ec2", "DescribeSubnets", {
        "Filters": [{"Name": "subnet-id", "Values": ["subnet-1", "subnet-2"]}]}),
    ("ec2", "DescribeSecurityGroups", {
        "Filters": [{"Name": "group-id", "Values": ["sg-1", "sg-2"]}]}),
    ("ec2", "DescribeSecurityGroups", {
        "Filters": [{"Name": "vpc-id", "Values": ["vpc-1"]},
                    {"Name": "group-name", "Values": ["default"]}]}),
    ("ec2", "CreateSecurityGroup", {
        "GroupName": "dwh", "Description": "Who may come in", "VpcId": "vpc-1",
        "TagSpecifications": [{"ResourceType": "security-group",
                               "Tags": [{"Key": "k", "Value": "v"}]}]}),
    ("ec2", "AuthorizeSecurityGroupIngress", rule(
        IpRanges=[{"CidrIp": "203.0.113.5/32", "Description": "home + work"}])),
    ("ec2", "AuthorizeSecurityGroupIngress", rule(
        Ipv6Ranges=[{"CidrIpv6": "2001:db8::/64", "Description": "home"}])),
    ("ec2", "RevokeSecurityGroupIngress", rule(IpRanges=[{"CidrIp": "203.0.113.5/32"}])),
    ("ec2", "RevokeSecurityGroupIngress", rule(Ipv6Ranges=[{"CidrIpv6": "2001:db8::/64"}])),
    ("ec2", "DeleteSecurityGroup", {"GroupId": "sg-1"}),
    ("redshift", "CreateCluster", CLUSTER | LOGIN | {
        "NodeType": "ra3.large", "ClusterType": "multi-node", "NumberOfNodes": 2,
        "IamRoles": ["arn:aws:iam::123456789012:role/dwhRole", "arn:b"],
        "VpcSecurityGroupIds": ["sg-1", "sg-2"], "ClusterSubnetGroupName": "subnets",
        "PubliclyAccessible": True, "Port": 5440, "Tags": [{"Key": "a", "Value": "b c"}]}),
    ("redshift", "CreateCluster", CLUSTER | LOGIN | {
        "NodeType": "ra3.large", "ClusterType": "single-node", "PubliclyAccessible": False,
        "Port": 5440}),
    ("redshift", "DescribeClusters", CLUSTER),
    ("redshift", "DescribeClusterSubnetGroups", {"ClusterSubnetGroupName": "subnets"}),
    ("redshift", "PauseCluster", CLUSTER),
    ("redshift", "ResumeCluster", CLUSTER),
    ("redshift", "ModifyClusterIamRoles", CLUSTER | {
        "AddIamRoles": ["arn:a"], "RemoveIamRoles": ["arn:b"]}),
    ("redshift", "GetClusterCredentials", CLUSTER | {"DbUser": "awsuser", "DbName": "dev"}),
    ("redshift", "DeleteCluster", CLUSTER | {"SkipFinalClusterSnapshot": True}),
    ("redshift", "DeleteCluster", CLUSTER | {
        "SkipFinalClusterSnapshot": False, "FinalClusterSnapshotIdentifier": "last-1"}),
    ("redshift-serverless", "CreateNamespace", {
        "namespaceName": "ns1", "adminUsername": "admin", "adminUserPassword": 'Passw0rd"\\é',
        "dbName": "dev", "iamRoles": ["arn:a"], "tags": [{"key": "k", "value": "v"}]}),
    ("redshift-serverless", "CreateWorkgroup", {
        "workgroupName": "wg1", "namespaceName": "ns1", "baseCapacity": 8,
        "publiclyAccessible": True, "securityGroupIds": ["sg-1"], "subnetIds": ["subnet-1"],
        "port": 5439, "tags": [{"key": "k", "value": "v"}]}),
    ("redshift-serverless", "GetNamespace", {"namespaceName": "ns1"}),
    ("redshift-serverless", "GetWorkgroup", {"workgroupName": "wg1"}),
    ("redshift-serverless", "ListTagsForResource", {"resourceArn": "arn:w"}),
    ("redshift-serverless", "GetCredentials", {"workgroupName": "wg1", "dbName": "dev"}),
    ("redshift-serverless", "DeleteWorkgroup", {"workgroupName": "wg1"}),
    ("redshift-serverless", "DeleteNamespace", {"namespaceName": "ns1"}),
    ("redshift-serverless", "DeleteNamespace", {
        "namespaceName": "ns1", "finalSnapshotName": "last-1"}),
]

# What the replies must hold beside their wrapping.
XML_REPLIES = {
    "GetCallerIdentity": "<Account>123456789012</Account><Arn>arn:u</Arn>",
    "CreateRole": "<Role><Arn>arn:r</Arn></Role>",
    "GetRole": "<Role><Arn>arn:r</Arn></Role>",
    "CreateSecurityGroup": "<groupId>sg-1</groupId>",
    "DescribeClusterSubnetGroups": "<ClusterSubnetGroups><ClusterSubnetGroup><VpcId>vpc-1</VpcId>"
                                   "</ClusterSubnetGroup></ClusterSubnetGroups>",
    "GetClusterCredentials": "<DbUser>IAM:u</DbUser><DbPassword>p</DbPassword>",
}
JSON_REPLY = {"namespace": {}, "workgroup": {}, "dbUser": "u", "dbPassword": "p"}


class Recorder(BaseHTTPRequestHandler):
    """Keeps every request and is content with it."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.requests.append((self.path, self.headers, body))
        reply = self.reply(body).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(reply)))
        self.end_headers()
        self.wfile.write(reply)

    def reply(self, body):
        if "X-Amz-Target" in self.headers:
            return json.dumps(JSON_REPLY)
        params = dict(parse_qsl(body.decode()))
        action = params["Action"]
        result = XML_REPLIES.get(action, "")
        if params["Version"] != "2016-11-15":
            result = f"<{action}Result>{result}</{action}Result>"
        return f"<{action}Response>{result}</{action}Response>"

    def log_message(self, *args):
        """Says nothing."""


def request_tool() -> Path:
    folder = Path(os.environ.get("DWH_BIN_DIR", ""))
    for path in (folder / "aws_request_tool", folder / "tests" / "aws_request_tool"):
        if path.is_file():
            return path
    return pytest.exit("aws_request_tool is not in DWH_BIN_DIR: build it first", returncode=2)


@pytest.fixture(scope="module")
def requests():
    """What the tool sent."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Recorder)
    server.requests = []
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        done = subprocess.run(
            [request_tool(), f"http://127.0.0.1:{server.server_port}"],
            capture_output=True, text=True, timeout=120, check=False)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert done.returncode == 0, done.stderr
    assert (done.stdout, done.stderr) == ("", "")
    return server.requests


@pytest.fixture(scope="module")
def models():
    session = botocore.session.get_session()
    return {name: session.get_service_model(name) for name, _, _ in EXPECTED}


def name_of(request):
    """The action that a request asks for."""
    _, headers, body = request
    target = headers.get("X-Amz-Target", "")
    return target.split(".")[-1] or dict(parse_qsl(body.decode()))["Action"]


def test_every_action_is_sent(requests, models):
    assert [name_of(request) for request in requests] == [action for _, action, _ in EXPECTED]
    known = {action for model in models.values() for action in model.operation_names}
    sources = [LIB_AWS / f"{name}.cc" for name in ("iam", "ec2", "redshift", "serverless", "sts")]
    used = {word for path in sources for word in re.findall(r'"(\w+)"', path.read_text())} & known
    assert used == {action for _, action, _ in EXPECTED}


@pytest.mark.parametrize("number", range(len(EXPECTED)),
                         ids=[f"{n}-{action}" for n, (_, action, _) in enumerate(EXPECTED)])
def test_request_is_what_the_model_asks_for(requests, models, number):
    service, action, params = EXPECTED[number]
    model = models[service]
    operation = model.operation_model(action)
    if operation.input_shape:
        report = ParamValidator().validate(params, operation.input_shape)
        assert not report.has_errors(), report.generate_report()

    path, headers, body = requests[number]
    wanted = create_serializer(model.protocol).serialize_to_request(params, operation)
    assert path == wanted["url_path"] == "/"
    for name, value in wanted["headers"].items():
        assert headers[name] == value
    if model.protocol == "json":
        assert json.loads(body) == json.loads(wanted["body"])
    else:
        sent = parse_qsl(body.decode(), keep_blank_values=True, strict_parsing=True)
        assert len(sent) == len(dict(sent)), "a name is sent twice"
        assert dict(sent) == {name: str(value) for name, value in wanted["body"].items()}


@pytest.mark.parametrize("number", range(len(EXPECTED)),
                         ids=[f"{n}-{action}" for n, (_, action, _) in enumerate(EXPECTED)])
def test_signature_fits_what_arrived(requests, models, number):
    service = EXPECTED[number][0]
    _, headers, body = requests[number]
    credential, names, signature = re.fullmatch(
        r"AWS4-HMAC-SHA256 Credential=([^,]+), SignedHeaders=([^,]+), Signature=([0-9a-f]{64})",
        headers["Authorization"]).groups()
    region = "us-east-1" if service == "iam" else "us-west-2"
    signing_name = models[service].signing_name
    date = headers["X-Amz-Date"]
    assert credential == f"AKIDEXAMPLE/{date[:8]}/{region}/{signing_name}/aws4_request"
    assert headers["X-Amz-Security-Token"] == "token"
    assert {"content-type", "host", "x-amz-date", "x-amz-security-token"} <= set(names.split(";"))

    # Unsigned headers are left out, so that botocore signs the same ones.
    request = AWSRequest(method="POST", url=f"http://{headers['Host']}/", data=body,
                         headers={name: headers[name] for name in names.split(";")})
    request.context["timestamp"] = date
    signer = SigV4Auth(Credentials("AKIDEXAMPLE", "secret", "token"), signing_name, region)
    text = signer.string_to_sign(request, signer.canonical_request(request))
    assert signer.signature(text, request) == signature
