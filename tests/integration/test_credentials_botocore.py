"""Where credentials come from: the same variables and files, given to us and to botocore."""

import datetime
import hashlib
import json
import os
import re
import subprocess
import sys
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

BOTOCORE = """
import sys
import botocore.session
found = botocore.session.Session(profile=sys.argv[1] if sys.argv[1:] else None).get_credentials()
sys.exit("none") if found is None else print(found.get_frozen_credentials().access_key)
"""
# The key that a service hands out tells who asked, and for what.
STS = """<{0}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><{0}Result><Credentials>
<AccessKeyId>{1}</AccessKeyId><SecretAccessKey>x</SecretAccessKey><SessionToken>t</SessionToken>
<Expiration>{2}</Expiration></Credentials>
<AssumedRoleUser><Arn>arn:aws:sts::123456789012:assumed-role/r/s</Arn>
<AssumedRoleId>A:s</AssumedRoleId></AssumedRoleUser></{0}Result></{0}Response>"""
ROLES = "/latest/meta-data/iam/security-credentials/"


def expiration():
    later = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=6)
    return later.strftime("%Y-%m-%dT%H:%M:%SZ")


class Services(BaseHTTPRequestHandler):
    """STS, SSO, a container's agent and the instance metadata, on one port."""

    def reply(self, status, text):
        self.send_response(status)
        body = text.encode()
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def agent_reply(self, key):
        self.reply(200, json.dumps({"Code": "Success", "AccessKeyId": key, "SecretAccessKey": "x",
                                    "Token": "t", "Expiration": expiration()}))

    def do_PUT(self):  # pylint: disable=invalid-name
        ours = self.path == "/latest/api/token"
        self.reply(200 if ours else 404, "session-token" if ours else "")

    def do_GET(self):  # pylint: disable=invalid-name
        url = urllib.parse.urlsplit(self.path)
        if url.path == "/container":
            self.agent_reply("CONTAINER-" + self.headers.get("Authorization", "open"))
        elif url.path == ROLES:
            self.reply(200, "machine")
        elif url.path == ROLES + "machine":
            self.agent_reply("INSTANCE-" + self.headers.get("x-aws-ec2-metadata-token", "v1"))
        elif url.path == "/federation/credentials":
            asked = dict(urllib.parse.parse_qsl(url.query))
            key = "-".join(["SSO", asked["role_name"], asked["account_id"],
                            self.headers["x-amz-sso_bearer_token"]])
            self.reply(200, json.dumps({"roleCredentials": {
                "accessKeyId": key, "secretAccessKey": "x", "sessionToken": "t",
                "expiration": 4102444800000}}))
        else:
            self.reply(404, "")

    def do_POST(self):  # pylint: disable=invalid-name
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        asked = dict(urllib.parse.parse_qsl(body))
        caller = re.search(r"Credential=([^/]*)/", self.headers.get("Authorization", ""))
        key = "-".join([asked["RoleArn"], caller[1] if caller else "unsigned",
                        asked.get("ExternalId", ""), asked.get("DurationSeconds", ""),
                        asked.get("WebIdentityToken", "")])
        self.reply(200, STS.format(asked["Action"], key, expiration()))

    def log_message(self, *args):  # pylint: disable=arguments-differ
        pass


@pytest.fixture(scope="module", name="services")
def start_services():
    with ThreadingHTTPServer(("127.0.0.1", 0), Services) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture(name="tool")
def find_tool():
    folder = Path(os.environ.get("DWH_BIN_DIR", ""))
    for path in (folder / "credentials_tool", folder / "tests" / "credentials_tool"):
        if path.is_file():
            return path.resolve()
    return pytest.exit("credentials_tool is not in DWH_BIN_DIR: build it first", returncode=2)


KEYS = "aws_access_key_id = {}\naws_secret_access_key = x\n"
DEFAULT = "[default]\n" + KEYS.format("FILE")
VARIABLES = {"AWS_ACCESS_KEY_ID": "VARIABLES", "AWS_SECRET_ACCESS_KEY": "x"}
PROCESS = "credential_process = /bin/sh {home}/helper 'a b' c\\ d\n"
ROLE = "role_arn = arn:aws:iam::123456789012:role/{}\n"
WEB = {"AWS_WEB_IDENTITY_TOKEN_FILE": "{home}/token",
       "AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/web"}
