//! A client that sends random commands of all kinds that write.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use crate::support::{Client, Random, Reply, encode};

const PIPELINES: u64 = 150;
const MOST_PIPELINED: u64 = 32;

/// Every command that writes, in all its forms. A word in braces stands for a random word of that
/// kind.
const COMMANDS: &str = "
    SET {key} {value}
    SET {key} {value} KEEPTTL
    SET {key} {value} NX GET
    SET {key} {value} XX EX {far}
    SET {key} {value} PX {soon}
    SET {key} {value} PXAT {instant}
    SET {key} {value} EXAT {past}
    SET {key} {value} IFEQ {value}
    SET {key} {value} IFNE {value} KEEPTTL
    SET {key} {value} IFDNE 0123456789abcdef PX {soon} GET
    SETNX {key} {value}
    SETEX {key} {far} {value}
    PSETEX {key} {soon} {value}
    GETSET {key} {value}
    GETDEL {key}
    GETEX {key} EX {far}
    GETEX {key} PXAT {past}
    GETEX {key} PERSIST
    MSET {key} {value} {key} {value}
    MSETNX {key} {value} {key} {value}
    MSETEX 2 {key} {value} {key} {value} KEEPTTL
    MSETEX 2 {key} {value} {key} {value} NX PX {soon}
    MSETEX 1 {key} {value} XX EXAT {past}
    APPEND {key} {value}
    SETRANGE {key} {offset} {value}
    SETBIT {key} {offset} {bit}
    BITFIELD {key} SET u8 {offset} {bit} INCRBY i5 {offset} {integer}
    BITOP XOR {key} {key} {key}
    BITOP DIFF {key} {key} {key} {key}
    BITOP DIFF1 {key} {key} {key}
    BITOP ANDOR {key} {key} {key} {key}
    BITOP ONE {key} {key} {key} {key}
    INCR {key}
    DECR {key}
    INCRBY {key} {integer}
    DECRBY {key} {integer}
    INCRBYFLOAT {key} {float}
    INCREX {key} BYINT {integer} UBOUND 500 EX {far} ENX
    INCREX {key} BYFLOAT {float} LBOUND -2 SATURATE PERSIST
    INCREX {key} PX {soon}
    INCREX {key} EXAT {past}
    PFADD {hll} {value} {member} {member}
    PFMERGE {key} {hll} {hll}
    PFDEBUG TODENSE {hll}
    HSET {key} {field} {value} {field} {value}
    HMSET {key} {field} {value}
    HSETNX {key} {field} {value}
    HDEL {key} {field} {field}
    HINCRBY {key} {field} {integer}
    HINCRBYFLOAT {key} {field} {float}
    HEXPIRE {key} {far} NX FIELDS 2 {field} {field}
    HPEXPIRE {key} {soon} FIELDS 1 {field}
    HEXPIREAT {key} {past} FIELDS 1 {field}
    HPEXPIREAT {key} {instant} FIELDS 2 {field} {field}
    HPERSIST {key} FIELDS 2 {field} {field}
    HGETDEL {key} FIELDS 2 {field} {field}
    HGETEX {key} PX {soon} FIELDS 1 {field}
    HGETEX {key} PERSIST FIELDS 2 {field} {field}
    HGETEX {key} EXAT {past} FIELDS 1 {field}
    HSETEX {key} FNX PX {soon} FIELDS 1 {field} {value}
    HSETEX {key} FXX KEEPTTL FIELDS 2 {field} {value} {field} {value}
    HSETEX {key} PXAT {instant} FIELDS 1 {field} {value}
    HSETEX {key} EXAT {past} FIELDS 1 {field} {value}
    LPUSH {key} {member} {value}
    RPUSH {key} {value} {member} {member}
    RPUSH {list} {value} {member} {member}
    LPUSHX {key} {value}
    RPUSHX {key} {value}
    LPOP {key}
    LPOP {list} {member}
    RPOP {key}
    LSET {list} 0 {value}
    LINSERT {list} BEFORE {member} {value}
    LREM {list} 1 {member}
    LTRIM {list} 0 {offset}
    LMOVE {list} {list} LEFT RIGHT
    LMOVE {key} {list} RIGHT LEFT
    RPOPLPUSH {list} {list}
    LMPOP 2 {key} {list} LEFT COUNT 2
    BLPOP {key} {list} 0.002
    BRPOP {list} 0.002
    BLMOVE {list} {list} RIGHT LEFT 0.002
    BRPOPLPUSH {list} {key} 0.002
    BLMPOP 0.002 2 {list} {list} RIGHT COUNT 3
    SORT {list} ALPHA DESC STORE {list}
    SORT {key} BY nosort LIMIT 0 {member} STORE {key}
    SADD {key} {member} {member}
    SADD {set} {member} {value}
    SADD {set} {member} {member} {member}
    SREM {set} {member} {member}
    SPOP {key}
    SPOP {set} {member}
    SMOVE {set} {set} {member}
    SINTERSTORE {key} {set} {set}
    SUNIONSTORE {set} {set} {set}
    SDIFFSTORE {set} {set} {set}
    ZADD {key} {integer} {member} {float} {member}
    ZADD {zset} {float} {member} {integer} {value}
    ZADD {zset} {integer} {member} {integer} {member} {float} {member}
    ZADD {zset} GT CH {integer} {member}
    ZADD {zset} XX LT {float} {member}
    ZADD {zset} NX INCR {float} {member}
    ZINCRBY {zset} {float} {member}
    ZINCRBY {key} 0.1 {member}
    ZREM {zset} {member} {member}
    ZPOPMIN {zset}
    ZPOPMAX {zset} {member}
    ZMPOP 2 {key} {zset} MIN COUNT 2
    BZPOPMIN {key} {zset} 0.002
    BZPOPMAX {zset} 0.002
    BZMPOP 0.002 2 {zset} {zset} MAX COUNT 3
    ZRANGESTORE {key} {zset} 1 -2
    ZREMRANGEBYRANK {zset} 0 1
    ZREMRANGEBYSCORE {zset} {bit} {member}
    ZREMRANGEBYLEX {zset} [3 (5
    ZUNIONSTORE {zset} 2 {zset} {set} WEIGHTS 0.5 {integer}
    ZINTERSTORE {key} 2 {zset} {zset} AGGREGATE MAX
    ZDIFFSTORE {zset} 2 {zset} {zset}
    GEOADD {zset} {member} {float} {member}
    GEORADIUS {zset} 10 1 {integer} km STORE {key}
    GEORADIUSBYMEMBER {zset} {member} {integer} km STOREDIST {zset}
    GEOSEARCHSTORE {zset} {zset} FROMMEMBER {member} BYRADIUS {integer} km
    DEL {key} {key}
    DELEX {key}
    DELEX {key} IFNE {value}
    UNLINK {key} {key}
    RENAME {key} {key}
    RENAMENX {key} {key}
    COPY {key} {key} DB {database} REPLACE
    COPY {key} {key}
    MOVE {key} {database}
    RESTORE {key} {far} {payload} REPLACE
    RESTORE {key} {instant} {payload} ABSTTL
    RESTORE {key} {past} {payload} REPLACE ABSTTL
    EXPIRE {key} {far} GT
    PEXPIRE {key} {soon}
    EXPIREAT {key} {past}
    PEXPIREAT {key} {instant}
    PERSIST {key}
    SWAPDB {database} {database}
    FLUSHDB
    FLUSHALL
";

/// A client that sends random commands.
pub(super) struct Writer {
    client: Client,
    random: Random,
    commands: Vec<&'static str>,
    /// Payloads of DUMP for some values.
    payloads: Vec<Vec<u8>>,
}

impl Writer {
    pub(super) fn new(address: SocketAddr, seed: u64) -> Writer {
        let mut client = Client::connect(address);
        let mut random = Random::new(seed);
        let commands = commands(&mut client);
        let payloads = payloads(&mut client, &mut random);
        Writer {
            client,
            random,
            commands,
            payloads,
        }
    }

    /// Sends pipelines, some of them as transactions. A command that fails or is not in the log
    /// must have changed nothing.
    pub(super) fn write(&mut self) {
        for _ in 0..PIPELINES {
            let count = 1 + self.random.next(MOST_PIPELINED);
            let is_transaction = self.random.next(3) == 0;
            let mut requests = vec![self.request("SELECT {database}")];
            requests.extend(is_transaction.then(|| encode(&["MULTI"])));
            requests.extend((0..count).map(|_| self.random_request()));
            requests.extend(is_transaction.then(|| encode(&["EXEC"])));
            self.client.send(requests.concat());
            for _ in requests {
                self.client.reply();
            }
        }
    }

    fn random_request(&mut self) -> Vec<u8> {
        let command = loop {
            let command = *self.random.pick(&self.commands);
            // Usually there should be data to lose.
            if !command.starts_with("FLUSH") || self.random.next(20) == 0 {
                break command;
            }
        };
        self.request(command)
    }

    /// Returns `command` with random words in place of the words in braces.
    fn request(&mut self, command: &str) -> Vec<u8> {
        let words = command.split_whitespace().map(|word| self.word(word));
        encode(&words.collect::<Vec<_>>())
    }

    fn word(&mut self, word: &str) -> Vec<u8> {
        let random = &mut self.random;
        let number = match word {
            "{key}" => return format!("key:{}", random.next(16)).into_bytes(),
            "{field}" => return format!("field:{}", random.next(6)).into_bytes(),
            "{list}" => return format!("key:{}", random.next(4)).into_bytes(),
            "{hll}" => return format!("key:{}", 8 + random.next(2)).into_bytes(),
            "{zset}" => return format!("key:{}", 10 + random.next(4)).into_bytes(),
            "{set}" => return format!("key:{}", 4 + random.next(4)).into_bytes(),
            "{value}" => return value(random),
            "{payload}" => return random.pick(&self.payloads).clone(),
            "{float}" => {
                return random
                    .pick(&["0.5", "-3.25", "1e3", "10"])
                    .as_bytes()
                    .to_vec();
            }
            "{bit}" => random.next(2),
            "{member}" => random.next(20),
            "{database}" => random.next(4),
            "{integer}" | "{offset}" => random.next(300),
            // Far in the future, in seconds and in milliseconds; {soon} is in milliseconds.
            "{far}" => 1_000_000 + random.next(1000),
            "{soon}" => 1 + random.next(20),
            "{instant}" => 4_000_000_000_000 + random.next(1000),
            "{past}" => 1 + random.next(1000),
            literal => return literal.as_bytes().to_vec(),
        };
        number.to_string().into_bytes()
    }
}

/// Asserts that the server has no other commands that write.
fn commands(client: &mut Client) -> Vec<&'static str> {
    let table = client.ask(&["COMMAND"]);
    let rows = table.array().iter().map(Reply::array);
    let writing = rows.filter(|row| row[2].texts().contains(&"write".to_owned()));
    let writing: BTreeSet<String> = writing.map(|row| row[0].text().to_uppercase()).collect();
    let name = |line: &str| line.split_whitespace().next().unwrap().to_owned();
    let lines = COMMANDS
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty());
    let commands: Vec<_> = lines.filter(|line| writing.contains(&name(line))).collect();
    let covered: BTreeSet<String> = commands.iter().map(|line| name(line)).collect();
    assert_eq!(covered, writing);
    commands
}

/// Returns payloads of DUMP for a few values.
fn payloads(client: &mut Client, random: &mut Random) -> Vec<Vec<u8>> {
    let mut payloads = Vec::new();
    for _ in 0..8 {
        let value = value(random);
        let writes: [&[&[u8]]; 6] = [
            &[b"SET", b"dumped", &value],
            &[b"HSET", b"dumped", b"field:0", &value],
            &[b"RPUSH", b"dumped", &value, b"1"],
            &[b"SADD", b"dumped", &value, b"1"],
            &[b"SADD", b"dumped", b"1", b"-70000"],
            &[b"ZADD", b"dumped", b"1.5", &value, b"-inf", b"1"],
        ];
        for write in writes {
            client.ask(write);
            if let Reply::Bulk(payload) = client.ask(&["DUMP", "dumped"]) {
                payloads.push(payload);
            }
            client.ask(&["DEL", "dumped"]);
        }
    }
    payloads
}

fn value(random: &mut Random) -> Vec<u8> {
    match random.next(5) {
        0 => random.bytes(100),
        1 => b"again ".repeat(random.index(500)),
        2 => b"1.5".to_vec(),
        _ => random.next(1000).to_string().into_bytes(),
    }
}
