# bash completion of unum, made from its table of verbs by `unum completion bash`.

_unum_offer() {
    local word
    for word; do [[ $word == "$cur"* ]] && COMPREPLY+=("$word"); done
}

_unum_paths() {
    local word
    compopt -o filenames 2>/dev/null
    while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen "$1" -- "$cur")
}

_unum_names() {
    local word
    while IFS= read -r word; do
        [[ $word == "$cur"* ]] && COMPREPLY+=("$word")
    done < <("${COMP_WORDS[0]}" ${dir:+-C "$dir"} __complete "$1" 2>/dev/null)
}

_unum() {
    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
    local path="" dir="" options="" i
    COMPREPLY=()
    # "--name=value" arrives as three words.
    if [[ $cur == = ]]; then
        cur=""
    elif [[ $prev == = ]]; then
        prev=${COMP_WORDS[COMP_CWORD - 2]}
    fi
    for ((i = 1; i < COMP_CWORD; i++)); do
        case ${COMP_WORDS[i]} in
        -C|--directory) dir=${COMP_WORDS[++i]} ;;
        --output|--max-definition|--color|--debug-file) ((i++)) ;;
        -*|=) ;;
        *)
            case $path in
            "") path=${COMP_WORDS[i]} ;;
            local|runs) path="$path ${COMP_WORDS[i]}" ;;
            esac ;;
        esac
    done
    case "$path $prev" in
    "init -t"|"init --template") _unum_names template; return ;;
    "init -n"|"init --name") :; return ;;
    "validate -t"|"validate --template") _unum_paths -f; return ;;
    "validate -w"|"validate --definition") _unum_paths -f; return ;;
    "compile -p"|"compile --platform") _unum_offer step-functions; return ;;
    "compile -w"|"compile --workflow") _unum_paths -f; return ;;
    "compile -t"|"compile --template") _unum_paths -f; return ;;
    "compile --elements") :; return ;;
    "graph -f"|"graph --format") _unum_offer dot mermaid svg; return ;;
    "graph -o"|"graph --out") _unum_paths -f; return ;;
    "graph -w"|"graph --workflow") _unum_paths -f; return ;;
    "graph -t"|"graph --template") _unum_paths -f; return ;;
    "diff -t"|"diff --template") _unum_paths -f; return ;;
    "test-state -w"|"test-state --definition") _unum_paths -f; return ;;
    "test-state -s"|"test-state --state") :; return ;;
    "test-state -d"|"test-state --data") :; return ;;
    "test-state -f"|"test-state --file") _unum_paths -f; return ;;
    "test-state -r"|"test-state --result") :; return ;;
    "test-state -e"|"test-state --error") :; return ;;
    "test-state --cause") :; return ;;
    "test-state --context") :; return ;;
    "test-state --variables") :; return ;;
    "test-state --retry-count") :; return ;;
    "test-state --failed-elements") :; return ;;
    "test-state --inspection-level") _unum_offer INFO DEBUG TRACE; return ;;
    "test-state --validation") _unum_offer STRICT PRESENT NONE; return ;;
    "test-state -t"|"test-state --template") _unum_paths -f; return ;;
    "template -p"|"template --platform") _unum_offer aws; return ;;
    "template --arch") _unum_offer template x86_64 arm64; return ;;
    "template --format") _unum_offer cloudformation sam; return ;;
    "template -t"|"template --template") _unum_paths -f; return ;;
    "template -o"|"template --out") _unum_paths -f; return ;;
    "build -p"|"build --platform") _unum_offer aws; return ;;
    "build --arch") _unum_offer template x86_64 arm64; return ;;
    "build --format") _unum_offer cloudformation sam; return ;;
    "build -t"|"build --template") _unum_paths -f; return ;;
    "build -s"|"build --platform-template") _unum_paths -f; return ;;
    "build -j"|"build --jobs") :; return ;;
    "run -d"|"run --data") :; return ;;
    "run -f"|"run --file") _unum_paths -f; return ;;
    "run --timeout") :; return ;;
    "run --session") :; return ;;
    "run --concurrency") :; return ;;
    "run --latency") :; return ;;
    "run -t"|"run --template") _unum_paths -f; return ;;
    "local start --port") :; return ;;
    "local start --concurrency") :; return ;;
    "local start --latency") :; return ;;
    "local start -t"|"local start --template") _unum_paths -f; return ;;
    "local stop -t"|"local stop --template") _unum_paths -f; return ;;
    "deploy -p"|"deploy --platform") _unum_offer aws; return ;;
    "deploy --arch") _unum_offer template x86_64 arm64; return ;;
    "deploy -s"|"deploy --platform-template") _unum_paths -f; return ;;
    "deploy --profile") :; return ;;
    "deploy --region") :; return ;;
    "deploy --endpoint-url") :; return ;;
    "deploy -t"|"deploy --template") _unum_paths -f; return ;;
    "deploy --stage") _unum_names stage; return ;;
    "deploy --stack-name") _unum_names stack; return ;;
    "deploy --s3-bucket") :; return ;;
    "deploy --role-arn") :; return ;;
    "deploy --skip-resource") :; return ;;
    "deploy --poll") :; return ;;
    "deploy --parameter") :; return ;;
    "deploy --tag") :; return ;;
    "sync --profile") :; return ;;
    "sync --region") :; return ;;
    "sync --endpoint-url") :; return ;;
    "sync -t"|"sync --template") _unum_paths -f; return ;;
    "sync --stage") _unum_names stage; return ;;
    "sync --stack-name") _unum_names stack; return ;;
    "sync --s3-bucket") :; return ;;
    "sync --role-arn") :; return ;;
    "sync --skip-resource") :; return ;;
    "sync --poll") :; return ;;
    "delete --profile") :; return ;;
    "delete --region") :; return ;;
    "delete --endpoint-url") :; return ;;
    "delete -t"|"delete --template") _unum_paths -f; return ;;
    "delete --stage") _unum_names stage; return ;;
    "delete --stack-name") _unum_names stack; return ;;
    "delete --s3-bucket") :; return ;;
    "delete --role-arn") :; return ;;
    "delete --skip-resource") :; return ;;
    "delete --poll") :; return ;;
    "invoke --stage") _unum_names stage; return ;;
    "invoke --profile") :; return ;;
    "invoke --region") :; return ;;
    "invoke --endpoint-url") :; return ;;
    "invoke -d"|"invoke --data") :; return ;;
    "invoke -f"|"invoke --file") _unum_paths -f; return ;;
    "invoke --timeout") :; return ;;
    "invoke --session") :; return ;;
    "invoke --function") _unum_names function; return ;;
    "invoke -t"|"invoke --template") _unum_paths -f; return ;;
    "logs --stage") _unum_names stage; return ;;
    "logs --profile") :; return ;;
    "logs --region") :; return ;;
    "logs --endpoint-url") :; return ;;
    "logs --since") :; return ;;
    "logs --until") :; return ;;
    "logs --grep") :; return ;;
    "logs --session") _unum_names session; return ;;
    "logs -t"|"logs --template") _unum_paths -f; return ;;
    "status --stage") _unum_names stage; return ;;
    "status --profile") :; return ;;
    "status --region") :; return ;;
    "status --endpoint-url") :; return ;;
    "status --timeout") :; return ;;
    "status -t"|"status --template") _unum_paths -f; return ;;
    "runs list --stage") _unum_names stage; return ;;
    "runs list --profile") :; return ;;
    "runs list --region") :; return ;;
    "runs list --endpoint-url") :; return ;;
    "runs list -t"|"runs list --template") _unum_paths -f; return ;;
    "runs list --status") _unum_offer any running succeeded failed timed-out cancelled; return ;;
    "runs list --since") :; return ;;
    "runs list -n"|"runs list --limit") :; return ;;
    "runs show --stage") _unum_names stage; return ;;
    "runs show --profile") :; return ;;
    "runs show --region") :; return ;;
    "runs show --endpoint-url") :; return ;;
    "runs show -t"|"runs show --template") _unum_paths -f; return ;;
    "runs purge --stage") _unum_names stage; return ;;
    "runs purge --profile") :; return ;;
    "runs purge --region") :; return ;;
    "runs purge --endpoint-url") :; return ;;
    "runs purge -t"|"runs purge --template") _unum_paths -f; return ;;
    "runs purge --session") _unum_names session; return ;;
    "runs purge --older-than") :; return ;;
    "doctor --stage") _unum_names stage; return ;;
    "doctor --profile") :; return ;;
    "doctor --region") :; return ;;
    "doctor --endpoint-url") :; return ;;
    "doctor --still") :; return ;;
    "doctor -t"|"doctor --template") _unum_paths -f; return ;;
    "whoami --profile") :; return ;;
    "whoami --region") :; return ;;
    "whoami --endpoint-url") :; return ;;
    *" -C"|*" --directory") _unum_paths -d; return ;;
    *" --output") _unum_offer text json jsonl sarif; return ;;
    *" --max-definition") :; return ;;
    *" --color") _unum_offer auto always never; return ;;
    *" --debug-file") :; return ;;
    esac
    case $path in
    "") [[ $cur == -* ]] || { _unum_offer init validate compile graph diff test-state template build run local deploy sync delete invoke logs status runs doctor whoami explain completion help version; return; } ;;
    "local") [[ $cur == -* ]] || { _unum_offer start stop; return; } ;;
    "runs") [[ $cur == -* ]] || { _unum_offer list show purge; return; } ;;
    "init")
        options="-t --template -n --name --list"
        [[ $cur == -* ]] || { _unum_paths -d; return; }
        ;;
    "validate")
        options="-t --template -w --definition"
        ;;
    "compile")
        options="-p --platform -w --workflow -t --template --print --explain --elements"
        ;;
    "graph")
        options="-f --format -o --out -w --workflow -t --template"
        ;;
    "diff")
        options="--check --exit-code -t --template"
        [[ $cur == -* ]] || { _unum_paths -f; return; }
        ;;
    "test-state")
        options="-w --definition -s --state -d --data -f --file -r --result -e --error --cause --context --variables --retry-count --failed-elements --inspection-level --validation -t --template"
        [[ $cur == -* ]] || { :; return; }
        ;;
    "template")
        options="-p --platform --arch --format -t --template -o --out -c --clean"
        ;;
    "build")
        options="-g --generate -p --platform --arch --format -t --template -s --platform-template -c --clean --debug --sanitize -j --jobs"
        ;;
    "run")
        options="-d --data -f --file --timeout --session --concurrency --latency --real-time --memory --sanitize -t --template"
        ;;
    "local start")
        options="--port --background --empty --concurrency --latency --real-time --memory -t --template"
        ;;
    "local stop")
        options="-t --template"
        ;;
    "deploy")
        options="-b --build -p --platform --arch -s --platform-template --dry-run --profile --region --endpoint-url -t --template --stage --stack-name --s3-bucket --role-arn --skip-resource --poll -y --yes --parameter --tag --cancel --no-rollback --replace-failed --fail-on-empty --no-wait"
        ;;
    "sync")
        options="-b --build --dry-run --profile --region --endpoint-url -t --template --stage --stack-name --s3-bucket --role-arn --skip-resource --poll -y --yes"
        ;;
    "delete")
        options="--purge --profile --region --endpoint-url -t --template --stage --stack-name --s3-bucket --role-arn --skip-resource --poll -y --yes"
        ;;
    "invoke")
        options="-l --local --stage --profile --region --endpoint-url -d --data -f --file -w --wait --async --timeout --session --function -t --template"
        ;;
    "logs")
        options="-l --local --stage --profile --region --endpoint-url -f --follow --since --until --grep --session -t --template"
        [[ $cur == -* ]] || { _unum_names session; return; }
        ;;
    "status")
        options="-l --local --stage --profile --region --endpoint-url -w --wait --timeout -t --template"
        [[ $cur == -* ]] || { _unum_names session; return; }
        ;;
    "runs list")
        options="-l --local --stage --profile --region --endpoint-url -t --template --status --since -n --limit"
        ;;
    "runs show")
        options="-l --local --stage --profile --region --endpoint-url -t --template --full"
        [[ $cur == -* ]] || { _unum_names session; return; }
        ;;
    "runs purge")
        options="-l --local --stage --profile --region --endpoint-url -t --template --session --older-than -y --yes"
        ;;
    "doctor")
        options="-l --local --stage --profile --region --endpoint-url --still --resend -t --template"
        [[ $cur == -* ]] || { _unum_names session; return; }
        ;;
    "whoami")
        options="--profile --region --endpoint-url"
        ;;
    "explain")
        options=""
        [[ $cur == -* ]] || { _unum_names code; return; }
        ;;
    "completion")
        options=""
        [[ $cur == -* ]] || { _unum_offer bash zsh fish; return; }
        ;;
    "help")
        options=""
        [[ $cur == -* ]] || { _unum_names verb; return; }
        ;;
    "version")
        options=""
        ;;
    esac
    # shellcheck disable=SC2086
    _unum_offer $options -C --directory --output --max-definition --color -q --quiet -v --verbose --debug --debug-file -h --help --version
}

complete -F _unum unum unum-cli
