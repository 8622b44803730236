"""manage_dwh against a scripted AWS: things that take their time, and all that can go wrong on the
way there and back.

The program is manage_dwh but for its clock: waits take no time (tests/support/quick_clock.cc).
"""

import re
import socket
import struct
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from support.aws_caller import AwsCaller
from support.aws_front import AwsFront, cut_at, dribble, drop, page, refuse
from support.programs import Programs
from support.scripted_aws import CREATING, ScriptedAws

pytestmark = pytest.mark.sanitize

CIDR = "198.51.100.7/32"
MARK = {"sparkify-dwh": "sparkify-dwh"}
KEYS = "KEY=AKIDEXAMPLE\nSECRET=topsecretkey\n"
ENGINES = ["redshift", "serverless"]
NOTHING = ScriptedAws().inventory()


class Cloud(AwsCaller):
    """An empty scripted account, a dwh.cfg that leads to it, and the program."""

    program = "manage_dwh_quick"

    def configure(self, engine: str, keys: str = KEYS, cluster: str = "",
                  serverless: str = "") -> None:
        self.write(f"[AWS]\n{keys}REGION=us-west-2\nENDPOINT_URL={self.front.url}\n\n[DWH]\n"
                   f"ENGINE={engine}\n\n[CLUSTER]\nHOST=\nALLOWED_CIDR={CIDR}\n"
                   f"DB_PORT=8215\nDB_PASSWORD=Passw0rdOfMine\n{cluster}\n[SERVERLESS]\n"
                   f"{serverless}\n[IAM_ROLE]\nARN=\n\n[S3]\nLOG_DATA=s3://lake/log_data\n")

    @property
    def aws(self) -> ScriptedAws:
        return self.front.answer

    def count(self, action: str) -> int:
        return [call.action for call in self.front.calls].count(action)

    def run_through(self, spoil=None) -> tuple[dict, str, str]:
        """create, then delete, `spoil` being done to the calls of each; all that there was in
        between, and what both told. Nothing may be left."""
        told = []
        for command in (("create",), ("delete", "--yes")):
            self.front.forget()
            if spoil:
                spoil(self.front)
            told.append(self.manage(*command).err)
            if command[0] == "create":
                made = self.aws.inventory()
                assert self.get("HOST") == self.aws.endpoint[0]
        assert self.aws.inventory() == NOTHING
        assert (self.get("HOST"), self.get("ARN")) == ("", "")
        return made, *told


@pytest.fixture(scope="module")
def front():
    server = AwsFront(ScriptedAws())
    yield server
    server.stop()


@pytest.fixture
def cloud(bin_dir, front, tmp_path):
    front.answer = ScriptedAws()
    front.forget()
    folder = bin_dir if (bin_dir / Cloud.program).is_file() else bin_dir / "tests"
    return Cloud(Programs(folder), front, tmp_path)


# ---- States --------------------------------------------------------------------------------


def test_cluster_goes_through_all_its_states(cloud):
    cloud.configure("redshift")
    cloud.aws.unknown_role = 2
    cloud.aws.busy = 1
    cloud.aws.group_in_use = 2
    made, created, deleted = cloud.run_through()
    given, tags = made["cluster"]
    assert (given["ClusterIdentifier"], tags) == ("sparkify-dwh", MARK)
    told = [line.rpartition(": ")[2] for line in created.splitlines() if "Checking" in line]
    assert told == ["creating.", "creating.", "modifying.", "available, its role is adding.",
                    "available."]
    assert created.count("does not know the new role yet") == 2
    assert "attempt 5 (60.0 s)" in created
    told = [line.rpartition(": ")[2] for line in deleted.splitlines() if "Checking" in line]
    assert told == ["final-snapshot.", "deleting.", "deleting.", "gone."]
    assert "An operation is running on it" in deleted
    assert deleted.count("is still in use") == 2


def test_serverless_goes_through_all_its_states(cloud):
    cloud.configure("serverless")
    cloud.aws.busy = 1
    made, created, deleted = cloud.run_through()
    assert made["namespace"][1] == made["workgroup"][1] == MARK
    told = [line.rpartition(": ")[2] for line in created.splitlines() if "Checking" in line]
    assert told == ["creating.", "creating.", "modifying.", "available."]
    told = [re.sub(r", attempt \d+ \(.*\)", "", line)
            for line in deleted.splitlines() if "Checking" in line]
    assert told == [f"Checking workgroup deletion: {state}." for state in (
        "busy", "deleting", "deleting", "deleting", "gone")] + [
            f"Checking namespace deletion: {state}." for state in (
                "deleting", "deleting", "deleting", "gone")]


