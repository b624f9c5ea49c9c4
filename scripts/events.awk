# Prints the tables of docs/events.md from the sources of crates/interfaces, in the order in which they are named: first the files of
# traits and types, then those of events. Rust formatted by rustfmt is all that it reads. For any POSIX awk.

# The documentation of what follows, gathered line by line.
function documented() { said = doc; doc = ""; gsub(/  +/, " ", said); gsub(/\|/, "\\|", said); gsub(/\[`/, "`", said); gsub(/`\]/, "`", said); return said }
function row(name, text) { rows[name] = rows[name] text "\n" }

FNR == 1 {
    doc = ""; inside = ""; in_events = 0; contract = ""
    events_of = FILENAME ~ /\/events\// ? FILENAME : ""
    sub(/.*\//, "", events_of); sub(/\.rs$/, "", events_of)
    if (events_of != "") modules[++module_count] = events_of
}

# Of a message: which events its documentation names, and whose it shares.
/^ *\/\/\/ # Events/ { in_events = 1; next }
/^ *\/\/\/ Events and errors: as `/ { split($0, part, "`"); pending_as = part[2] }
/^ *\/\/\/ (# |Errors: )/ { in_events = 0; next }
in_events && /^ *\/\/\// {
    line = $0
    while (match(line, /`[A-Z][A-Za-z]+[ `]/)) {
        named = named " " substr(line, RSTART + 1, RLENGTH - 2)
        line = substr(line, RSTART + RLENGTH)
    }
    if (match($0, /(then as|\/\/ As) `[a-z_]+`/)) { split(substr($0, RSTART), part, "`"); pending_as = part[2] }
    next
}
/^pub trait / { contract = $3; sub(/[^A-Za-z].*/, "", contract); doc = ""; next }
/^ +fn [a-z_]+\(/ && contract != "" {
    name = $2; sub(/\(.*/, "", name)
    if (named != "") sent[contract, name] = named
    if (pending_as != "") same[contract, name] = pending_as
    messages[++message_count] = contract SUBSEP name
    named = ""; pending_as = ""; in_events = 0; doc = ""
    next
}

/^ *\/\/\/ ?/ { line = $0; sub(/^ *\/\/\/ ?/, "", line); doc = doc (doc == "" ? "" : " ") line; next }
/^ *#\[ink\(topic\)\]/ { topic = 1; next }
/^#\[ink::event\]/ { is_event = 1; next }
/^ *#\[|^ *#!\[/ { next }

/^pub type / { # pub type Name = u32;
    name = $3; of = $5; sub(/;/, "", of)
    aliases[++alias_count] = "| `" name "` | `" of "` | " documented() " |"
    next
}
/^pub (struct|enum) [A-Za-z]+ \{/ {
    inside = $3; kind = $2; variant = ""; index_of = 0
    if (is_event) { event_in[events_of, ++event_count[events_of]] = inside; event[inside] = 1 } else type[inside] = kind
    about[inside] = documented(); is_event = 0; topic = 0
    next
}
inside != "" && /^}/ { inside = ""; doc = ""; next }
inside != "" && kind == "struct" && /^    pub [a-z_0-9]+: / {
    name = $2; sub(/:/, "", name)
    of = $0; sub(/^    pub [a-z_0-9]+: /, "", of); sub(/,$/, "", of)
    uses[inside] = uses[inside] " " of
    row(inside, "| `" name "`" (topic ? " ●" : "") " | `" of "` | " documented() " |"); topic = 0
    next
}
inside != "" && kind == "enum" && /^    [A-Z]/ {
    name = $1; of = ""
    sub(/[^A-Za-z].*/, "", name)
    if (match($0, /\(.*\)/)) { of = substr($0, RSTART + 1, RLENGTH - 2); uses[inside] = uses[inside] " " of }
    variant = $0 ~ /\{$/ ? name : ""
    row(inside, "| " index_of++ " `" name "` | " (of == "" ? "" : "`" of "`") " | " documented() " |")
    next
}
inside != "" && variant != "" && /^        [a-z_]+: / {
    name = $1; of = $0; sub(/^        [a-z_]+: /, "", of); sub(/,$/, "", of); sub(/:/, "", name)
    uses[inside] = uses[inside] " " of
    row(inside, "| `" variant "." name "` | `" of "` | " documented() " |")
    next
}
/^$/ { doc = "" }

# The messages that emit each event.
function senders(   i, key, parts_of, names, n, j) {
    for (i = 1; i <= message_count; i++) {
        split(messages[i], parts_of, SUBSEP)
        key = parts_of[1] SUBSEP parts_of[2]
        names = sent[key]
        if (key in same) names = names " " sent[parts_of[1], same[key]]
        n = split(names, named_in, " ")
        for (j = 1; j <= n; j++) {
            if (!(named_in[j] in event) || (key, named_in[j]) in told) continue
            told[key, named_in[j]] = 1
            by[named_in[j]] = by[named_in[j]] (by[named_in[j]] == "" ? "" : ", ") "`" parts_of[2] "`"
        }
    }
}

# Every type of ours that occurs in the text, and all that those are made of.
function need(text,   n, i, names) {
    gsub(/[^A-Za-z]+/, " ", text)
    n = split(text, names, " ")
    for (i = 1; i <= n; i++) {
        if (names[i] in type && !(names[i] in needed)) {
            needed[names[i]] = 1
            needs[++need_count] = names[i]
            need(uses[names[i]])
        }
    }
}

END {
    senders()
    for (m = 1; m <= module_count; m++) {
        module = modules[m]
        if (event_count[module] == 0) continue
        print "### " (module == "admin" ? "Every contract" : "`" module "`") "\n"
        print "| | type | |\n| --- | --- | --- |"
        for (e = 1; e <= event_count[module]; e++) {
            name = event_in[module, e]
            printf "| **`%s`** | | **%s**%s |\n%s", name, about[name], (by[name] == "" ? "" : " By " by[name] "."), rows[name]
            need(uses[name])
        }
        print ""
    }
    print "### What is in them\n"
    print "Structures are their fields, one after the other; of an enumeration the number of the variant comes first, in one byte.\n"
    print "| | type | |\n| --- | --- | --- |"
    for (i = 1; i <= need_count; i++) printf "| **`%s`** | | **%s** |\n%s", needs[i], about[needs[i]], rows[needs[i]]
    print "\n### Names of numbers\n"
    print "| name | is | |\n| --- | --- | --- |"
    for (i = 1; i <= alias_count; i++) print aliases[i]
}
