"""manage_dwh with ENGINE=redshift against moto, which checks every signature and every policy.

The programs act as a user who may do exactly what `manage_dwh policy` prints; boto3 reads back what
they made. moto answers at once and knows no states in between: see test_manage_aws_states.py.
"""

import json
import signal
import stat
from pathlib import Path
from urllib.parse import quote_plus

import pytest
from support.aws_caller import AwsCaller
from support.aws_front import AwsFront, cut, drop, page, passed_on, refuse
from support.moto import ACCOUNT, Key, Moto
from support.programs import Programs

pytestmark = pytest.mark.aws

CIDR = "198.51.100.7/32"
ROLE = f"arn:aws:iam::{ACCOUNT}:role"
READ_ONLY = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
MARK = {"sparkify-dwh": "sparkify-dwh"}
NOTHING = {"clusters": [], "snapshots": [], "groups": [], "roles": [], "policies": []}
BUCKETS = "LOG_DATA=s3://udacity-dend/log-data\nSONG_DATA=s3://udacity-dend/song-data/A\n"
TRUST = {"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"Service": "redshift.amazonaws.com"},
     "Action": "sts:AssumeRole"}]}


class Account(AwsCaller):
    """An empty AWS account, a dwh.cfg that leads to it, and the program."""

    def __init__(self, programs: Programs, moto: Moto, front: AwsFront, folder: Path):
        super().__init__(programs, front, folder)
        self.moto = moto

    def configure(self, cluster: str = f"ALLOWED_CIDR={CIDR}\n", role: str = "",
                  key: Key | None = None) -> None:
        """Writes dwh.cfg. Without `key` the user gets the policy that the program prints for it."""
        self.write(self._text(key or Key("AKIANOBODY", "none"), cluster, role))
        if not key:
            self.write(self._text(self.operator(), cluster, role))

    def _text(self, key: Key, cluster: str, role: str) -> str:
        return (f"# mine\n[AWS]\nKEY={key.id}\nSECRET={key.secret}\nSESSION_TOKEN={key.token}\n"
                f"REGION={self.moto.region}\nENDPOINT_URL={self.front.url}\n\n[DWH]\n"
                f"ENGINE=redshift\n\n[CLUSTER]\n; who, where\n{cluster}\n[IAM_ROLE]\n{role}\n"
                f"[S3]\n# the sources\n{BUCKETS}")

    def operator_policy(self) -> str:
        """The first document that `manage_dwh policy` prints."""
        printed = self.manage("policy").out
        assert printed.startswith("# For whoever runs these programs\n"), printed
        document, _ = json.JSONDecoder().raw_decode(printed, printed.index("{"))
        return json.dumps(document)

    def operator(self) -> Key:
        return self.moto.make_user("operator", self.operator_policy())

    def endpoint(self) -> str:
        cluster, = self.moto.client("redshift").describe_clusters()["Clusters"]
        return cluster["Endpoint"]["Address"]


@pytest.fixture(scope="module")
def moto():
    server = Moto()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def front(moto):
    server = AwsFront(passed_on(moto.url))
    yield server
    server.stop()


@pytest.fixture
def account(bin_dir, moto, front, tmp_path):
    moto.empty()
    front.forget()
    return Account(Programs(bin_dir), moto, front, tmp_path)


def reads_only(names: list[str]) -> bool:
    return all(name.split()[1].startswith(("Describe", "Get", "List")) for name in names)


# ---- The life of a warehouse ---------------------------------------------------------------