def test_create_waits_for_the_end_of_the_old_cluster(cloud):
    cloud.configure("redshift")
    cloud.manage("create")
    cloud.aws.DeleteCluster({})
    assert "is just being deleted" in cloud.manage("create").err
    assert cloud.aws.cluster.states == CREATING[-1:]


def test_status_tells_each_state(cloud):
    cloud.configure("redshift")
    assert "state     absent" in cloud.manage("status").out
    cloud.manage("create")
    for status, state in (("creating", "creating"), ("available", "available"),
                          ("paused", "paused"), ("deleting", "deleting"),
                          ("storage-full", "broken"), ("cancelling-resize", "starting")):
        cloud.aws.cluster.states = [(status, "in-sync")]
        assert f"state     {state}\n" in cloud.manage("status").out


# ---- Bad luck ------------------------------------------------------------------------------

THROTTLED = [(400, code) for code in (
    "Throttling", "ThrottlingException", "ThrottledException", "RequestThrottledException",
    "RequestThrottled", "TooManyRequestsException", "ProvisionedThroughputExceededException",
    "TransactionInProgressException", "BandwidthLimitExceeded", "LimitExceededException",
    "EC2ThrottledException", "DependentServiceRequestThrottlingFault",
    "DependentServiceUnavailableFault")] + [
    (503, "RequestLimitExceeded"), (503, "SlowDown"), (409, "ConcurrentModification"),
    (429, ""), (509, "")]


def every_other(number: int, _) -> bool:
    """Each call fails at first, and its second try does not."""
    return number % 2 == 1


@pytest.mark.parametrize("status, code", THROTTLED)
def test_every_kind_of_throttling_is_waited_out(cloud, status, code):
    for engine in ENGINES:
        cloud.configure(engine)
        undisturbed, *_ = cloud.run_through()
        made, *_ = cloud.run_through(
            lambda front: front.spoil(every_other, refuse(status, code), done=False))
        assert made == undisturbed
        assert len(cloud.front.calls) > 20


