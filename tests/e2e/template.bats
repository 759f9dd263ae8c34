load e2e.bash

@test "a template is written beside the application" {
    unum -q init app
    split unum -C app template
    is "$status" 0
    is "$stdout" ""
    grep -q AWSTemplateFormatVersion app/template.yaml
    grep -q 'app-World' app/template.yaml
}

@test "it can be looked at, and is the same every time" {
    unum -q init app
    unum -C app template -o - >first
    unum -C app template -o - >second
    cmp first second
    [ ! -e app/template.yaml ]
    split unum -C app template -o - --output json
    has "$(json "$stdout" 'v["result"]["template"]')" AWSTemplateFormatVersion
}

@test "the options of unum-cli mean what they meant" {
    unum -q init app && cd app
    unum template -p aws -t unum-template.yaml
    [ -e template.yaml ]
    unum template -c
    [ ! -e template.yaml ]
    split unum template -c
    is "$status" 0
    split unum build -g -p aws -t unum-template.yaml -s other.yaml
    is "$status" 0
    [ -e other.yaml ]
}

@test "a wrong application gives none" {
    unum -q init app
    echo '{}' >app/unum-step-functions.json
    split unum -C app template
    is "$status" 7
    [ ! -e app/template.yaml ]
}

both_templates() { # FOLDER: templates/FOLDER.yaml and templates/FOLDER-sam.yaml
    unum -q -C "$1" template -o "$PWD/templates/$1.yaml"
    unum -q -C "$1" template --format sam -o "$PWD/templates/$1-sam.yaml"
}

# Of every starter, and of machines with timers.
all_templates() {
    mkdir templates
    for folder in "$UNUM_PREFIX"/share/unum/templates/*/; do
        name=$(basename "$folder")
        unum -q init --template "$name" "$name"
        both_templates "$name"
    done
    for folder in "$UNUM_SOURCE"/tests/golden/compile/timer-*/; do
        cp -r "$folder" .
        both_templates "$(basename "$folder")"
    done
    [ "$(ls templates | wc -l)" -ge 14 ]
}

@test "cfn-lint finds nothing in the templates of all starters" {
    need cfn-lint
    all_templates
    cfn-lint --non-zero-exit-code informational --include-checks I --regions eu-central-1 -- templates/*.yaml
}

@test "SAM's transform makes the same stack as the plain template" {
    need python3
    python3 -c 'import samtranslator' 2>/dev/null || skip "aws-sam-translator not installed"
    all_templates
    AWS_DEFAULT_REGION=eu-central-1 python3 - templates/*-sam.yaml <<'PY'
import json, sys
from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

class Policies:
    def load(self):
        return {}

def essence(resources):
    """What a stack is made of, without names of resources and what SAM adds."""
    found = []
    for resource in resources.values():
        properties = json.loads(json.dumps(resource.get("Properties", {})))
        properties.pop("Code", None)
        if not properties.get("DestinationConfig", True):
            del properties["DestinationConfig"]
        if isinstance(properties.get("Tags"), list):
            properties["Tags"] = sorted((t["Key"], t["Value"]) for t in properties["Tags"]
                                        if t["Key"] != "lambda:createdBy")
        found.append((resource["Type"], json.dumps(properties, sort_keys=True)))
    return sorted(found)

for path in sys.argv[1:]:
    sam = yaml_parse(open(path).read())
    for resource in sam["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["CodeUri"] = "s3://bucket/key"
    made = essence(transform(sam, {}, Policies())["Resources"])
    plain = essence(yaml_parse(open(path.replace("-sam.yaml", ".yaml")).read())["Resources"])
    assert made == plain, "\n".join(str(x) for x in set(made) ^ set(plain))
PY
}

@test "the format is one that exists" {
    unum -q init app
    split unum -C app template --format terraform
    is "$status" 2
    has "$stderr" sam
    split unum -C app build -g --format sam
    is "$status" 0
    grep -q AWS::Serverless app/template.yaml
}