def test_life_cycle(account):
    account.configure("NUM_NODES=2\nNODE_TYPE=ra3.large\nDB_NAME=songs\nDB_USER=etl\n"
                      f"DB_PASSWORD=\nDB_PORT=5440\nHOST=\nALLOWED_CIDR={CIDR}\n", role="ARN=\n")
    before = account.cfg.read_text().splitlines()
    told = account.manage("create").err
    assert "2 x ra3.large at about 0.54 USD an hour each" in told
    made = account.moto.inventory()
    assert made["clusters"] == [{
        "ClusterIdentifier": "sparkify-dwh", "ClusterStatus": "available", "Tags": MARK,
        "NodeType": "ra3.large", "NumberOfNodes": 2, "DBName": "songs", "MasterUsername": "etl",
        "PubliclyAccessible": False, "Port": 5440, "Roles": [f"{ROLE}/sparkify-dwh-copy"],
        "Groups": ["sparkify-dwh-clients"]}]
    assert made["groups"] == [["sparkify-dwh-clients", MARK,
                               [("tcp", 5440, 5440, CIDR, "sparkify-dwh sparkify-dwh")]]]
    role, = made["roles"]
    assert (role["Name"], role["Tags"], role["Attached"]) == ("sparkify-dwh-copy", MARK, [])
    trust, = role["Trust"]["Statement"]
    assert set(trust["Principal"]["Service"]) == {"redshift.amazonaws.com",
                                                  "redshift-serverless.amazonaws.com"}
    policy, = role["Inline"].values()
    assert [statement["Resource"] for statement in policy["Statement"]] == [
        ["arn:aws:s3:::udacity-dend"],
        ["arn:aws:s3:::udacity-dend/log-data*", "arn:aws:s3:::udacity-dend/song-data/A*"]]
    sent, = [call.parameters for call in account.front.calls if call.action == "CreateCluster"]
    assert "Encrypted" not in sent  # The service's own default since 2025 is encryption.
    assert sent["MasterUserPassword"] == account.get("DB_PASSWORD")
    assert account.get("HOST") == account.endpoint()
    assert account.get("ARN") == f"{ROLE}/sparkify-dwh-copy"
    assert stat.S_IMODE(account.cfg.stat().st_mode) == 0o600

    text = account.manage("status").out
    assert f"host      {account.endpoint()}\nport      5440\n" in text and CIDR in text
    assert text.rstrip().endswith(f"psql -h {account.endpoint()} -p 5440 -U etl songs")
    status = json.loads(account.manage("status", "--format", "json").out)
    assert (status["engine"], status["state"], status["host"], status["port"]) == (
        "redshift", "available", account.endpoint(), 5440)

    account.front.forget()
    assert "is already there" in account.manage("create").err
    assert account.moto.inventory() == made
    assert not {"redshift CreateCluster", "iam CreateRole", "ec2 CreateSecurityGroup"} & set(
        account.front.names)

    account.manage("pause")
    assert json.loads(account.manage("status", "--format", "json").out)["state"] == "paused"
    assert account.moto.inventory()["clusters"][0]["ClusterStatus"] == "paused"
    assert "already paused" in account.manage("pause").err
    account.manage("resume")
    assert "already available" in account.manage("resume").err
    assert account.moto.inventory() == made

    assert "--yes" in account.manage("delete", check=2).err
    assert account.moto.inventory() == made
    account.manage("delete", "--yes")
    assert account.moto.inventory() == NOTHING
    assert (account.get("HOST"), account.get("ARN")) == ("", "")
    kept = {"DB_PASSWORD"}  # Made once, good for the next create.
    assert [line for line in account.cfg.read_text().splitlines()
            if line.partition("=")[0] not in kept] == [
                line for line in before if line.partition("=")[0] not in kept]
    assert "does not exist" in account.manage("delete", "--yes").err
    assert account.moto.inventory() == NOTHING
    assert json.loads(account.manage("status", "--format", "json").out)["state"] == "absent"
    assert "manage_dwh create" in account.manage("pause", check=3).err


def test_create_resumes_a_paused_cluster(account):
    account.configure()
    account.manage("create")
    made = account.moto.inventory()
    account.manage("pause")
    account.manage("create")
    assert account.moto.inventory() == made


def test_dry_runs_change_nothing(account):
    account.configure()
    before = account.cfg.read_bytes()
    plan = account.manage("create", "--dry-run").out
    assert all(words in plan for words in (
        "create IAM role sparkify-dwh-copy", "create security group", CIDR, "0.54 USD an hour"))
    assert account.moto.inventory() == NOTHING
    assert "nothing" in account.manage("delete", "--dry-run").out
    assert account.cfg.read_bytes() == before
    account.manage("create")
    made = account.moto.inventory()
    before = account.cfg.read_bytes()
    account.front.forget()
    plan = account.manage("delete", "--dry-run").out
    assert all(words in plan for words in (
        "delete Redshift cluster sparkify-dwh", "security group", "IAM role sparkify-dwh-copy"))
    assert "nothing else" in account.manage("create", "--dry-run").out
    assert reads_only(account.front.names), account.front.names
    assert account.moto.inventory() == made
    assert account.cfg.read_bytes() == before


