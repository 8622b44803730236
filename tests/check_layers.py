"""Holds the layers of lib/: who may include whom, and which library belongs to which layer.

Run without arguments it checks the tree, after having checked itself on made-up violations.
"""

import pathlib
import re
import sys

LAYERS = {
    "base": set(),
    "config": {"base"},
    "net": {"base"},
    "pg": {"base"},
    "cli": {"base"},
    "aws": {"net", "base"},
    "ingest": {"pg", "base"},
    "engine": {"ingest", "pg", "base"},
    "warehouse": {"engine", "ingest", "aws", "pg", "config", "net", "base"},
}
# Exceptions of single files: s3_source is the one bridge from ingest to aws, and of net the
# warehouse sees only the transport interface.
FILES_THAT_MAY = {("ingest", "aws"): r"ingest/s3_source\.(h|cc)"}
HEADERS_ALLOWED = {("warehouse", "net"): {"net/http.h"}}
# Third-party headers, by the one folder of lib that may include them.
LIBRARIES = {
    r"openssl/.*": {"base"},
    r"INIReader\.h|ini\.h": {"config"},
    r"curl/.*": {"net"},
    r"pugixml.*": {"net"},
    r"libpq-fe\.h": {"pg"},
    r"simdjson\.h": {"ingest"},
    r"zlib\.h|bzlib\.h|zstd\.h": {"ingest"},
    r"CLI/.*": {"cli"},
    # JSON documents are read by the loader (manifests), spoken with AWS services, and written by
    # the warehouse (results, policies).
    r"nlohmann/.*": {"aws", "ingest", "warehouse"},
}
INCLUDE = re.compile(r'^\s*#\s*include\s*["<]([^">]+)[">]', re.MULTILINE)


def problems(path, text):
    """What is wrong with the includes of one file, given by its path below lib/."""
    layer = path.split("/")[0]
    for header in INCLUDE.findall(text):
        target = header.split("/")[0]
        if target == "cmd":
            yield f"lib/{path} includes {header}: nothing includes cmd"
        if target in LAYERS and target != layer:
            bridge = FILES_THAT_MAY.get((layer, target))
            allowed = target in LAYERS[layer] or (bridge and re.fullmatch(bridge, path))
            only = HEADERS_ALLOWED.get((layer, target))
            if not allowed or (only and header not in only):
                yield f"lib/{path} includes {header}: {layer} may not"
        for pattern, layers in LIBRARIES.items():
            if re.fullmatch(pattern, header) and layer not in layers:
                yield f"lib/{path} includes <{header}>, which belongs to {', '.join(layers)}"
    if re.search(r"\b(std::cout|std::cerr|std::exit|printf)\b\s*[<(]", text) and layer != "cli":
        yield f"lib/{path} prints or exits; lib throws and logs"


def check_self():
    """A check that cannot fail is none."""
    bad = [
        ("base/x.h", '#include "pg/connection.h"'),
        ("pg/x.cc", '#include "ingest/loader.h"'),
        ("ingest/loader.cc", '#include "aws/s3.h"'),
        ("warehouse/x.cc", '#include "net/curl_transport.h"'),
        ("engine/x.cc", '#include "cmd/etl.h"'),
        ("config/x.cc", "#include <simdjson.h>"),
        ("config/x.cc", "std::cout << 1;"),
    ]
    good = [
        ("ingest/s3_source.cc", '#include "aws/s3.h"'),
        ("warehouse/x.cc", '#include "net/http.h"'),
        ("cli/x.cc", "#include <CLI/CLI.hpp>"),
    ]
    missed = [f"{path}: {text}" for path, text in bad if not list(problems(path, text))]
    wrong = [f"{path}: {text}" for path, text in good if list(problems(path, text))]
    if missed or wrong:
        sys.exit("check_layers.py does not check: " + "; ".join(missed + wrong))


def main():
    check_self()
    lib = pathlib.Path(__file__).resolve().parent.parent / "lib"
    files = sorted(path for path in lib.rglob("*") if path.suffix in (".h", ".cc"))
    unknown = {path.relative_to(lib).parts[0] for path in files} - set(LAYERS)
    found = [f"lib/{name} is no layer" for name in sorted(unknown)]
    for path in files:
        found += problems(str(path.relative_to(lib)), path.read_text())
    print("\n".join(found) or f"{len(files)} files keep to the layers.")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
