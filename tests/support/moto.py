"""An AWS of our own: moto's server as a child, checking signatures and policies."""

import json
import os
import subprocess
import sys
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import boto3

ACCOUNT = "123456789012"
EVERYTHING = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Action": "*", "Resource": "*"}]})


@dataclass(frozen=True)
class Key:
    """What a user of AWS signs with."""

    id: str
    secret: str
    token: str = ""


class Moto:
    """moto_server on a free loopback port. `admin` may do everything there, for reading back."""

    def __init__(self, region: str = "us-west-2"):
        self.region = region
        env = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        # The child needs the keys of nobody; its own boto3 must never look for real ones.
        env |= {"MOTO_IAM_LOAD_MANAGED_POLICIES": "true", "AWS_EC2_METADATA_DISABLED": "true"}
        self._child = subprocess.Popen(
            [sys.executable, "-m", "support.moto"], cwd=Path(__file__).parents[1], env=env,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        line = self._child.stdout.readline().strip()
        assert line.isdigit(), "moto's server does not start: is moto[server] installed?"
        self.port = int(line)
        self.url = f"http://127.0.0.1:{self.port}"
        self._session = boto3.session.Session()
        self._clients: dict = {}
        self.admin = self.reset()

    def stop(self) -> None:
        self._child.stdin.close()  # It lives as long as its standard input.
        self._child.wait(30)

    def reset(self) -> Key:
        """Empties the account but for `admin` and has every request checked from now on."""
        self._check_from("inf")
        self._post("reset", b"")
        self.admin = self.make_user("admin", EVERYTHING, Key("AKIANOBODY", "none"))
        self._check_from("0")
        return self.admin

    def make_user(self, name: str, policy: str, maker: Key | None = None) -> Key:
        """A user with one access key, who may do what `policy` says and nothing else."""
        iam = self.client("iam", maker)
        iam.create_user(UserName=name)
        iam.put_user_policy(UserName=name, PolicyName="only", PolicyDocument=policy)
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return Key(key["AccessKeyId"], key["SecretAccessKey"])

    def assume_role(self, name: str, policy: str) -> Key:
        """Keys of a session, with a token, that may do what `policy` says."""
        iam = self.client("iam")
        trust = {"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}]}
        arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))["Role"][
            "Arn"]
        iam.put_role_policy(RoleName=name, PolicyName="only", PolicyDocument=policy)
        made = self.client("sts").assume_role(RoleArn=arn, RoleSessionName=name)["Credentials"]
        return Key(made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"])

    def client(self, service: str, key: Key | None = None):
        key = key or self.admin
        if (service, key) not in self._clients:  # Each costs boto3 some tenths of a second.
            self._clients[service, key] = self._session.client(
                service, region_name=self.region, endpoint_url=self.url,
                aws_access_key_id=key.id, aws_secret_access_key=key.secret,
                aws_session_token=key.token or None)
        return self._clients[service, key]

    def empty(self, keep: str = "") -> None:
        """Removes everything but `admin` and the user with key id `keep`: far faster than
        reset()."""
        redshift, ec2, iam = map(self.client, ("redshift", "ec2", "iam"))
        for cluster in redshift.describe_clusters()["Clusters"]:
            redshift.delete_cluster(ClusterIdentifier=cluster["ClusterIdentifier"],
                                    SkipFinalClusterSnapshot=True)
        for snapshot in redshift.describe_cluster_snapshots()["Snapshots"]:
            redshift.delete_cluster_snapshot(SnapshotIdentifier=snapshot["SnapshotIdentifier"])
        for group in ec2.describe_security_groups()["SecurityGroups"]:
            if group["GroupName"] != "default":
                ec2.delete_security_group(GroupId=group["GroupId"])
            elif group["IpPermissions"]:
                ec2.revoke_security_group_ingress(GroupId=group["GroupId"],
                                                  IpPermissions=group["IpPermissions"])
        for role in iam.list_roles()["Roles"]:
            name = {"RoleName": role["RoleName"]}
            for policy in iam.list_attached_role_policies(**name)["AttachedPolicies"]:
                iam.detach_role_policy(**name, PolicyArn=policy["PolicyArn"])
            for policy in iam.list_role_policies(**name)["PolicyNames"]:
                iam.delete_role_policy(**name, PolicyName=policy)
            iam.delete_role(**name)
        for user in iam.list_users()["Users"]:
            name = {"UserName": user["UserName"]}
            keys = iam.list_access_keys(**name)["AccessKeyMetadata"]
            if name["UserName"] == "admin" or any(key["AccessKeyId"] == keep for key in keys):
                continue
            for key in keys:
                iam.delete_access_key(**name, AccessKeyId=key["AccessKeyId"])
            iam.delete_user_policy(**name, PolicyName="only")
            iam.delete_user(**name)

    def inventory(self) -> dict:
        """Everything there is but users, as boto3 sees it, with names in place of ids."""
        redshift, ec2, iam = map(self.client, ("redshift", "ec2", "iam"))
        groups = {group["GroupId"]: group for group in
                  ec2.describe_security_groups()["SecurityGroups"]}
        return {
            "clusters": [self._cluster(cluster, groups)
                         for cluster in redshift.describe_clusters()["Clusters"]],
            "snapshots": [snapshot["SnapshotIdentifier"] for snapshot in
                          redshift.describe_cluster_snapshots()["Snapshots"]
                          if snapshot["SnapshotType"] == "manual"],
            "groups": sorted(([group["GroupName"], _tags(group), _rules(group)]
                              for group in groups.values() if group["GroupName"] != "default"
                              or group["IpPermissions"]), key=str),
            "roles": [self._role(iam, role["RoleName"]) for role in iam.list_roles()["Roles"]],
            "policies": [policy["PolicyName"]
                         for policy in iam.list_policies(Scope="Local")["Policies"]],
        }

    @staticmethod
    def _cluster(cluster: dict, groups: dict) -> dict:
        known = ("ClusterIdentifier", "ClusterStatus", "NodeType", "NumberOfNodes", "DBName",
                 "MasterUsername", "PubliclyAccessible")
        return {name: cluster[name] for name in known} | {
            "Port": cluster["Endpoint"]["Port"],
            "Tags": _tags(cluster),
            "Roles": [role["IamRoleArn"] for role in cluster["IamRoles"]],
            "Groups": [groups[group["VpcSecurityGroupId"]]["GroupName"]
                       for group in cluster["VpcSecurityGroups"]],
        }

    @staticmethod
    def _role(iam, name: str) -> dict:
        role = iam.get_role(RoleName=name)["Role"]
        return {
            "Name": name,
            "Description": role.get("Description"),
            "Tags": _tags(role),
            "Trust": role["AssumeRolePolicyDocument"],
            "Attached": [policy["PolicyArn"] for policy in
                         iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]],
            "Inline": {policy: iam.get_role_policy(RoleName=name, PolicyName=policy)[
                "PolicyDocument"] for policy in iam.list_role_policies(RoleName=name)[
                "PolicyNames"]},
        }

    def _check_from(self, count: str) -> None:
        """Requests are checked after so many more: "0" for all, "inf" for none."""
        self._post("reset-auth", count.encode())

    def _post(self, what: str, body: bytes) -> None:
        request = urllib.request.Request(f"{self.url}/moto-api/{what}", body,
                                         {"Content-Type": "text/plain"})
        with urllib.request.urlopen(request, timeout=60) as reply:
            assert reply.status == 200


def _tags(thing: dict) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in thing.get("Tags", [])}


def _rules(group: dict) -> list[tuple]:
    return [(rule["IpProtocol"], rule.get("FromPort"), rule.get("ToPort"), block["CidrIp"],
             block.get("Description", ""))
            for rule in group["IpPermissions"] for block in rule["IpRanges"]]


def _serve() -> None:
    from moto.core.request import Request
    from moto.iam.responses import IamResponse
    from moto.server import ThreadedMotoServer

    def role_arn(self, role_name: str) -> str:
        # For a role that does not exist (yet) moto checks policies against the resource "*", which
        # no policy for one role covers; AWS checks against the ARN that the role would have.
        return f"arn:aws:iam::{ACCOUNT}:role/{role_name}"

    def keep_body(self, *args, **kwargs) -> None:
        # moto reads the form out of the stream and checks signatures against a form of its own
        # spelling ("+" for a blank); AWS checks them against the bytes that came.
        init(self, *args, **kwargs)
        self.get_data()

    assert hasattr(IamResponse, "_resolve_resource_arn")
    IamResponse._resolve_resource_arn = role_arn
    init = Request.__init__
    Request.__init__ = keep_body
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    print(server.get_host_and_port()[1], flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    _serve()