SSO = "sso_session = corp\nsso_account_id = 123456789012\nsso_role_name = reader\n"
OLD_SSO = ("sso_start_url = https://x.example/old\nsso_region = us-east-1\n"
           "sso_account_id = 123456789012\nsso_role_name = reader\n")
CORP = "[sso-session corp]\nsso_region = us-east-1\nsso_start_url = https://x.example/start\n"
CONTAINER = {"AWS_CONTAINER_CREDENTIALS_FULL_URI": "{services}/container"}
INSTANCE = {"AWS_EC2_METADATA_DISABLED": "false"}

# name: (what must come out, variables, config file, credentials file, profile named in dwh.cfg)
CASES = {
    "nothing": ("none", {}, "", "", ""),
    "variables": ("VARIABLES", VARIABLES, "", DEFAULT, ""),
    "variables beat AWS_PROFILE": ("VARIABLES", VARIABLES | {"AWS_PROFILE": "default"}, "", DEFAULT,
                                   ""),
    "a named profile beats variables": ("FILE", VARIABLES, "", DEFAULT, "default"),
    "variables in part": ("refused", {"AWS_ACCESS_KEY_ID": "A"}, "", DEFAULT, ""),
    "an empty variable": ("FILE", {"AWS_ACCESS_KEY_ID": ""}, "", DEFAULT, ""),
    "AWS_DEFAULT_PROFILE before AWS_PROFILE": (
        "ONE", {"AWS_DEFAULT_PROFILE": "one", "AWS_PROFILE": "two"}, "",
        "[one]\n" + KEYS.format("ONE") + "[two]\n" + KEYS.format("TWO"), ""),
    "no such profile": ("refused", {"AWS_PROFILE": "nobody"}, "", DEFAULT, ""),
    "keys of both files": ("FILE", {}, "[default]\n" + KEYS.format("CONFIG"), DEFAULT, ""),
    "keys of the config file": ("CONFIG", {}, "[profile 'a b']\n" + KEYS.format("CONFIG"), "",
                                "a b"),
    "keys in part": ("refused", {}, "", "[default]\naws_access_key_id = A\n", ""),
    "a process before the config file": ("PROCESS-2-a_b-c_d", {},
                                         "[default]\n" + KEYS.format("CONFIG") + PROCESS, "", ""),
    "the credentials file before a process": ("FILE", {}, "[default]\n" + PROCESS, DEFAULT, ""),
    "a process that fails": ("refused", {}, "[default]\ncredential_process = /bin/false\n", "", ""),
    "a role before keys": (
        "arn:aws:iam::123456789012:role/r-BASE-ext-900-", {},
        "[default]\n" + ROLE.format("r") + "source_profile = base\nexternal_id = ext\n"
        "duration_seconds = 900\n", DEFAULT + "[base]\n" + KEYS.format("BASE"), ""),
    "a role in a role": (
        "arn:aws:iam::123456789012:role/r-arn:aws:iam::123456789012:role", {},
        "[default]\n" + ROLE.format("r") + "source_profile = mid\n[profile mid]\n" +
        ROLE.format("mid") + "source_profile = base\n", "[base]\n" + KEYS.format("BASE"), ""),
    "a role of itself": ("arn:aws:iam::123456789012:role/r-FILE---", {},
                         "[default]\n" + ROLE.format("r") + "source_profile = default\n", DEFAULT,
                         ""),
    "a role of a process": ("arn:aws:iam::123456789012:role/r-PROCESS-2-a_b-c_d---", {},
                            "[default]\n" + ROLE.format("r") + "source_profile = p\n[profile p]\n" +
                            PROCESS, "", ""),
    "a role of a container": ("arn:aws:iam::123456789012:role/r-CONTAINER-open---", CONTAINER,
                              "[default]\n" + ROLE.format("r") +
                              "credential_source = EcsContainer\n", "", ""),
    "a role of nobody": ("refused", {}, "[default]\n" + ROLE.format("r"), DEFAULT, ""),
    "a role of two": ("refused", {}, "[default]\n" + ROLE.format("r") +
                      "source_profile = default\ncredential_source = Environment\n", DEFAULT, ""),
    "roles in a circle": ("refused", {}, "[default]\n" + ROLE.format("r") +
                          "source_profile = b\n[profile b]\n" + ROLE.format("b") +
                          "source_profile = default\n", "", ""),
    "web identity before keys": ("arn:aws:iam::123456789012:role/web-unsigned---web-token", WEB, "",
                                 DEFAULT, ""),
    "a named profile before web identity": ("FILE", WEB, "", DEFAULT, "default"),
    "web identity of a profile": (
        "arn:aws:iam::123456789012:role/r-unsigned---web-token", {},
        "[default]\nweb_identity_token_file = {home}/token\n" + ROLE.format("r"), DEFAULT, ""),
    "web identity without a role": (
        "refused", {"AWS_WEB_IDENTITY_TOKEN_FILE": "{home}/token"}, "", DEFAULT, ""),
    "SSO before keys": ("SSO-reader-123456789012-corp-login", {}, "[default]\n" + SSO + CORP,
                        DEFAULT, ""),
    "SSO of the old kind": ("SSO-reader-123456789012-old-login", {}, "[default]\n" + OLD_SSO, "",
                            ""),
    "SSO in part": ("refused", {}, "[default]\nsso_account_id = 1\n", DEFAULT, ""),
    "SSO without its session": ("refused", {}, "[default]\n" + SSO, DEFAULT, ""),
    "keys before a container": ("FILE", CONTAINER, "", DEFAULT, ""),
    "a container before the instance": (
        "CONTAINER-word", CONTAINER | INSTANCE | {"AWS_CONTAINER_AUTHORIZATION_TOKEN": "word"}, "",
        "", ""),
    "a container that must not be asked": (
        "refused", {"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://example.com/container"}, "", "",
        ""),
    "the instance": ("INSTANCE-session-token", INSTANCE, "", "", ""),
    "two keys of one name": ("refused", {}, "", DEFAULT + "aws_access_key_id = B\n", ""),
    "a line that is none": ("refused", {}, "[default]\nnonsense\n", DEFAULT, ""),
}


