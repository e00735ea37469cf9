//! CLUSTER and the commands of its clients. As in a Redis without `cluster-enabled`, each is refused.

use crate::commands::table::{Argument, Category, Command, Flag, Handler};
use crate::commands::{Call, ReplyError};

const ROW: Command = Command {
    flags: &[],
    group: "cluster",
    ..Command::ROW
};

const REFUSED: Command = Command {
    handler: Handler::Plain(refuse),
    ..ROW
};

/// A subcommand about single hash slots.
const SLOTS: Command = Command {
    arity: -3,
    flags: &[Flag::Admin, Flag::Stale, Flag::NoAsyncLoading],
    since: "3.0.0",
    complexity: "O(N) where N is the total number of hash slot arguments",
    arguments: &[Argument::new("slot", "integer").multiple()],
    ..REFUSED
};

/// A subcommand about ranges of hash slots.
const SLOT_RANGES: Command = Command {
    arity: -4,
    flags: &[Flag::Admin, Flag::Stale, Flag::NoAsyncLoading],
    since: "7.0.0",
    complexity: "O(N) where N is the total number of the slots between the start slot and end slot arguments.",
    arguments: &[Argument::block(
        "start-slot_end-slot",
        &[
            Argument::new("start-slot", "integer"),
            Argument::new("end-slot", "integer"),
        ],
    )
    .multiple()],
    ..REFUSED
};

const DISABLED: ReplyError = ReplyError::Fixed("ERR This instance has cluster support disabled");

pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "cluster",
        arity: -2,
        flags: &[],
        since: "3.0.0",
        summary: "A container for cluster commands",
        complexity: "Depends on subcommand.",
        subcommands: &[
            Command {
                name: "cluster|addslots",
                summary: "Assign new hash slots to receiving node",
                ..SLOTS
            },
            Command {
                name: "cluster|addslotsrange",
                summary: "Assign new hash slots to receiving node",
                ..SLOT_RANGES
            },
            Command {
                name: "cluster|bumpepoch",
                arity: 2,
                flags: &[Flag::Admin, Flag::Stale, Flag::NoAsyncLoading],
                tips: &["nondeterministic_output"],
                since: "3.0.0",
                summary: "Advance the cluster config epoch",
                ..REFUSED
            },
            Command {
                name: "cluster|count-failure-reports",
                arity: 3,
                flags: &[Flag::Admin, Flag::Stale],
                tips: &["nondeterministic_output"],
                since: "3.0.0",
                summary: "Return the number of failure reports active for a given node",
                complexity: "O(N) where N is the number of failure reports",
                arguments: &[Argument::new("node-id", "string")],
                ..REFUSED
            },
            Command {
                name: "cluster|countkeysinslot",
                arity: 3,
                flags: &[Flag::Stale],
                since: "3.0.0",
                summary: "Return the number of local keys in the specified hash slot",
                arguments: &[Argument::new("slot", "integer")],
                ..REFUSED
            },
            Command {
                name: "cluster|delslots",
                summary: "Set hash slots as unbound in receiving node",
                ..SLOTS
            },
            Command {
                name: "cluster|delslotsrange",
                summary: "Set hash slots as unbound in receiving node",
                ..SLOT_RANGES
            },
            Command {
                name: "cluster|failover",
                arity: -2,
                flags: &[Flag::Admin, Flag::Stale, Flag::NoAsyncLoading],
                since: "3.0.0",
                summary: "Forces a replica to perform a manual failover of its master.",
                arguments: &[Argument::one_of(
                    "options",
                    &[
                        Argument::word("force", "FORCE"),
                        Argument::word("takeover", "TAKEOVER"),
                    ],
                )
                .optional()],
                ..REFUSED
            },
            Command {
                name: "cluster|flushslots",
                arity: 2,
                flags: &[Flag::Admin, Flag::Stale, Flag::NoAsyncLoading],
                since: "3.0.0",
                summary: "Delete a node's own slots information",
                ..REFUSED
            },
            Command {
                name: "cluster|forget",
                arity: 3,
                flags: &[Flag::Admin, Flag::Stale, Flag::NoAsyncLoading],
                since: "3.0.0",
                summary: "Remove a node from the nodes table",
                arguments: &[Argument::new("node-id", "string")],
                ..REFUSED
            },
            Command {
                name: "cluster|getkeysinslot",
                arity: 4,
                flags: &[Flag::Stale],
                tips: &["nondeterministic_output"],
                since: "3.0.0",
                summary: "Return local key names in the specified hash slot",
                complexity: "O(log(N)) where N is the number of requested keys",
                arguments: &[
                    Argument::new("slot", "integer"),
                    Argument::new("count", "integer"),
                ],
                ..REFUSED
            },
            Command {
                name: "cluster|help",
                arity: 2,
                flags: &[Flag::Loading, Flag::Stale],
                since: "5.0.0",
                summary: "Show helpful text about the different subcommands",
                ..REFUSED
            },
            Command {
                name: "cluster|info",
                arity: 2,
                flags: &[Flag::Stale],
                tips: &["nondeterministic_output"],
                since: "3.0.0",
                summary: "Provides info about Redis Cluster node state",
                ..REFUSED
            },
            Command {
                name: "cluster|keyslot",
                arity: 3,
                flags: &[Flag::Stale],
                since: "3.0.0",
                summary: "Returns the hash slot of the specified key",
                complexity: "O(N) where N is the number of bytes in the key",
                arguments: &[Argument::new("key", "string")],
                ..REFUSED
            },
            Command {
                name: "cluster|links",
                arity: 2,
                flags: &[Flag::Stale],
                tips: &["nondeterministic_output"],
                since: "7.0.0",
                summary: "Returns a list of all TCP links to and from peer nodes in cluster",
                complexity: "O(N) where N is the total number of Cluster nodes",
                ..REFUSED
            },
            Command {
                name: "cluster|meet",
                arity: -4,
                flags: &[Flag::Admin, Flag::Stale, Flag::NoAsyncLoading],
                since: "3.0.0",
                summary: "Force a node cluster to handshake with another node",
                history: &[("4.0.0", "Added the optional `cluster_bus_port` argument.")],
                arguments: &[
                    Argument::new("ip", "string"),
                    Argument::new("port", "integer"),
                    Argument::new("cluster_bus_port", "integer")
                        .since("4.0.0")
                        .optional(),
                ],
                ..REFUSED
            },
            Command {
                name: "cluster|myid",
                arity: 2,
                flags: &[Flag::Stale],
                since: "3.0.0",
                summary: "Return the node id",
                ..REFUSED
            },
            Command {
                name: "cluster|nodes",
                arity: 2,
                flags: &[Flag::Stale],
                tips: &["nondeterministic_output"],
                since: "3.0.0",
                summary: "Get Cluster config for the node",
                complexity: "O(N) where N is the total number of Cluster nodes",
                ..REFUSED
            },
            Command {
                name: "cluster|replicas",
                arity: 3,
                flags: &[Flag::Admin, Flag::Stale],
                tips: &["nondeterministic_output"],
                since: "5.0.0",
                summary: "List replica nodes of the specified master node",
                arguments: &[Argument::new("node-id", "string")],
                ..REFUSED
            },
            Command {
                name: "cluster|replicate",
                arity: 3,
                flags: &[Flag::Admin, Flag::Stale, Flag::NoAsyncLoading],
                since: "3.0.0",
                summary: "Reconfigure a node as a replica of the specified master node",
                arguments: &[Argument::new("node-id", "string")],
                ..REFUSED
            },
            Command {
                name: "cluster|reset",
                arity: -2,
                flags: &[Flag::Admin, Flag::Noscript, Flag::Stale],
                since: "3.0.0",
                summary: "Reset a Redis Cluster node",
                complexity: "O(N) where N is the number of known nodes. The command may execute a FLUSHALL as a side effect.",
                arguments: &[Argument::one_of(
                    "hard_soft",
                    &[
                        Argument::word("hard", "HARD"),
                        Argument::word("soft", "SOFT"),
                    ],
                )
                .optional()],
                ..REFUSED
            },
            Command {
                name: "cluster|saveconfig",
                arity: 2,
                flags: &[Flag::Admin, Flag::Stale, Flag::NoAsyncLoading],
                since: "3.0.0",
                summary: "Forces the node to save cluster state on disk",
                ..REFUSED
            },
            Command {
                name: "cluster|set-config-epoch",
                arity: 3,
                flags: &[Flag::Admin, Flag::Stale, Flag::NoAsyncLoading],
                since: "3.0.0",
                summary: "Set the configuration epoch in a new node",
                arguments: &[Argument::new("config-epoch", "integer")],
                ..REFUSED
            },
            Command {
                name: "cluster|setslot",
                arity: -4,
                flags: &[Flag::Admin, Flag::Stale, Flag::NoAsyncLoading],
                since: "3.0.0",
                summary: "Bind a hash slot to a specific node",
                arguments: &[
                    Argument::new("slot", "integer"),
                    Argument::one_of(
                        "subcommand",
                        &[
                            Argument::new("node-id", "string").after("IMPORTING"),
                            Argument::new("node-id", "string").after("MIGRATING"),
                            Argument::new("node-id", "string").after("NODE"),
                            Argument::word("stable", "STABLE"),
                        ],
                    ),
                ],
                ..REFUSED
            },
            Command {
                name: "cluster|shards",
                arity: 2,
                flags: &[Flag::Stale],
                tips: &["nondeterministic_output"],
                since: "7.0.0",
                summary: "Get array of cluster slots to node mappings",
                complexity: "O(N) where N is the total number of cluster nodes",
                ..REFUSED
            },
            Command {
                name: "cluster|slaves",
                arity: 3,
                flags: &[Flag::Admin, Flag::Stale],
                tips: &["nondeterministic_output"],
                since: "3.0.0",
                summary: "List replica nodes of the specified master node",
                doc_flag: Some("deprecated"),
                deprecated: Some(("5.0.0", "`CLUSTER REPLICAS`")),
                arguments: &[Argument::new("node-id", "string")],
                ..REFUSED
            },
            Command {
                name: "cluster|slots",
                arity: 2,
                flags: &[Flag::Stale],
                tips: &["nondeterministic_output"],
                since: "3.0.0",
                summary: "Get array of Cluster slot to node mappings",
                complexity: "O(N) where N is the total number of Cluster nodes",
                history: &[
                    ("4.0.0", "Added node IDs."),
                    ("7.0.0", "Added additional networking metadata field."),
                ],
                doc_flag: Some("deprecated"),
                deprecated: Some(("7.0.0", "`CLUSTER SHARDS`")),
                ..REFUSED
            },
        ],
        ..ROW
    },
    Command {
        name: "readonly",
        arity: 1,
        flags: &[Flag::Loading, Flag::Stale, Flag::Fast],
        categories: &[Category::Connection],
        since: "3.0.0",
        summary: "Enables read queries for a connection to a cluster replica node",
        handler: Handler::Plain(refuse),
        ..ROW
    },
    Command {
        name: "readwrite",
        arity: 1,
        flags: &[Flag::Loading, Flag::Stale, Flag::Fast],
        categories: &[Category::Connection],
        since: "3.0.0",
        summary: "Disables read queries for a connection to a cluster replica node",
        handler: Handler::Plain(refuse),
        ..ROW
    },
    Command {
        name: "asking",
        arity: 1,
        flags: &[Flag::Fast],
        categories: &[Category::Connection],
        since: "3.0.0",
        summary: "Sent by cluster clients after an -ASK redirect",
        handler: Handler::Plain(refuse),
        ..ROW
    },
];

fn refuse(_: &mut Call) -> Result<(), ReplyError> {
    Err(DISABLED)
}