def test_output_file(account):
    account.configure(f"DB_PASSWORD=\nALLOWED_CIDR={CIDR}\n")
    setup = account.cfg
    before = setup.read_bytes()
    output = account.folder / "made.cfg"
    account.manage("create", "--output", output)
    assert setup.read_bytes() == before
    assert stat.S_IMODE(output.stat().st_mode) == 0o600
    account.cfg = output
    assert account.get("HOST") == account.endpoint()
    assert len(account.get("DB_PASSWORD")) >= 8
    made = account.moto.inventory()
    account.cfg = setup
    account.manage("create", "--output", output)
    assert account.moto.inventory() == made
    account.manage("delete", "--yes", cfg=output)
    assert account.moto.inventory() == NOTHING


def test_final_snapshot(account):
    account.configure()
    account.manage("create")
    told = account.manage("delete", "--yes", "--final-snapshot", "last-1").err
    assert "last-1" in told and "costs" in told
    assert account.moto.inventory() == NOTHING | {"snapshots": ["last-1"]}


def test_managed_policy(account):
    account.configure(role="NAME=songs_reader\nPOLICY=AmazonS3ReadOnlyAccess\n")
    account.manage("create")
    role, = account.moto.inventory()["roles"]
    assert (role["Name"], role["Attached"], role["Inline"]) == ("songs_reader", [READ_ONLY], {})
    account.manage("delete", "--yes")
    assert account.moto.inventory() == NOTHING


# ---- What others made ----------------------------------------------------------------------


def make_role(account, trust=TRUST) -> dict:
    account.moto.client("iam").create_role(RoleName="theirs",
                                           AssumeRolePolicyDocument=json.dumps(trust))
    role, = account.moto.inventory()["roles"]
    return role


def make_cluster(account, tags=()) -> None:
    account.moto.client("redshift").create_cluster(
        ClusterIdentifier="sparkify-dwh", NodeType="ra3.large", ClusterType="single-node",
        MasterUsername="awsuser", MasterUserPassword="Passw0rdOfTheirs", DBName="dev", Port=5439,
        PubliclyAccessible=False, IamRoles=[f"{ROLE}/sparkify-dwh-copy"], Tags=list(tags),
        VpcSecurityGroupIds=[account.moto.client("ec2").describe_security_groups(
            GroupNames=["default"])["SecurityGroups"][0]["GroupId"]])


def test_role_of_someone_else_is_used_and_stays(account):
    account.configure(role="NAME=theirs\n")
    role = make_role(account)
    account.manage("create")
    made = account.moto.inventory()
    assert made["roles"] == [role]
    assert made["clusters"][0]["Roles"] == [f"{ROLE}/theirs"]
    assert "theirs stays" in account.manage("delete", "--yes").err
    assert account.moto.inventory() == NOTHING | {"roles": [role]}


def test_role_that_redshift_may_not_take_is_refused(account):
    account.configure(role="NAME=theirs\n")
    make_role(account, {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"},
         "Action": "sts:AssumeRole"}]})
    before = account.moto.inventory()
    told = account.manage("create", check=1).err
    assert "redshift.amazonaws.com" in told and "trust policy" in told
    assert account.moto.inventory() == before


def test_group_of_someone_else_is_refused(account):
    account.configure()
    account.moto.client("ec2").create_security_group(GroupName="sparkify-dwh-clients",
                                                     Description="theirs")
    before = account.moto.inventory()
    for command in (["create"], ["delete", "--yes"]):
        told = account.manage(*command, check=1).err
        assert "sparkify-dwh-clients" in told and "did not make it" in told
        assert account.moto.inventory()["groups"] == before["groups"]
        assert account.moto.inventory()["clusters"] == []


def test_cluster_of_someone_else_is_used_and_stays(account):
    account.configure()
    make_cluster(account)
    before = account.moto.inventory()
    account.manage("create")
    made = account.moto.inventory()
    assert made["clusters"] == before["clusters"]
    assert account.get("HOST") == account.endpoint()
    assert made["groups"] == [["default", {},
                               [("tcp", 5439, 5439, CIDR, "sparkify-dwh sparkify-dwh")]]]
    told = account.manage("delete", "--yes", check=1).err
    assert "did not make it" in told and "tag" in told
    assert "did not make it" in account.manage("delete", "--dry-run", check=1).err
    assert account.moto.inventory() == made


