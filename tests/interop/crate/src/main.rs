//! Uses a server with the crate redis: `redis-crate-client PORT RESP`.

use futures_util::StreamExt;
use redis::caching::{CacheConfig, CacheMode};
use redis::{
    AsyncCommands, AsyncConnectionConfig, CommandCacheConfig, Commands, Connection, RedisResult,
    Value,
};
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

fn main() -> RedisResult<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let url = format!(
        "redis://127.0.0.1:{}/?protocol=resp{}",
        arguments[0], arguments[1]
    );
    let client = redis::Client::open(url)?;
    let mut connection = client.get_connection()?;
    redis::cmd("FLUSHALL").exec(&mut connection)?;
    values(&mut connection)?;
    errors(&mut connection)?;
    pipelines(&mut connection)?;
    transactions(&client, &mut connection)?;
    scans(&mut connection)?;
    asynchronous(&client)?;
    messages(&client, &mut connection)?;
    asynchronous_messages(&client)?;
    if arguments[1] == "3" {
        cached(&client, &mut connection, CacheMode::All)?;
        cached(&client, &mut connection, CacheMode::OptIn)?;
    }
    Ok(())
}

fn values(connection: &mut Connection) -> RedisResult<()> {
    let () = connection.set_ex("k", b"\x00\xff", 100)?;
    assert_eq!(connection.get::<_, Vec<u8>>("k")?, b"\x00\xff");
    assert_eq!(connection.ttl::<_, i64>("k")?, 100);
    assert_eq!(connection.get::<_, Option<String>>("none")?, None);
    assert_eq!(connection.incr::<_, _, i64>("n", -5)?, -5);
    let () = connection.hset_multiple("h", &[("a", 1), ("b", 2)])?;
    let hash: BTreeMap<String, i64> = connection.hgetall("h")?;
    assert_eq!(hash, BTreeMap::from([("a".into(), 1), ("b".into(), 2)]));
    assert_eq!(connection.rpush::<_, _, usize>("l", &["x", "y", "z"])?, 3);
    assert_eq!(connection.lrange::<_, Vec<String>>("l", 0, -2)?, ["x", "y"]);
    let popped: Option<(String, String)> = connection.blpop(&["none", "l"], 1.0)?;
    assert_eq!(popped, Some(("l".into(), "x".into())));
    assert_eq!(connection.sadd::<_, _, usize>("s", &[1, 2, 3])?, 3);
    assert_eq!(
        connection.smembers::<_, BTreeSet<u8>>("s")?,
        BTreeSet::from([1, 2, 3])
    );
    let () = connection.zadd_multiple("z", &[(1.5, "a"), (2.0, "b")])?;
    let board: Vec<(String, f64)> = connection.zrevrange_withscores("z", 0, -1)?;
    assert_eq!(board, [("b".into(), 2.0), ("a".into(), 1.5)]);
    assert_eq!(connection.zscore::<_, _, f64>("z", "a")?, 1.5);
    let pong: String = redis::cmd("PING").query(connection)?;
    assert_eq!(pong, "PONG");
    let info: redis::InfoDict = redis::cmd("INFO").query(connection)?;
    assert_eq!(
        info.get::<String>("redis_version").as_deref(),
        Some("7.0.15")
    );
    Ok(())
}

fn errors(connection: &mut Connection) -> RedisResult<()> {
    let wrong = connection.lpush::<_, _, usize>("k", "v").unwrap_err();
    assert_eq!(wrong.code(), Some("WRONGTYPE"));
    let unknown = redis::cmd("NOSUCH").exec(connection).unwrap_err();
    assert!(
        unknown.to_string().contains("unknown command 'NOSUCH'"),
        "{unknown}"
    );
    Ok(())
}

fn pipelines(connection: &mut Connection) -> RedisResult<()> {
    let mut pipeline = redis::pipe();
    for number in 0..10_000 {
        pipeline.set(format!("p:{}", number % 100), number).ignore();
        pipeline.get(format!("p:{}", number % 100));
    }
    let found: Vec<usize> = pipeline.query(connection)?;
    assert!(found.into_iter().eq(0..10_000));
    Ok(())
}