BAD_REPLIES = {
    "500": refuse(500, "InternalFailure"),
    "503": refuse(503, "ServiceUnavailable"),
    "unfinished": refuse(400, "RequestTimeout"),
    "a proxy's page": page(502),
    "a page where the reply should be": page(200),
    "no reply": drop,
    "one byte": cut_at(lambda head, total: 1),
    "within the first line": cut_at(lambda head, total: 12),
    "within the head": cut_at(lambda head, total: head // 2),
    "before the head's end": cut_at(lambda head, total: head - 1),
    "after the head": cut_at(lambda head, total: head),
    "the body's first byte": cut_at(lambda head, total: head + 1),
    "half of the body": cut_at(lambda head, total: (head + total) // 2),
    "all but the last byte": cut_at(lambda head, total: total - 1),
}


@pytest.mark.parametrize("fault", BAD_REPLIES)
@pytest.mark.parametrize("engine", ENGINES)
def test_lost_and_mangled_replies(cloud, engine, fault):
    """AWS has done what was asked, and nobody heard of it."""
    def is_read(call) -> bool:
        return call.action.startswith(("Describe", "Get", "List"))

    cloud.configure(engine)
    undisturbed, *_ = cloud.run_through()
    made, *_ = cloud.run_through(lambda front: front.spoil(every_other, BAD_REPLIES[fault]))
    assert made == undisturbed
    # A page is no reply to those whose reply is read; for the others any success will do.
    made, *_ = cloud.run_through(lambda front: front.spoil(
        lambda number, call: number % 2 == 0 and is_read(call), BAD_REPLIES[fault]))
    assert made == undisturbed


@pytest.mark.parametrize("engine", ENGINES)
def test_every_cut_of_one_reply(cloud, engine):
    """status, with its reply cut ever later: the next try has it whole."""
    cloud.configure(engine)
    cloud.manage("create")
    whole = cloud.manage("status").out
    action = "DescribeClusters" if engine == "redshift" else "GetWorkgroup"
    sizes = []

    def spoil(front, size: int) -> None:
        def place(head: int, total: int) -> int:
            sizes.append(total)
            return size
        front.forget()
        front.spoil(lambda number, call: number == 1, cut_at(place))
    spoil(cloud.front, 0)
    cloud.manage("status")
    for size in range(1, sizes[0], 29):
        spoil(cloud.front, size)
        assert cloud.manage("status").out == whole, size
        assert cloud.count(action) == 2, size


def test_replies_that_come_in_dribs(cloud):
    for engine in ENGINES:
        cloud.configure(engine)
        undisturbed, *_ = cloud.run_through()
        for piece in (1, 7):
            made, *_ = cloud.run_through(
                lambda front, piece=piece: front.spoil(lambda *_: True, dribble(piece)))
            assert made == undisturbed


@pytest.mark.parametrize("fault, words", [
    (refuse(400, "Throttling"), ["Throttling", "gave up after 3 tries", "busy"]),
    (page(502), ["Bad Gateway", "502 (3 times)"]),
    (drop, ["connection reset (3 times)"])])
def test_what_does_not_end_is_told(cloud, fault, words):
    cloud.configure("redshift")
    cloud.front.spoil("DescribeClusters", fault)
    told = cloud.manage("status", check=3).err
    assert all(word in told for word in words), told
    assert cloud.count("DescribeClusters") == 3


@pytest.mark.parametrize("engine", ENGINES)
def test_a_deletion_that_is_never_heard_of_is_not_sent_twice(cloud, engine):
    cloud.configure(engine)
    cloud.manage("create")
    action = "DeleteCluster" if engine == "redshift" else "DeleteWorkgroup"
    cloud.front.forget()
    cloud.front.spoil(action, page(503), done=False)
    assert "look, then try again" in cloud.manage("delete", "--yes", check=3).err
    assert cloud.count(action) == 1
    cloud.front.forget()
    cloud.manage("delete", "--yes")
    assert cloud.aws.inventory() == NOTHING


# ---- Clock and credentials -----------------------------------------------------------------


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("minutes, words", [(10, "behind"), (-10, "ahead of")])
def test_a_wrong_clock_is_corrected(cloud, engine, minutes, words):
    """The first request is refused, the others bear the service's time."""
    cloud.configure(engine)
    cloud.aws.clock_ahead = timedelta(minutes=minutes)
    told = cloud.manage("status").err
    assert re.search(rf"This machine's clock is (10 min 0\d|9 min 5\d) s {words} that of AWS", told)
    assert "Signature expired" not in told
    dates = [datetime.strptime(call.headers["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
             for call in cloud.front.calls]
    off = [date - datetime.now(UTC) - cloud.aws.clock_ahead for date in dates]
    assert abs(off[0]) > timedelta(minutes=9)
    assert all(abs(difference) < timedelta(minutes=1) for difference in off[1:])
    assert len(dates) == 2


def test_a_refusal_that_no_clock_explains_is_told(cloud):
    cloud.configure("redshift")
    cloud.front.spoil("DescribeClusters", refuse(403, "SignatureDoesNotMatch", "no match"))
    told = cloud.manage("status", check=3).err
    assert "Check KEY and SECRET in [AWS] of dwh.cfg, this machine's clock" in told
    assert cloud.count("DescribeClusters") == 1


PROCESS = """#!/bin/sh
# Each time other credentials, which hold for twenty minutes more.
n=$(($(cat {folder}/count 2>/dev/null || echo 0) + 1))
echo $n >{folder}/count
echo '{{"Version": 1, "AccessKeyId": "AKID'$n'", "SecretAccessKey": "processsecret",
       "SessionToken": "token-'$n'", "Expiration": "'{expiration}'"}}'
"""


def use_process(cloud, expiration: str = "2999-01-01T00:00:00Z") -> None:
    script = cloud.folder / "credentials.sh"
    script.write_text(PROCESS.format(folder=cloud.folder, expiration=expiration))
    (cloud.folder / ".aws").mkdir()
    (cloud.folder / ".aws/config").write_text(
        f"[profile dev]\ncredential_process = /bin/sh {script}\n")
    cloud.env["AWS_PROFILE"] = "dev"


def use_instance(cloud) -> None:
    cloud.env["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = cloud.front.url


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("source", [use_process, use_instance])
def test_a_token_that_expires_in_mid_wait(cloud, engine, source):
    """The service says so before anybody thought it; with new credentials the wait goes on."""
    source(cloud)
    cloud.configure(engine, keys="")
    cloud.aws.tokens = {"token-1"}
    tokens = []
    look = "DescribeClusters" if engine == "redshift" else "GetWorkgroup"

    def watch(_, call) -> bool:
        if call.action == look:
            tokens.append(call.headers["X-Amz-Security-Token"])
        if len(tokens) == 4:  # The third look of the wait.
            cloud.aws.tokens = {"token-2"}
        return False

    cloud.front.spoil(watch, drop)
    cloud.manage("create")
    assert tokens[:5] == ["token-1"] * 4 + ["token-2"]
    assert cloud.count("CreateCluster" if engine == "redshift" else "CreateWorkgroup") == 1
    assert cloud.get("HOST") == cloud.aws.endpoint[0]


def test_credentials_are_renewed_before_they_expire(cloud):
    """In a wait of half an hour, with credentials for twenty minutes at a time."""
    began = datetime.now(UTC)
    use_process(cloud, f"$(date -u -d @$(({int(began.timestamp())} + n * 1200)) "
                       "+%Y-%m-%dT%H:%M:%SZ)")
    cloud.configure("redshift", keys="")
    cloud.aws.creating = [("creating", "adding")] * 120 + CREATING
    cloud.manage("create")
    used = set()
    for call in cloud.front.calls:
        number = int(call.headers["X-Amz-Security-Token"].removeprefix("token-"))
        signed = datetime.strptime(call.headers["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        assert signed < began + timedelta(minutes=20 * number)
        used.add(number)
    assert used == {1, 2, 3}


def test_credentials_that_cannot_be_renewed_are_told(cloud):
    use_process(cloud)
    cloud.configure("redshift", keys="")
    cloud.aws.tokens = {"token-of-tomorrow"}
    told = cloud.manage("create", check=3).err
    assert "ExpiredToken" in told
    assert "The session token of credential_process of profile dev has expired" in told
    assert cloud.count("GetCallerIdentity") == 2


# ---- Who owns what -------------------------------------------------------------------------


def serverless_of_others(cloud, workgroup: dict, namespace: dict) -> None:
    cloud.configure("serverless")
    cloud.manage("create")
    cloud.aws.workgroup.tags = workgroup
    cloud.aws.namespace.tags = namespace
    cloud.front.forget()


def test_workgroup_of_someone_else_stays(cloud):
    serverless_of_others(cloud, {}, {})
    before = cloud.aws.inventory()
    for command in (["delete", "--yes"], ["delete", "--dry-run"]):
        told = cloud.manage(*command, check=1).err
        assert "workgroup sparkify-dwh is there, but manage_dwh did not make it" in told
        assert "sparkify-dwh=sparkify-dwh" in told
    assert cloud.aws.inventory() == before


def test_namespace_of_someone_else_stays(cloud):
    serverless_of_others(cloud, MARK, {"sparkify-dwh": "another"})
    assert "namespace" not in cloud.manage("delete", "--dry-run").out
    told = cloud.manage("delete", "--yes").err
    assert "namespace sparkify-dwh stays with all its data" in told
    left = cloud.aws.inventory()
    assert left.pop("namespace") is not None
    assert left == {name: value for name, value in NOTHING.items() if name != "namespace"}
    assert cloud.count("DeleteNamespace") == 0


@pytest.mark.parametrize("engine", ENGINES)
def test_dry_runs_name_the_rules_in_groups_of_others(cloud, engine):
    cloud.configure(engine)
    cloud.manage("create")
    group, = cloud.aws.groups.values()
    group.name, group.tags, group.rules = "theirs", {}, [("8215", "203.0.113.0/24", "office")]
    rule = f"TCP port 8215 of security group sg-1 for {CIDR}"
    assert f"open {rule}" in cloud.manage("create", "--dry-run").out
    cloud.manage("create")
    assert f"open {rule}" not in cloud.manage("create", "--dry-run").out
    plan = cloud.manage("delete", "--dry-run").out
    assert f"close {rule}" in plan and "203.0.113.0/24" not in plan
    assert [rule[1] for rule in group.rules] == ["203.0.113.0/24", CIDR]
    cloud.aws.groups["sg-1"].rules = list(group.rules)
    cloud.manage("delete", "--yes")
    assert group.rules == [("8215", "203.0.113.0/24", "office")]


# ---- A network of one's own ----------------------------------------------------------------


@pytest.mark.parametrize("engine, place", [
    ("redshift", {"cluster": "SUBNET_GROUP=Private\n"}),
    ("serverless", {"serverless": "SUBNET_IDS=subnet-0a, subnet-0b\n"})])
def test_account_without_a_default_vpc(cloud, engine, place):
    cloud.aws.default_vpc = False
    cloud.configure(engine)
    told = cloud.manage("create", check=1).err
    assert "no default VPC" in told and "SUBNET_GROUP" in told and "SUBNET_IDS" in told
    assert cloud.aws.inventory() == NOTHING
    cloud.configure(engine, **place)
    made, *_ = cloud.run_through()
    assert [group[:2] for group in made["groups"]] == [("sparkify-dwh-clients", "vpc-private")]
    if engine == "redshift":
        assert made["cluster"][0]["ClusterSubnetGroupName"] == "private"
    else:
        assert made["workgroup"][0]["subnetIds"] == ["subnet-0a", "subnet-0b"]


@pytest.mark.parametrize("engine, place, words", [
    ("redshift", {"cluster": "SUBNET_GROUP=nowhere\n"}, "no cluster subnet group nowhere"),
    ("serverless", {"serverless": "SUBNET_IDS=subnet-0a,subnet-9\n"}, "are not all there"),
    ("serverless", {"serverless": "SUBNET_IDS=subnet-0a,subnet-0c\n"}, "not in one VPC")])
def test_subnets_that_are_not_there(cloud, engine, place, words):
    cloud.configure(engine, **place)
    for command in (["create"], ["create", "--dry-run"]):
        assert words in cloud.manage(*command, check=1).err
    assert cloud.aws.inventory() == NOTHING


def test_cluster_in_another_subnet_group_is_named(cloud):
    cloud.configure("redshift")
    cloud.manage("create")
    cloud.configure("redshift", cluster="SUBNET_GROUP=private\n")
    told = cloud.manage("create", check=2).err
    assert "SUBNET_GROUP is 'default', and dwh.cfg says 'private'" in told


# ---- The login -----------------------------------------------------------------------------


@contextmanager
def database(answer: bytes):
    """Speaks PostgreSQL's protocol so far: knows no TLS, and answers each login with `answer`."""
    logins = []
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                peer, _ = listener.accept()
            except OSError:
                return
            with peer:
                while (head := peer.recv(4)):
                    body = peer.recv(struct.unpack("!I", head)[0] - 4)
                    if struct.unpack("!I", body[:4])[0] == 80877103:  # SSLRequest
                        peer.sendall(b"N")
                        continue
                    logins.append(body)
                    peer.sendall(answer)
                    break

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield listener.getsockname(), logins
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


def message(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("!I", len(body) + 4) + body


def refused(code: bytes, words: bytes) -> bytes:
    return message(b"E", b"SFATAL\0VFATAL\0C" + code + b"\0M" + words + b"\0\0")


WELCOME = message(b"R", struct.pack("!I", 0)) + message(b"Z", b"I")


@pytest.mark.parametrize("engine", ENGINES)
def test_a_login_that_is_taken(cloud, engine):
    with database(WELCOME) as (cloud.aws.endpoint, logins):
        cloud.configure(engine, cluster="SSLMODE=prefer\n")
        assert "and takes the login." in cloud.manage("create").err
        assert len(logins) == 1


@pytest.mark.parametrize("engine, remedy", [
    ("redshift", "modify-cluster --master-user-password"),
    ("serverless", "update-namespace --admin-user-password")])
def test_a_wrong_password_is_told_as_that(cloud, engine, remedy):
    no = refused(b"28P01", b'password authentication failed for user "awsuser"')
    with database(no) as (cloud.aws.endpoint, logins):
        cloud.configure(engine, cluster="SSLMODE=prefer\n")
        told = cloud.manage("create", check=3).err
        assert "it refuses the login" in told and "password authentication failed" in told
        assert "DB_PASSWORD" in told and remedy in told
        assert "does not answer" not in told
        assert len(logins) == 1, "Redshift locks users after five"
    assert cloud.get("HOST") == "127.0.0.1"


def test_an_unknown_database_is_told_as_that(cloud):
    no = refused(b"3D000", b'database "dev" does not exist')
    with database(no) as (cloud.aws.endpoint, _):
        cloud.configure("redshift", cluster="SSLMODE=prefer\n")
        told = cloud.manage("create", check=3).err
        assert 'database "dev" does not exist' in told and "DB_NAME" in told


def test_a_server_without_tls_is_told_as_that(cloud):
    with database(WELCOME) as (cloud.aws.endpoint, logins):
        cloud.configure("redshift")  # SSLMODE is verify-full, then.
        told = cloud.manage("create", check=3).err
        assert "no secure connection" in told and "SSLROOTCERT" in told
        assert logins == [], "nothing secret goes over an open line"


@pytest.mark.parametrize("host, cluster, words", [
    ("no-such-host.invalid", "", "Its name is not known here"),
    ("127.0.0.1", "", "it answers inside its network only"),
    ("127.0.0.1", "PUBLICLY_ACCESSIBLE=true\n", "ALLOWED_CIDR does not hold your address")])
def test_a_port_that_does_not_answer_is_no_failure(cloud, host, cluster, words):
    cloud.aws.endpoint = (host, 8215)
    cloud.configure("redshift", cluster=cluster)
    assert words in cloud.manage("create").err
    assert cloud.get("HOST") == host