def test_rule_in_a_group_of_someone_else_goes(account):
    """Also if delete is killed on its way: with the cluster the way to its group is gone."""
    tags = [{"Key": name, "Value": value} for name, value in MARK.items()]

    account.configure()
    text = account.cfg.read_text()

    def prepare():
        account.moto.empty(keep=account.get("KEY"))
        account.write(text)
        account.front.forget()
        make_cluster(account, tags)
        account.manage("create")
        assert len(account.moto.inventory()["groups"]) == 1
        account.front.forget()

    prepare()
    account.manage("delete", "--yes")
    assert account.moto.inventory() == NOTHING
    for number, name in enumerate(account.front.names, 1):
        prepare()
        account.front.kill_at(number)
        account.manage("delete", "--yes", check=-signal.SIGKILL)
        account.front.forget()
        account.manage("delete", "--yes")
        assert account.moto.inventory() == NOTHING, f"killed after {name}"


# ---- Mistakes ------------------------------------------------------------------------------


def test_settings_that_differ_are_named(account):
    account.configure(f"NUM_NODES=2\nDB_NAME=dev\nALLOWED_CIDR={CIDR}\n")
    account.manage("create")
    made = account.moto.inventory()
    account.set("NUM_NODES", "3")
    account.set("DB_NAME", "other")
    before = account.cfg.read_bytes()
    for command in (["create"], ["create", "--dry-run"]):
        account.front.forget()
        told = account.manage(*command, check=2).err
        assert "NUM_NODES is '2', and dwh.cfg says '3'" in told
        assert "DB_NAME is 'dev', and dwh.cfg says 'other'" in told
        assert reads_only(account.front.names)
    assert account.moto.inventory() == made
    assert account.cfg.read_bytes() == before


@pytest.mark.parametrize("node_type", ["dc2.large", "ds2.xlarge"])
def test_retired_node_types_are_refused_before_any_call(account, node_type):
    account.configure(f"NODE_TYPE={node_type}\n", key=account.moto.admin)
    told = account.manage("create", check=2).err
    assert node_type in told and {"dc2.large": "ra3.large", "ds2.xlarge": "ra3.xlplus"}[
        node_type] in told
    assert account.front.calls == []


def test_all_mistakes_in_one_message(account):
    account.configure("NODE_TYPE=dc2.large\nDB_PORT=5000\nDB_PASSWORD=alllowercase1\n"
                      "DB_USER=public\n", key=account.moto.admin)
    told = account.manage("create", check=2).err
    for key in ("NODE_TYPE", "DB_PORT", "DB_PASSWORD", "DB_USER"):
        assert f"{key}:" in told
    assert "alllowercase1" not in told
    assert account.front.calls == []


def test_wrong_secret_unknown_key_and_missing_permission(account):
    true = account.moto.make_user("reader", json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": [
            "redshift:DescribeClusters", "ec2:DescribeVpcs", "iam:GetRole"], "Resource": "*"}]}))
    for key, code, hint in (
            (Key(true.id, "wrong" + true.secret), "SignatureDoesNotMatch", "SECRET"),
            (Key("AKIAUNKNOWN000000000", true.secret), "InvalidClientTokenId", "KEY"),
            (true, "AccessDenied", "manage_dwh policy")):
        account.configure(key=key)
        told = account.manage("create", check=3).err
        assert code in told and hint in told and "[AWS] of dwh.cfg" in told
        assert "iam CreateRole" in told or code != "AccessDenied"
        assert true.secret not in told
        assert account.moto.inventory() == NOTHING


# ---- The files of the scripts that came before ---------------------------------------------

DWH_KEYS = ("[AWS]\nKEY={key.id}\nSECRET={key.secret}\n\n[DWH]\nDWH_CLUSTER_TYPE=multi-node\n"
            "DWH_NUM_NODES=4\nDWH_NODE_TYPE=ra3.large\nDWH_IAM_ROLE_NAME=dwhRole\n"
            "DWH_CLUSTER_IDENTIFIER=dwhCluster\nDWH_DB=dwh\nDWH_DB_USER=dwhuser\n"
            "DWH_DB_PASSWORD=Passw0rd\nDWH_PORT=5439\n")
DB_SECTION = ("[AWS]\nKEY={key.id}\nSECRET={key.secret}\n\n[CLUSTER]\nCLUSTER_TYPE=multi-node\n"
              "NUM_NODES=4\nNODE_TYPE=ra3.large\nCLUSTER_IDENTIFIER=dwhcluster\n\n[DB]\nHOST=\n"
              "DB_NAME=dwh\nDB_USER=dwhuser\nDB_PASSWORD=Passw0rd\nDB_PORT=5439\n\n[IAM_ROLE]\n"
              "NAME=dwhRole\nARN=\n")
