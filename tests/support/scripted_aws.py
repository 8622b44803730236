"""An AWS in memory whose things take their time: each look at one takes it a step further.

What moto does not know: clusters that are created, modified and deleted step by step, roles that
get about slowly, security groups that are still in use, Redshift Serverless, tokens that expire,
and a clock that is not the caller's. It looks at no signature; moto does that.
"""

import copy
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from xml.sax.saxutils import escape

from support.aws_front import Call, Reply, error

ACCOUNT = "123456789012"
REGION = "us-west-2"
# How far a caller's clock may be off: the least that has been seen of a service.
WINDOW = timedelta(minutes=5)
CREATING = [("creating", "adding"), ("creating", "adding"), ("modifying", "adding"),
            ("available", "adding"), ("available", "in-sync")]


class Refusal(Exception):
    """What a service says instead of doing it."""

    def __init__(self, status: int, code: str, message: str = "no"):
        super().__init__(code)
        self.status = status
        self.code = code
        self.message = message


@dataclass
class Group:
    """A security group."""

    name: str
    vpc: str
    tags: dict
    rules: list = field(default_factory=list)


@dataclass
class Thing:
    """A cluster, workgroup or namespace: `states` lie ahead of it, and the last one stays."""

    given: dict
    tags: dict
    states: list
    going: bool = False


def xml(value, name: str = "") -> str:
    """Elements by name; a list repeats `{name: [{element: value}, ...]}`."""
    if isinstance(value, dict):
        return "".join(f"<{key}>{xml(item, key)}</{key}>" for key, item in value.items())
    if isinstance(value, list):
        return "".join(xml(item) for item in value)
    return escape(str(value))


def arn(kind: str, name: str) -> str:
    return f"arn:aws:redshift-serverless:{REGION}:{ACCOUNT}:{kind}/{name}"