fn transactions(client: &redis::Client, connection: &mut Connection) -> RedisResult<()> {
    let mut other = client.get_connection()?;
    let () = connection.set("n", 1)?;
    let mut tries = 0;
    let (doubled,): (i64,) = redis::transaction(connection, &["n"], |connection, pipeline| {
        let number: i64 = connection.get("n")?;
        tries += 1;
        if tries < 3 {
            let _: i64 = other.incr("n", 1)?;
        }
        pipeline
            .set("n", number * 2)
            .ignore()
            .get("n")
            .query(connection)
    })?;
    assert_eq!((doubled, tries), (6, 3));
    Ok(())
}

fn scans(connection: &mut Connection) -> RedisResult<()> {
    let found: RedisResult<BTreeSet<String>> = connection.scan_match("p:*")?.collect();
    assert_eq!(found?.len(), 100);
    let fields: RedisResult<BTreeMap<String, i64>> = connection.hscan("h")?.collect();
    assert_eq!(fields?.len(), 2);
    Ok(())
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Runtime::new().expect("a runtime")
}

/// One connection, which 50 tasks share.
fn asynchronous(client: &redis::Client) -> RedisResult<()> {
    runtime().block_on(async {
        let connection = client.get_multiplexed_async_connection().await?;
        let tasks: Vec<_> = (0..50)
            .map(|number: i64| {
                let mut connection = connection.clone();
                tokio::spawn(async move {
                    let key = format!("task:{number}");
                    let () = connection.set(&key, number).await?;
                    connection.incr::<_, _, i64>(&key, 1).await
                })
            })
            .collect();
        for (number, task) in (0..).zip(tasks) {
            assert_eq!(task.await.expect("no panic")?, number + 1);
        }
        Ok(())
    })
}

fn messages(client: &redis::Client, connection: &mut Connection) -> RedisResult<()> {
    let mut listening = client.get_connection()?;
    let mut listener = listening.as_pubsub();
    listener.set_read_timeout(Some(Duration::from_secs(10)))?;
    listener.subscribe("news")?;
    listener.psubscribe("n*")?;
    assert_eq!(connection.publish::<_, _, usize>("news", "hello")?, 2);
    let message = listener.get_message()?;
    assert_eq!(
        (message.get_channel_name(), message.get_payload::<String>()?),
        ("news", "hello".into())
    );
    let message = listener.get_message()?;
    assert_eq!(message.get_pattern::<Option<String>>()?, Some("n*".into()));
    listener.unsubscribe("news")?;
    listener.punsubscribe("n*")?;
    assert_eq!(connection.publish::<_, _, usize>("news", "none")?, 0);
    drop(listener);
    let answer: Value = redis::cmd("GET").arg("none").query(&mut listening)?;
    assert_eq!(answer, Value::Nil);
    Ok(())
}

fn asynchronous_messages(client: &redis::Client) -> RedisResult<()> {
    runtime().block_on(async {
        let mut listener = client.get_async_pubsub().await?;
        listener.subscribe("numbers").await?;
        let mut connection = client.get_multiplexed_async_connection().await?;
        for number in 0..1000 {
            assert_eq!(
                connection.publish::<_, _, usize>("numbers", number).await?,
                1
            );
        }
        let mut stream = listener.on_message();
        for number in 0..1000 {
            let message = tokio::time::timeout(Duration::from_secs(10), stream.next()).await;
            let message = message.expect("in time").expect("a message");
            assert_eq!(message.get_payload::<i64>()?, number);
        }
        Ok(())
    })
}

/// Reads by way of the crate's cache, which takes RESP3.
fn cached(client: &redis::Client, other: &mut Connection, mode: CacheMode) -> RedisResult<()> {
    runtime().block_on(async {
        let cache = CacheConfig::new().set_mode(mode);
        let config = AsyncConnectionConfig::new().set_cache_config(cache);
        let mut connection = client
            .get_multiplexed_async_connection_with_config(&config)
            .await?;
        let mut read = redis::cmd("GET");
        read.arg("cached");
        if mode == CacheMode::OptIn {
            read.set_cache_config(CommandCacheConfig::new().set_enable_cache(true));
        }
        let () = other.set("cached", "old")?;
        for _ in 0..5 {
            assert_eq!(read.query_async::<String>(&mut connection).await?, "old");
        }
        let found = connection.get_cache_statistics().expect("a cache");
        assert_eq!((found.hit, found.miss), (4, 1));
        let () = other.set("cached", "new")?;
        let deadline = Instant::now() + Duration::from_secs(10);
        while read.query_async::<String>(&mut connection).await? != "new" {
            assert!(Instant::now() < deadline, "no invalidation");
            // A read from the cache waits for no socket.
            tokio::task::yield_now().await;
        }
        Ok(())
    })
}