SETUP = ("[AWS]\nKEY={key.id}\nSECRET={key.secret}\nREGION=us-west-2\n\n[CLUSTER]\n"
         "CLUSTER_TYPE=multi-node\nNUM_NODES=4\nNODE_TYPE=ra3.large\n"
         "CLUSTER_IDENTIFIER=dwhcluster\nCLUSTER_PORT=5439\nCLUSTER_DB_NAME=dwh\n"
         "DB_USER=dwhuser\nDB_PASSWORD=Passw0rd\n\n[IAM_ROLE]\nIAM_ROLE_NAME=dwhRole\n"
         "POLICY_NAME=AmazonS3ReadOnlyAccess\n")
QUOTED = ("[AWS]\nKEY={key.id}\nSECRET={key.secret}\n\n[CLUSTER]\nCLUSTER_TYPE=multi-node\n"
          "NUM_NODES=4\nNODE_TYPE=ra3.large\nCLUSTER_IDENTIFIER=dwhcluster\nHOST=''\n"
          "DB_NAME='dwh'\nDB_USER='dwhuser'\nDB_PASSWORD='Passw0rd'\nDB_PORT=5439\n\n[IAM_ROLE]\n"
          "NAME='dwhRole'\nARN=''\n\n[S3]\nLOG_DATA='s3://udacity-dend/log-data'\n"
          "LOG_JSONPATH='s3://udacity-dend/log_json_path.json'\n"
          "SONG_DATA='s3://udacity-dend/song-data/A'\n")


@pytest.mark.parametrize("form", [DWH_KEYS, DB_SECTION, SETUP, QUOTED])
def test_files_of_the_originals(account, form):
    account.env |= {"AWS_REGION": account.moto.region, "AWS_ENDPOINT_URL": account.front.url}
    account.write(form.format(key=Key("AKIANOBODY", "none")))
    account.write(form.format(key=account.operator()))
    account.manage("create")
    cluster, = account.moto.inventory()["clusters"]
    assert [cluster[name] for name in ("ClusterIdentifier", "NumberOfNodes", "DBName",
                                       "MasterUsername", "Port", "Roles")] == [
        "dwhcluster", 4, "dwh", "dwhuser", 5439, [f"{ROLE}/dwhRole"]]
    account.manage("delete", "--yes")
    assert account.moto.inventory() == NOTHING


# ---- Interrupted at any call ---------------------------------------------------------------

# What goes wrong with a call of a run that must come through all the same, and whether AWS has done
# what was asked. Of several the calls get one in turn.
FAULTS = {
    "dropped": [(drop, True)],
    "cut or refused": [(cut(), True), (page(), True), (cut(0), True),
                       (refuse(400, "Throttling"), False), (refuse(500, "InternalFailure"), True)],
}


def check_result(account, undisturbed: dict, what: str) -> None:
    assert account.moto.inventory() == undisturbed, what
    if not undisturbed["clusters"]:
        assert (account.get("HOST"), account.get("ARN")) == ("", ""), what
        return
    assert account.get("HOST") == account.endpoint(), what
    assert account.get("ARN") == undisturbed["clusters"][0]["Roles"][0], what
    passwords = {call.parameters["MasterUserPassword"] for call in account.front.calls
                 if call.action == "CreateCluster"}
    assert passwords <= {account.get("DB_PASSWORD")}, what


class Table:
    """One undisturbed run of a command, and what it takes to run it again and again."""

    def __init__(self, account: Account, *command: str):
        self.account = account
        self.command = command
        account.configure(f"NUM_NODES=2\nALLOWED_CIDR={CIDR}\n")
        self.text = account.cfg.read_text()
        self.prepare()
        account.manage(*command)
        self.names = account.front.names
        self.undisturbed = account.moto.inventory()
        check_result(account, self.undisturbed, "undisturbed")
        assert len(self.names) > 5

    def prepare(self) -> None:
        """The state that the command starts from."""
        operator = self.account.get("KEY")
        self.account.moto.empty(keep=operator)
        self.account.write(self.text)
        self.account.front.forget()
        if self.command[0] == "delete":
            self.account.manage("create")
            self.account.front.forget()


COMMANDS = [("create",), ("delete", "--yes")]


