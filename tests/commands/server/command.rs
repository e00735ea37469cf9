use std::collections::BTreeSet;

use crate::commands::SYNTAX;
use crate::support::{Reply, TestServer};

/// Returns the value after `name` in a map.
fn value_of<'a>(map: &'a Reply, name: &str) -> &'a Reply {
    let pairs = map.array();
    let at = pairs
        .chunks(2)
        .position(|pair| pair[0].text() == name)
        .unwrap_or_else(|| panic!("no {name} in {map:?}"));
    &pairs[at * 2 + 1]
}

#[test]
fn command_describes_every_command_once() {
    let server = TestServer::start();
    let mut client = server.connect();
    let all = client.ask_line("COMMAND");
    let names: BTreeSet<String> = all
        .array()
        .iter()
        .map(|command| command.array()[0].text())
        .collect();
    for name in ["get", "set", "hset", "del", "config", "client", "command"] {
        assert!(names.contains(name), "{name}");
    }
    let count = client.ask_line("COMMAND COUNT").integer();
    assert_eq!(all.array().len(), count as usize);
    assert_eq!(names.len(), count as usize);
    assert_eq!(client.ask_line("COMMAND INFO"), all);
    assert_eq!(
        client.ask_line("COMMAND DOCS").array().len(),
        2 * count as usize
    );

    let listed: BTreeSet<String> = client
        .ask_line("COMMAND LIST")
        .texts()
        .into_iter()
        .filter(|name| !name.contains('|'))
        .collect();
    assert_eq!(listed, names);
}

/// In RESP3, all lists but the subcommands are sets. Empty subcommands are a set too.
#[test]
fn command_info_has_the_types_of_redis() {
    let server = TestServer::start();
    let mut client = server.connect();
    client.ask_line("HELLO 3");
    client.expect_exchanges(&[(
        "COMMAND INFO memory",
        "*1\r\n*10\r\n$6\r\nmemory\r\n:-2\r\n~0\r\n:0\r\n:0\r\n:0\r\n\
         ~1\r\n+@slow\r\n~0\r\n~0\r\n*6\r\n\
         *10\r\n$13\r\nmemory|doctor\r\n:2\r\n~0\r\n:0\r\n:0\r\n:0\r\n~1\r\n+@slow\r\n\
         ~3\r\n$23\r\nnondeterministic_output\r\n\
         $25\r\nrequest_policy:all_shards\r\n\
         $23\r\nresponse_policy:special\r\n\
         ~0\r\n~0\r\n\
         *10\r\n$11\r\nmemory|help\r\n:2\r\n~2\r\n+loading\r\n+stale\r\n\
         :0\r\n:0\r\n:0\r\n~1\r\n+@slow\r\n~0\r\n~0\r\n~0\r\n\
         *10\r\n$19\r\nmemory|malloc-stats\r\n:2\r\n~0\r\n:0\r\n:0\r\n:0\r\n~1\r\n+@slow\r\n\
         ~3\r\n$23\r\nnondeterministic_output\r\n\
         $25\r\nrequest_policy:all_shards\r\n\
         $23\r\nresponse_policy:special\r\n\
         ~0\r\n~0\r\n\
         *10\r\n$12\r\nmemory|purge\r\n:2\r\n~0\r\n:0\r\n:0\r\n:0\r\n~1\r\n+@slow\r\n\
         ~2\r\n$25\r\nrequest_policy:all_shards\r\n\
         $29\r\nresponse_policy:all_succeeded\r\n\
         ~0\r\n~0\r\n\
         *10\r\n$12\r\nmemory|stats\r\n:2\r\n~0\r\n:0\r\n:0\r\n:0\r\n~1\r\n+@slow\r\n\
         ~3\r\n$23\r\nnondeterministic_output\r\n\
         $25\r\nrequest_policy:all_shards\r\n\
         $23\r\nresponse_policy:special\r\n\
         ~0\r\n~0\r\n\
         *10\r\n$12\r\nmemory|usage\r\n:-3\r\n~1\r\n+readonly\r\n\
         :2\r\n:2\r\n:1\r\n~2\r\n+@read\r\n+@slow\r\n~0\r\n\
         ~1\r\n%3\r\n$5\r\nflags\r\n~1\r\n+RO\r\n\
         $12\r\nbegin_search\r\n%2\r\n$4\r\ntype\r\n$5\r\nindex\r\n\
         $4\r\nspec\r\n%1\r\n$5\r\nindex\r\n:2\r\n\
         $9\r\nfind_keys\r\n%2\r\n$4\r\ntype\r\n$5\r\nrange\r\n\
         $4\r\nspec\r\n%3\r\n$7\r\nlastkey\r\n:0\r\n$7\r\nkeystep\r\n:1\r\n\
         $5\r\nlimit\r\n:0\r\n~0\r\n",
    )]);
}

