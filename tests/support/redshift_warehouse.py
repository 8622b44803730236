"""A dwh.cfg with ENGINE=redshift in front of the Redshift stand-in, and a source on moto's S3."""

import configparser
import json
import os
import shutil
from pathlib import Path

from support.etl_warehouse import RunningEtl
from support.programs import Finished, Programs
from support.redshift_fixture import BUCKET, DATABASE, PASSWORD, ROLE, USER
from support.sparkify import in_order
from support.versions import STARS, json_row

PATHS = Path(__file__).parents[2] / "config/log_json_path.json"


class RedshiftWarehouse:
    """What a person has on the machine that runs etl, and what they see of the warehouse."""

    def __init__(self, programs: Programs, folder: Path, redshift, moto, authority):
        self.programs = programs
        self.model = "classic"
        self.redshift = redshift
        self.moto = moto
        self.s3 = moto.client("s3")
        self.folder = folder
        self.source = folder / "source"
        self.results = folder / "results"
        self.results.mkdir()
        self.cfg = folder / "dwh.cfg"
        # A key of its own for each test: nothing of another is ever under the prefix.
        self.prefix = folder.name
        self.place = f"s3://{BUCKET}/{self.prefix}"
        engine = "serverless" if redshift.serverless else "redshift"
        self.cfg.write_text(
            f"[AWS]\nKEY={moto.admin.id}\nSECRET={moto.admin.secret}\nREGION={moto.region}\n"
            f"ENDPOINT_URL={moto.url}\n\n[DWH]\nENGINE={engine}\n\n[CLUSTER]\nHOST=127.0.0.1\n"
            f"DB_PORT={redshift.port}\nDB_NAME={DATABASE}\nDB_USER={USER}\n"
            f"DB_PASSWORD={PASSWORD}\nSSLROOTCERT={authority.ca}\n\n[SERVERLESS]\n\n"
            f"[IAM_ROLE]\nARN={ROLE}\n\n"
            f"[S3]\nLOG_DATA={self.place}/data/log_data/\nSONG_DATA={self.place}/data/song_data/\n"
            f"LOG_JSONPATH={self.place}/log_json_path.json\n\n"
            f"[ETL]\nRESULTS_DIR={self.results}\n")
        self.cfg.chmod(0o600)
        self.put("log_json_path.json", PATHS.read_bytes())

    def set(self, section: str, key: str, value: str | None) -> None:
        parser = configparser.ConfigParser(interpolation=None)
        parser.optionxform = str
        parser.read(self.cfg, encoding="utf-8")
        if value is None:
            parser.remove_option(section, key)
        else:
            parser.set(section, key, value)
        with open(self.cfg, "w", encoding="utf-8") as file:
            parser.write(file)

    # ---- S3

    def put(self, name: str, body: bytes) -> None:
        self.s3.put_object(Bucket=BUCKET, Key=f"{self.prefix}/{name}", Body=body)

    def upload(self) -> None:
        """The source folder as it is now."""
        for path in sorted(self.source.rglob("*.json")):
            self.put(f"data/{path.relative_to(self.source)}", path.read_bytes())

    def remove(self, name: str) -> None:
        self.s3.delete_object(Bucket=BUCKET, Key=f"{self.prefix}/{name}")

    def keys(self, below: str = "") -> list[str]:
        pages = self.s3.get_paginator("list_objects_v2").paginate(
            Bucket=BUCKET, Prefix=f"{self.prefix}/{below}")
        return [item["Key"] for page in pages for item in page.get("Contents", [])]

    # ---- Programs

    def env(self) -> dict[str, str]:
        """Nothing of the caller's AWS."""
        return {name: value for name, value in os.environ.items()
                if not name.startswith("AWS_")} | {"AWS_EC2_METADATA_DISABLED": "true"}

    def run(self, program: str, *args, more_env: dict | None = None, **kwargs) -> Finished:
        return self.programs.run(program, *args, cfg=self.cfg, env=self.env() | (more_env or {}),
                                 **kwargs)

    def create_tables(self, *args, **kwargs) -> Finished:
        return self.run("create_tables", *args, **kwargs)

    def choose(self, model: str) -> "RedshiftWarehouse":
        """From now on with empty tables of this model."""
        self.model = model
        self.set("DWH", "MODEL", model)
        self.create_tables("--force")
        return self

    def etl(self, *args, **kwargs) -> Finished:
        return self.run("etl", *args, **kwargs)

    def start_etl(self, *args) -> RunningEtl:
        return RunningEtl(self.programs.start("etl", *args, cfg=self.cfg, env=self.env()))

    # ---- The warehouse

    def star(self) -> dict[str, list[list]]:
        """Every star table in the form of versions.expected_star()."""
        found = {}
        for table, columns in STARS[self.model].items():
            rows = self.redshift.sql(f"SELECT {json_row(columns)} FROM star.{table}")
            found[table] = in_order([row[0] for row in rows])
        return found

    def ledger(self) -> list[tuple]:
        return self.redshift.sql(
            "SELECT table_name, object_key, size_bytes, etag, records, rows_loaded, rejects"
            " FROM stage.etl_objects ORDER BY 1, 2")

    def runs(self) -> list[tuple]:
        return self.redshift.sql("SELECT outcome FROM stage.etl_runs ORDER BY started_at")

    def rejects(self, table: str) -> list[dict]:
        text = (self.results / f"load_errors_{table}.json").read_text(encoding="utf-8")
        return [one | {"column": column} for column, some in json.loads(text).items()
                for one in some]

    def close(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