def outcome(command, environment):
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120,
                          check=False)
    if done.returncode == 0:
        return done.stdout.strip(), done.stderr
    last = done.stderr.strip().splitlines()[-1]
    none = last == "none" or last.startswith("found no AWS credentials")
    return ("none" if none else "refused"), done.stderr


@pytest.mark.parametrize("name", CASES)
def test_same_source_as_botocore(tool, services, tmp_path, name):
    expected, variables, config, credentials, profile = CASES[name]
    (tmp_path / ".aws/sso/cache").mkdir(parents=True)
    for login, start in (("corp", "corp"), ("old", "https://x.example/old")):
        path = tmp_path / f".aws/sso/cache/{hashlib.sha1(start.encode()).hexdigest()}.json"
        path.write_text(json.dumps({"accessToken": f"{login}-login",
                                    "expiresAt": "2099-01-01T00:00:00Z"}), encoding="utf-8")
    (tmp_path / "token").write_text("web-token", encoding="utf-8")
    (tmp_path / "helper").write_text(
        'echo "{\\"Version\\":1,\\"AccessKeyId\\":\\"PROCESS-$(echo "$#-$1-$2" | tr " " _)\\",'
        '\\"SecretAccessKey\\":\\"x\\"}"\n', encoding="utf-8")

    def place(text):
        return text.replace("{home}", str(tmp_path)).replace("{services}", services)

    for file, text in (("config", config), ("credentials", credentials)):
        if text:
            (tmp_path / ".aws" / file).write_text(place(text), encoding="utf-8")
    environment = {"HOME": str(tmp_path), "PATH": os.environ["PATH"],
                   "AWS_REGION": "us-west-2", "AWS_DEFAULT_REGION": "us-west-2",
                   "AWS_ENDPOINT_URL_STS": services, "AWS_ENDPOINT_URL_SSO": services,
                   "AWS_EC2_METADATA_SERVICE_ENDPOINT": services,
                   "AWS_EC2_METADATA_DISABLED": "true", "AWS_MAX_ATTEMPTS": "1"}
    environment |= {key: place(value) for key, value in variables.items()}
    theirs, why = outcome([sys.executable, "-c", BOTOCORE, *filter(None, [profile])], environment)
    ours, our_why = outcome([tool, *filter(None, [profile])], environment)
    assert theirs.startswith(expected), f"botocore: {theirs} {why}"
    assert ours == theirs, our_why