#[test]
fn command_info_describes_as_redis_does() {
    let key = "*1\r\n*6\r\n$5\r\nflags\r\n*2\r\n+RO\r\n+access\r\n$12\r\nbegin_search\r\n*4\r\n\
               $4\r\ntype\r\n$5\r\nindex\r\n$4\r\nspec\r\n*2\r\n$5\r\nindex\r\n:1\r\n\
               $9\r\nfind_keys\r\n*4\r\n$4\r\ntype\r\n$5\r\nrange\r\n$4\r\nspec\r\n*6\r\n\
               $7\r\nlastkey\r\n:0\r\n$7\r\nkeystep\r\n:1\r\n$5\r\nlimit\r\n:0\r\n";
    let get = format!(
        "*10\r\n$3\r\nget\r\n:2\r\n*2\r\n+readonly\r\n+fast\r\n:1\r\n:1\r\n:1\r\n\
         *3\r\n+@read\r\n+@string\r\n+@fast\r\n*0\r\n{key}*0\r\n"
    );
    let count = "*10\r\n$13\r\ncommand|count\r\n:2\r\n*2\r\n+loading\r\n+stale\r\n\
                 :0\r\n:0\r\n:0\r\n*2\r\n+@slow\r\n+@connection\r\n*0\r\n*0\r\n*0\r\n";
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("COMMAND INFO get", &format!("*1\r\n{get}")),
        (
            "COMMAND INFO GET missing get|x command|count",
            &format!("*4\r\n{get}$-1\r\n$-1\r\n{count}"),
        ),
    ]);
}

#[test]
fn command_info_remarks_on_keys() {
    let server = TestServer::start();
    let info = server.connect().ask_line("COMMAND INFO getex");
    let keys = &info.array()[0].array()[8].array()[0];
    assert_eq!(
        value_of(keys, "notes").text(),
        "RW and UPDATE because it changes the TTL"
    );
}

#[test]
fn command_docs_documents_the_named_commands() {
    let server = TestServer::start();
    let mut client = server.connect();
    let docs = client.ask_line("COMMAND DOCS hset missing client|list");
    assert_eq!(docs.array().len(), 4);
    let hset = value_of(&docs, "hset");
    assert_eq!(
        value_of(hset, "summary").text(),
        "Set the string value of a hash field"
    );
    assert_eq!(value_of(hset, "since").text(), "2.0.0");
    assert_eq!(value_of(hset, "group").text(), "hash");
    let arguments = value_of(hset, "arguments").array();
    assert_eq!(value_of(&arguments[0], "name").text(), "key");
    assert_eq!(value_of(&arguments[1], "type").text(), "block");
    value_of(&docs, "client|list");
    client.expect_exchanges(&[("COMMAND DOCS missing", "*0\r\n")]);
}