class ScriptedAws:
    """Answers calls. The tests set what lies ahead before a run."""

    def __init__(self):
        self.roles: dict[str, dict] = {}
        self.groups: dict[str, Group] = {}
        self.cluster: Thing | None = None
        self.namespace: Thing | None = None
        self.workgroup: Thing | None = None
        self.default_vpc = True
        self.subnet_groups = {"private": "vpc-private"}
        self.subnets = {"subnet-0a": "vpc-private", "subnet-0b": "vpc-private",
                        "subnet-0c": "vpc-other"}
        self.endpoint = ("127.0.0.1", 8215)  # Nobody is expected to listen there.
        # What lies ahead of a new cluster, and how often things are refused before they are done.
        self.creating = CREATING
        self.unknown_role = 0
        self.busy = 0
        self.group_in_use = 0
        self.clock_ahead: timedelta | None = None  # None: the caller's clock is not looked at.
        self.tokens: set[str] | None = None  # Those that hold; None for any.

    def __call__(self, call: Call) -> Reply:
        if call.path.startswith("/latest/"):
            return self.instance_metadata(call)
        now = datetime.now(UTC) + (self.clock_ahead or timedelta())
        try:
            self._check(call, now)
            result = getattr(self, call.action)(call.parameters)
        except Refusal as refusal:
            reply = error(call, refusal.status, refusal.code, refusal.message)
        else:
            reply = self._wrapped(call, result)
        reply.date = now
        return reply

    def inventory(self) -> dict:
        """What there is and costs money or opens doors."""
        return copy.deepcopy({
            "roles": self.roles,
            "groups": [(group.name, group.vpc, group.tags, group.rules)
                       for group in self.groups.values()],
            **{kind: thing and (thing.given, thing.tags) for kind, thing in (
                ("cluster", self.cluster), ("namespace", self.namespace),
                ("workgroup", self.workgroup))}})

    def _check(self, call: Call, now: datetime) -> None:
        json_protocol = "X-Amz-Target" in call.headers
        signed = datetime.strptime(call.headers["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        if self.clock_ahead is not None and abs(now - signed) > WINDOW:
            code = "InvalidSignatureException" if json_protocol else "SignatureDoesNotMatch"
            raise Refusal(400 if json_protocol else 403, code,
                          f"Signature expired: {signed:%Y%m%dT%H%M%SZ} is now earlier than "
                          f"{now - WINDOW:%Y%m%dT%H%M%SZ} ({now:%Y%m%dT%H%M%SZ} - 5 min.)")
        if self.tokens is not None and call.headers["X-Amz-Security-Token"] not in self.tokens:
            code = "ExpiredTokenException" if json_protocol else "ExpiredToken"
            raise Refusal(400 if json_protocol else 403, code,
                          "The security token included in the request is expired")

    def _again(self, name: str) -> bool:
        """Whether what happens so and so often happens once more."""
        left = getattr(self, name)
        setattr(self, name, max(0, left - 1))
        return left > 0

    @staticmethod
    def _wrapped(call: Call, result: dict) -> Reply:
        if "X-Amz-Target" in call.headers:
            return Reply(200, json.dumps(result).encode(), "application/x-amz-json-1.1")
        text = xml(result)
        if call.service != "ec2":
            text = f"<{call.action}Result>{text}</{call.action}Result>"
        return Reply(200, f"<{call.action}Response>{text}</{call.action}Response>".encode())

    # ---- IAM, STS, instance metadata

    def GetCallerIdentity(self, _) -> dict:
        return {"Account": ACCOUNT, "Arn": f"arn:aws:iam::{ACCOUNT}:user/u", "UserId": "U"}

    def _role(self, given: dict) -> dict:
        if given["RoleName"] not in self.roles:
            raise Refusal(404, "NoSuchEntity")
        return self.roles[given["RoleName"]]

    def CreateRole(self, given: dict) -> dict:
        if given["RoleName"] in self.roles:
            raise Refusal(409, "EntityAlreadyExists")
        self.roles[given["RoleName"]] = {
            "trust": given["AssumeRolePolicyDocument"], "inline": {},
            "tags": {given["Tags.member.1.Key"]: given["Tags.member.1.Value"]}}
        return self.GetRole(given)

    def GetRole(self, given: dict) -> dict:
        role = self._role(given)
        return {"Role": {
            "RoleName": given["RoleName"],
            "Arn": f"arn:aws:iam::{ACCOUNT}:role/{given['RoleName']}",
            "AssumeRolePolicyDocument": role["trust"],
            "Tags": [{"member": {"Key": key, "Value": value}}
                     for key, value in role["tags"].items()]}}

    def PutRolePolicy(self, given: dict) -> dict:
        self._role(given)["inline"][given["PolicyName"]] = given["PolicyDocument"]
        return {}

    def ListAttachedRolePolicies(self, given: dict) -> dict:
        self._role(given)
        return {"AttachedPolicies": "", "IsTruncated": "false"}

    def ListRolePolicies(self, given: dict) -> dict:
        return {"PolicyNames": [{"member": name} for name in self._role(given)["inline"]],
                "IsTruncated": "false"}

    def ListInstanceProfilesForRole(self, given: dict) -> dict:
        self._role(given)
        return {"InstanceProfiles": "", "IsTruncated": "false"}

    def DeleteRolePolicy(self, given: dict) -> dict:
        if self._role(given)["inline"].pop(given["PolicyName"], None) is None:
            raise Refusal(404, "NoSuchEntity")
        return {}

    def DeleteRole(self, given: dict) -> dict:
        if self._role(given)["inline"]:
            raise Refusal(409, "DeleteConflict")
        del self.roles[given["RoleName"]]
        return {}

    def instance_metadata(self, call: Call) -> Reply:
        """Of the newest token that holds."""
        role = "meta-data/iam/security-credentials/"
        text = {"/latest/api/token": "session", f"/latest/{role}": "instance-role"}.get(
            call.path) or json.dumps({
                "Code": "Success", "AccessKeyId": "AKIDINSTANCE", "SecretAccessKey": "imdssecret",
                "Token": max(self.tokens), "Expiration": "2999-01-01T00:00:00Z"})
        return Reply(200, text.encode(), "text/plain")

    # ---- EC2

    def DescribeVpcs(self, _) -> dict:
        return {"vpcSet": [{"item": {"vpcId": "vpc-default"}}] if self.default_vpc else ""}

    def DescribeSubnets(self, given: dict) -> dict:
        asked = [given[name] for name in given if name.startswith("Filter.1.Value.")]
        return {"subnetSet": [{"item": {"subnetId": name, "vpcId": vpc}}
                              for name, vpc in self.subnets.items() if name in asked]}

    def DescribeSecurityGroups(self, given: dict) -> dict:
        wanted = {given[f"Filter.{number}.Name"]:
                  {value for name, value in given.items()
                   if name.startswith(f"Filter.{number}.Value.")}
                  for number in (1, 2) if f"Filter.{number}.Name" in given}
        items = []
        for name, group in self.groups.items():
            own = {"group-id": name, "vpc-id": group.vpc, "group-name": group.name}
            if all(own[key] in values for key, values in wanted.items()):
                items.append({"item": {
                    "groupId": name, "groupName": group.name, "vpcId": group.vpc,
                    "ipPermissions": [{"item": {
                        "ipProtocol": "tcp", "fromPort": port, "toPort": port,
                        "ipRanges": {"item": {"cidrIp": cidr, "description": mark}}}}
                        for port, cidr, mark in group.rules],
                    "tagSet": [{"item": {"key": key, "value": value}}
                               for key, value in group.tags.items()]}})
        return {"securityGroupInfo": items}

    def CreateSecurityGroup(self, given: dict) -> dict:
        place = (given["GroupName"], given["VpcId"])
        if place in [(group.name, group.vpc) for group in self.groups.values()]:
            raise Refusal(400, "InvalidGroup.Duplicate")
        name = f"sg-{len(self.groups) + 1}"
        self.groups[name] = Group(*place, {
            given["TagSpecification.1.Tag.1.Key"]: given["TagSpecification.1.Tag.1.Value"]})
        return {"groupId": name}

    @staticmethod
    def _rule(given: dict) -> tuple:
        rule = "IpPermissions.1."
        return (given[f"{rule}FromPort"], given[f"{rule}IpRanges.1.CidrIp"],
                given.get(f"{rule}IpRanges.1.Description", ""))

    def AuthorizeSecurityGroupIngress(self, given: dict) -> dict:
        rules = self.groups[given["GroupId"]].rules
        if self._rule(given)[:2] in [rule[:2] for rule in rules]:
            raise Refusal(400, "InvalidPermission.Duplicate")
        rules.append(self._rule(given))
        return {"return": "true"}

    def RevokeSecurityGroupIngress(self, given: dict) -> dict:
        group = self.groups[given["GroupId"]]
        group.rules = [rule for rule in group.rules if rule[:2] != self._rule(given)[:2]]
        return {"return": "true"}

    def DeleteSecurityGroup(self, given: dict) -> dict:
        if self.cluster or self.workgroup or self._again("group_in_use"):
            raise Refusal(400, "DependencyViolation", "resource has a dependent object")
        if self.groups.pop(given["GroupId"], None) is None:
            raise Refusal(400, "InvalidGroup.NotFound")
        return {"return": "true"}

    # ---- Redshift

    def DescribeClusterSubnetGroups(self, given: dict) -> dict:
        name = given["ClusterSubnetGroupName"]
        if name not in self.subnet_groups:
            raise Refusal(400, "ClusterSubnetGroupNotFoundFault")
        return {"ClusterSubnetGroups": {"ClusterSubnetGroup": {
            "ClusterSubnetGroupName": name, "VpcId": self.subnet_groups[name]}}}

    def CreateCluster(self, given: dict) -> dict:
        if self.cluster:
            raise Refusal(400, "ClusterAlreadyExists")
        if self._again("unknown_role"):
            role = given["IamRoles.IamRoleArn.1"]
            raise Refusal(400, "InvalidParameterValue", f"The IAM role {role} is not valid.")
        self.cluster = Thing(given, {given["Tags.Tag.1.Key"]: given["Tags.Tag.1.Value"]},
                             list(self.creating))
        return {"Cluster": self._shown()}

    def _require_cluster(self) -> Thing:
        if self.cluster is None:
            raise Refusal(404, "ClusterNotFound", "Cluster sparkify-dwh not found.")
        return self.cluster

    def _shown(self) -> dict:
        given = self.cluster.given
        status, role = self.cluster.states[0]
        shown = {
            "ClusterIdentifier": given["ClusterIdentifier"], "NodeType": given["NodeType"],
            "NumberOfNodes": given.get("NumberOfNodes", 1), "ClusterStatus": status,
            "MasterUsername": given["MasterUsername"], "DBName": given["DBName"],
            "PubliclyAccessible": given["PubliclyAccessible"],
            "ClusterSubnetGroupName": given.get("ClusterSubnetGroupName", "default"),
            "VpcSecurityGroups": {"VpcSecurityGroup": {
                "VpcSecurityGroupId": given["VpcSecurityGroupIds.VpcSecurityGroupId.1"],
                "Status": "active"}},
            "IamRoles": {"ClusterIamRole": {"IamRoleArn": given["IamRoles.IamRoleArn.1"],
                                            "ApplyStatus": role}},
            "Tags": [{"Tag": {"Key": key, "Value": value}}
                     for key, value in self.cluster.tags.items()]}
        if status != "creating":
            shown["Endpoint"] = {"Address": self.endpoint[0], "Port": self.endpoint[1]}
        return shown

    def DescribeClusters(self, _) -> dict:
        self._require_cluster()
        shown = self._shown()
        if len(self.cluster.states) > 1:
            self.cluster.states.pop(0)
        elif self.cluster.going:
            self.cluster = None
        return {"Clusters": {"Cluster": shown}}

    def DeleteCluster(self, _) -> dict:
        cluster = self._require_cluster()
        if cluster.going or self._again("busy"):
            raise Refusal(400, "InvalidClusterState", "There is an operation running")
        cluster.going = True
        cluster.states = [("final-snapshot", "in-sync"), ("deleting", "in-sync"),
                          ("deleting", "removing")]
        return {"Cluster": self._shown()}

    # ---- Redshift Serverless

    def ListTagsForResource(self, given: dict) -> dict:
        for kind, thing in (("namespace", self.namespace), ("workgroup", self.workgroup)):
            if thing and given["resourceArn"] == arn(kind, thing.given[f"{kind}Name"]):
                return {"tags": [{"key": key, "value": value}
                                 for key, value in thing.tags.items()]}
        raise Refusal(400, "ResourceNotFoundException")

    def _create(self, kind: str, given: dict, states: list) -> dict:
        if getattr(self, kind):
            raise Refusal(400, "ConflictException", f"The {kind} already exists.")
        tags = {tag["key"]: tag["value"] for tag in given["tags"]}
        setattr(self, kind, Thing(given, tags, states))
        return {kind: self._shown_serverless(kind)}

    def _require(self, kind: str) -> Thing:
        thing = getattr(self, kind)
        if thing is None:
            raise Refusal(400, "ResourceNotFoundException", f"The {kind} could not be found.")
        return thing

    def _shown_serverless(self, kind: str) -> dict:
        thing = getattr(self, kind)
        name = thing.given[f"{kind}Name"]
        shown = {key: thing.given[key] for key in (
            "namespaceName", "workgroupName", "adminUsername", "dbName", "baseCapacity",
            "securityGroupIds", "subnetIds", "publiclyAccessible") if key in thing.given}
        shown |= {f"{kind}Arn": arn(kind, name), "status": thing.states[0]}
        if kind == "workgroup" and thing.states[0] != "CREATING":
            shown["endpoint"] = dict(zip(("address", "port"), self.endpoint, strict=True))
        return shown

    def _get(self, kind: str) -> dict:
        thing = self._require(kind)
        shown = self._shown_serverless(kind)
        if len(thing.states) > 1:
            thing.states.pop(0)
        elif thing.going:
            setattr(self, kind, None)
        return {kind: shown}

    def _delete(self, kind: str) -> dict:
        thing = self._require(kind)
        if thing.going or (kind == "namespace" and self.workgroup) or self._again("busy"):
            raise Refusal(400, "ConflictException",
                          "There is an operation running on the namespace.")
        thing.going = True
        thing.states = ["DELETING", "DELETING"]
        return {kind: self._shown_serverless(kind)}

    def CreateNamespace(self, given: dict) -> dict:
        return self._create("namespace", given, ["AVAILABLE"])

    def GetNamespace(self, _) -> dict:
        return self._get("namespace")

    def DeleteNamespace(self, _) -> dict:
        return self._delete("namespace")

    def CreateWorkgroup(self, given: dict) -> dict:
        self._require("namespace")
        return self._create("workgroup", given,
                            ["CREATING", "CREATING", "MODIFYING", "AVAILABLE"])

    def GetWorkgroup(self, _) -> dict:
        return self._get("workgroup")

    def DeleteWorkgroup(self, _) -> dict:
        return self._delete("workgroup")
