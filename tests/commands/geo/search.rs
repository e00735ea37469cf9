use crate::support::TestServer;

#[test]
fn searches_and_their_errors() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("GEOADD s 13.361389 38.115556 Palermo 15.087269 37.502669 Catania", ":2\r\n"),
        ("GEOSEARCH s FROMLONLAT 15 37 BYRADIUS 200 km", "*2\r\n$7\r\nPalermo\r\n$7\r\nCatania\r\n"),
        ("GEOSEARCH s FROMLONLAT 15 37 BYRADIUS 200 km ASC COUNT 1 WITHDIST WITHHASH WITHCOORD", "*1\r\n*4\r\n$7\r\nCatania\r\n$7\r\n56.4413\r\n:3479447370796909\r\n*2\r\n$20\r\n15.08726745843887329\r\n$20\r\n37.50266842333162032\r\n"),
        ("GEOSEARCH s FROMLONLAT 15 37 BYBOX 400 400 km DESC", "*2\r\n$7\r\nPalermo\r\n$7\r\nCatania\r\n"),
        ("GEOSEARCH s FROMMEMBER Palermo BYBOX 1 1 km", "*1\r\n$7\r\nPalermo\r\n"),
        ("GEOSEARCH s FROMMEMBER none BYRADIUS 1 km", "-ERR could not decode requested zset member\r\n"),
        ("GEOSEARCH s BYRADIUS 1 km ASC WITHDIST", "-ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for GEOSEARCH\r\n"),
        ("GEOSEARCH s FROMLONLAT 15 37 ASC COUNT 1", "-ERR exactly one of BYRADIUS and BYBOX can be specified for GEOSEARCH\r\n"),
        ("GEOSEARCH s FROMLONLAT 15 37 BYRADIUS 1 km ANY", "-ERR the ANY argument requires COUNT argument\r\n"),
        ("GEOSEARCH s FROMLONLAT 15 37 BYRADIUS -1 km", "-ERR radius cannot be negative\r\n"),
        ("GEOSEARCH s FROMLONLAT 15 37 BYRADIUS 1 km COUNT 0", "-ERR COUNT must be > 0\r\n"),
    ]);
}

#[test]
fn searches_store_members_or_distances() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("GEOADD s 13.361389 38.115556 Palermo 15.087269 37.502669 Catania", ":2\r\n"),
        ("GEOSEARCHSTORE d s FROMLONLAT 15 37 BYRADIUS 100 km STOREDIST", ":1\r\n"),
        ("ZRANGE d 0 -1 WITHSCORES", "*2\r\n$7\r\nCatania\r\n$18\r\n56.441257870158204\r\n"),
        ("GEOSEARCHSTORE d s FROMLONLAT 15 37 BYRADIUS 200 km", ":2\r\n"),
        ("ZRANGE d 0 -1 WITHSCORES", "*4\r\n$7\r\nPalermo\r\n$16\r\n3479099956230698\r\n$7\r\nCatania\r\n$16\r\n3479447370796909\r\n"),
        ("GEOSEARCHSTORE d s FROMLONLAT 100 37 BYRADIUS 1 km", ":0\r\n"),
        ("EXISTS d", ":0\r\n"),
    ]);
}

#[test]
fn georadius_reads_or_stores() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("GEOADD s 13.361389 38.115556 Palermo 15.087269 37.502669 Catania", ":2\r\n"),
        ("GEORADIUS s 15 37 200 km ASC", "*2\r\n$7\r\nCatania\r\n$7\r\nPalermo\r\n"),
        ("GEORADIUS s 15 37 200 km STORE d", ":2\r\n"),
        ("GEORADIUSBYMEMBER s Palermo 200 km STOREDIST d", ":2\r\n"),
        ("ZRANGE d 0 -1 WITHSCORES", "*4\r\n$7\r\nPalermo\r\n$1\r\n0\r\n$7\r\nCatania\r\n$18\r\n166.27415156960032\r\n"),
        ("GEORADIUS s 15 37 200 km WITHDIST STORE d", "-ERR STORE option in GEORADIUS is not compatible with WITHDIST, WITHHASH and WITHCOORD options\r\n"),
        ("GEORADIUS_RO s 15 37 200 km STORE d", "-ERR syntax error\r\n"),
        ("GEORADIUSBYMEMBER_RO s Catania 200 km DESC", "*2\r\n$7\r\nPalermo\r\n$7\r\nCatania\r\n"),
    ]);
}

#[test]
fn places_beside_the_antimeridian() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("GEOADD t 179.9 10 east -179.9 10 west", ":2\r\n"),
        (
            "GEOSEARCH t FROMLONLAT 180 10 BYRADIUS 50 km ASC WITHDIST",
            "*1\r\n*2\r\n$4\r\neast\r\n$7\r\n10.9537\r\n",
        ),
        ("GEODIST t east west km", "$7\r\n21.9075\r\n"),
    ]);
}