#[test]
fn command_list_filters_commands() {
    let server = TestServer::start();
    let mut client = server.connect();
    for (line, expected) in [
        ("COMMAND LIST FILTERBY PATTERN hm*", vec!["hmget", "hmset"]),
        ("COMMAND LIST filterby pattern PIN?", vec!["ping"]),
        ("COMMAND LIST FILTERBY PATTERN nothing", vec![]),
        ("COMMAND LIST FILTERBY MODULE foo", vec![]),
        ("COMMAND LIST FILTERBY ACLCAT foo", vec![]),
    ] {
        let mut found = client.ask_line(line).texts();
        found.sort();
        assert_eq!(found, expected, "{line}");
    }
    let hashes = client.ask_line("COMMAND LIST FILTERBY ACLCAT HASH").texts();
    assert!(hashes.contains(&"hset".to_owned()) && !hashes.contains(&"set".to_owned()));
    client.expect_exchanges(&[
        ("COMMAND LIST foo", SYNTAX),
        ("COMMAND LIST FILTERBY PATTERN", SYNTAX),
        ("COMMAND LIST FILTERBY foo bar", SYNTAX),
        ("COMMAND LIST FILTERBY PATTERN a b", SYNTAX),
    ]);
}

#[test]
fn command_getkeys_finds_the_keys_of_a_request() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("COMMAND GETKEYS get a", "*1\r\n$1\r\na\r\n"),
        (
            "COMMAND GETKEYS MSET a 1 b 2",
            "*2\r\n$1\r\na\r\n$1\r\nb\r\n",
        ),
        ("COMMAND GETKEYS memory usage k", "*1\r\n$1\r\nk\r\n"),
        (
            "COMMAND GETKEYSANDFLAGS rename a b",
            "*2\r\n*2\r\n$1\r\na\r\n*3\r\n+RW\r\n+access\r\n+delete\r\n\
             *2\r\n$1\r\nb\r\n*2\r\n+OW\r\n+update\r\n",
        ),
        (
            "COMMAND GETKEYSANDFLAGS set k v GET",
            "*1\r\n*2\r\n$1\r\nk\r\n*3\r\n+RW\r\n+access\r\n+update\r\n",
        ),
        (
            "COMMAND GETKEYSANDFLAGS set k v",
            "*1\r\n*2\r\n$1\r\nk\r\n*2\r\n+OW\r\n+update\r\n",
        ),
        (
            "COMMAND GETKEYS hexpire h 1 FIELDS 1 f",
            "*1\r\n$1\r\nh\r\n",
        ),
        (
            "COMMAND GETKEYS nosuch a",
            "-ERR Invalid command specified\r\n",
        ),
        (
            "COMMAND GETKEYS get a b",
            "-ERR Invalid number of arguments specified for command\r\n",
        ),
        (
            "COMMAND GETKEYS config get a",
            "-ERR The command has no key arguments\r\n",
        ),
    ]);
}

#[test]
fn containers_help() {
    let server = TestServer::start();
    let mut client = server.connect();
    for container in ["COMMAND", "CONFIG", "CLIENT"] {
        let lines = client.ask(&[container, "help"]).texts();
        assert_eq!(
            lines[0],
            format!("{container} <subcommand> [<arg> [value] [opt] ...]. Subcommands are:")
        );
        assert!(lines.contains(&"HELP".to_owned()), "{lines:?}");
    }
    assert_eq!(
        client.ask_line("MEMORY HELP").texts()[1..],
        [
            "DOCTOR",
            "    Return memory problems reports.",
            "MALLOC-STATS",
            "    Return internal statistics report from the memory allocator.",
            "PURGE",
            "    Attempt to purge dirty pages for reclamation by the allocator.",
            "STATS",
            "    Return information about the memory usage of the server.",
            "USAGE <key> [SAMPLES <count>]",
            "    Return memory in bytes used by <key> and its value. Nested values are",
            "    sampled up to <count> times (default: 5, 0 means sample all).",
            "HELP",
            "    Prints this help.",
        ]
    );
}