@pytest.mark.parametrize("command", COMMANDS, ids=["create", "delete"])
def test_killed_after_any_call(account, command):
    table = Table(account, *command)
    for number, name in enumerate(table.names, 1):
        table.prepare()
        account.front.kill_at(number)
        account.manage(*command, check=-signal.SIGKILL)
        account.manage(*command)
        check_result(account, table.undisturbed, f"killed after call {number}, {name}")


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("command", COMMANDS, ids=["create", "delete"])
def test_bad_luck_at_any_call(account, command, fault):
    table = Table(account, *command)
    for number, name in enumerate(table.names, 1):
        table.prepare()
        account.front.spoil(number, *FAULTS[fault][number % len(FAULTS[fault])])
        what = f"{fault} at call {number}, {name}"
        finished = account.manage(*command, check=None)
        assert finished.status == 0, f"{what}: {finished.err}"
        check_result(account, table.undisturbed, what)


@pytest.mark.parametrize("command, action", [
    ("create", "CreateRole"), ("create", "CreateSecurityGroup"), ("create", "CreateCluster"),
    ("delete --yes", "DeleteCluster")])
def test_what_is_lost_on_its_way_is_not_sent_twice(account, command, action):
    """Nobody can know yet whether it was done: the next run will."""
    table = Table(account, *command.split())
    table.prepare()
    account.front.spoil(action, page(503), done=False)
    told = account.manage(*table.command, check=3).err
    assert "Bad Gateway" in told and "look, then try again" in told
    assert [call.action for call in account.front.calls].count(action) == 1
    account.front.forget()
    account.manage(*table.command)
    check_result(account, table.undisturbed, f"{action} lost")


# ---- Secrets -------------------------------------------------------------------------------


def test_no_secret_gets_out(account):
    account.configure(f"DB_PASSWORD=Sup3r&Secret=Pass\nALLOWED_CIDR={CIDR}\n",
                      key=Key("AKIANOBODY", "none"))
    policy = account.operator_policy()
    outputs: list[str] = []
    secrets = set()

    def run(*args, check: int | None = 0):
        secrets.update(filter(None, map(account.get, ("SECRET", "SESSION_TOKEN", "DB_PASSWORD"))))
        for more in (["--verbose"], ["--verbose", "--log-format", "json"]):
            finished = account.manage(*args, *more, check=check)
            outputs.extend((finished.out, finished.err))

    session = account.moto.assume_role("session", policy)
    account.configure(f"DB_PASSWORD=Sup3r&Secret=Pass\nALLOWED_CIDR={CIDR}\n", key=session)
    account.front.forget()
    for args in (["create", "--dry-run"], ["create"], ["status"], ["status", "--format", "json"],
                 ["policy"], ["pause"], ["resume"], ["delete", "--dry-run"], ["delete", "--yes"]):
        run(*args)
    carriers = [call.name for call in account.front.calls
                if quote_plus("Sup3r&Secret=Pass") in call.body.decode()]
    assert carriers == ["redshift CreateCluster"]
    for call in account.front.calls:
        assert not any(form in call.body.decode() for key in (session.secret, session.token)
                       for form in (key, quote_plus(key))), call.name

    account.set("SECRET", "WrongSecretOfSomebody0123456789")
    run("create", check=3)
    account.set("SECRET", session.secret)
    account.set("SESSION_TOKEN", "WrongToken" + session.token)
    run("create", check=3)
    account.set("SESSION_TOKEN", session.token)
    account.set("DB_PASSWORD", "Unfit/Passw0rd'OfMine")
    run("create", check=2)
    account.set("DB_PASSWORD", "Sup3r&Secret=Pass")
    for fault, status in ((page(), 3), (refuse(
            400, "InvalidParameterValue", "unfit: Sup3r&amp;Secret=Pass or so"), 1)):
        account.front.forget()
        account.front.spoil("CreateCluster", fault, done=False)
        run("create", check=status)
    assert "unfit: *** or so" in outputs[-1]

    for file in account.folder.iterdir():
        if file != account.cfg and file.is_file():
            outputs.append(file.read_text())
    outputs += [text.decode(errors="replace")
                for text in account.front.seen.cmdline | account.front.seen.environ]
    assert len(secrets) == 6
    assert len(outputs) > 40
    for secret in secrets:
        for form in {secret, quote_plus(secret), json.dumps(secret)[1:-1]}:
            assert not any(form in text for text in outputs), "a secret got out"
